package npm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// gitHubPaths are the beginnings of the paths that stay in GitHub's
// description, below /repos/{owner}/{repo} where there is no slash in front.
const gitHubPaths = "/user /orgs/{org}/teams/{team_slug}/members branches/{branch} collaborators/{username}/permission commits compare/{basehead} " +
	"contents/{path} git/blobs git/commits git/ref issues pulls rules/branches tarball"

// GitHubDescription is the file that CutGitHub writes.
func GitHubDescription(modules string) string { return filepath.Join(modules, "github.json") }

// CutGitHub writes the part of GitHub's OpenAPI description that we ask for,
// as it is, and removes the package, which describes everything some forty
// times: 385 MB, of which a server reads 13 for ten seconds.
func CutGitHub(modules string) error {
	pkg := filepath.Join(modules, "@octokit", "openapi")
	src, err := os.ReadFile(filepath.Join(pkg, "generated", "api.github.com.json"))
	if err != nil {
		return err
	}
	cut, err := cutGitHub(src)
	if err != nil {
		return fmt.Errorf("cut GitHub's description: %w", err)
	}
	if err := os.WriteFile(GitHubDescription(modules), cut, 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(pkg); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func cutGitHub(src []byte) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(src, &all); err != nil {
		return nil, err
	}
	var paths map[string]json.RawMessage
	if err := json.Unmarshal(all["paths"], &paths); err != nil {
		return nil, err
	}
	kept := map[string]json.RawMessage{}
	for path, what := range paths {
		if keepsPath(path) {
			kept[path] = what
		}
	}
	if len(kept) == 0 {
		return nil, errors.New("it has none of our paths")
	}
	components, err := reach(all["components"], kept)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"openapi": all["openapi"], "info": all["info"], "paths": kept, "components": components})
}

func keepsPath(path string) bool {
	for _, p := range strings.Fields(gitHubPaths) {
		if !strings.HasPrefix(p, "/") {
			p = "/repos/{owner}/{repo}/" + p
		}
		if rest, ok := strings.CutPrefix(path, p); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// reach keeps the components that something kept refers to.
func reach(src json.RawMessage, from any) (map[string]map[string]json.RawMessage, error) {
	var all map[string]map[string]json.RawMessage
	if err := json.Unmarshal(src, &all); err != nil {
		return nil, err
	}
	kept := map[string]map[string]json.RawMessage{}
	text, err := json.Marshal(from)
	if err != nil {
		return nil, err
	}
	for todo := [][]byte{text}; len(todo) > 0; {
		text, todo = todo[0], todo[1:]
		for _, part := range strings.Split(string(text), `"#/components/`)[1:] {
			ref, _, _ := strings.Cut(part, `"`)
			kind, name, _ := strings.Cut(ref, "/")
			found, ok := all[kind][name]
			if !ok {
				return nil, fmt.Errorf("no component %s", ref)
			}
			if kept[kind] == nil {
				kept[kind] = map[string]json.RawMessage{}
			}
			if kept[kind][name] == nil {
				kept[kind][name] = found
				todo = append(todo, found)
			}
		}
	}
	return kept, nil
}
