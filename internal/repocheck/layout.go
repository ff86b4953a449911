package repocheck

import (
	"bytes"
	"regexp"
	"strings"
)

// topLevel are the names that may stand at the root, beside hidden ones.
const topLevel = "provider action prompts store evalkit internal " +
	"action.yml Dockerfile Makefile go.mod go.sum README.md LICENSE CHANGELOG.md"

// mustExist are files without which the repository is not complete.
const mustExist = "action.yml Dockerfile Makefile go.mod go.sum README.md LICENSE CHANGELOG.md .ci/run"

// checkLayout compares the top level with what the owner fixed.
func checkLayout(r *Repo) []Finding {
	var found []Finding
	for _, name := range r.Top {
		if !strings.HasPrefix(name, ".") && !matches(topLevel, name) {
			found = append(found, Finding{name, 0, "not one of the names at the top level"})
		}
	}
	for _, name := range strings.Fields(mustExist) {
		if _, ok := r.Files[name]; !ok {
			found = append(found, Finding{name, 0, "missing"})
		}
	}
	return found
}

// notPublic is text that is true on one machine only: its paths, and the hosts
// from which packages came.
var notPublic = []struct {
	pattern *regexp.Regexp
	message string
}{
	{regexp.MustCompile(`(^|[^A-Za-z0-9_./-])/(work|root)/`), "a path of one machine"},
	{regexp.MustCompile(`(^|[^a-z0-9-])(registry\.(npmjs|yarnpkg)|(proxy|sum)\.golang|registry-1\.docker|(ghcr|gcr|quay|docker)\.io|pypi\.org|files\.pythonhosted)([./:]|$)`), "a registry host: name packages, not where they came from"},
}

// checkText finds such text in all files that are text.
func checkText(r *Repo) []Finding {
	var found []Finding
	for name, src := range r.Files {
		if bytes.IndexByte(src, 0) >= 0 {
			continue
		}
		for _, p := range notPublic {
			if at := p.pattern.FindIndex(src); at != nil {
				line := bytes.Count(src[:at[1]-1], []byte{'\n'}) + 1
				found = append(found, Finding{name, line, p.message})
			}
		}
	}
	return sorted(found)
}
