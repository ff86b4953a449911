package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxWorkflow is more than GitHub takes.
const maxWorkflow = 1 << 20

// job is one that runs promptflag.
type job struct {
	file, name  string
	events      map[string]bool
	permissions any // of the job, else of the workflow; nil: what the repository gives
	steps       []step
}

type step struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
}

// promptflag reports whether the step is ours.
func (s step) promptflag() bool {
	name, _, _ := strings.Cut(s.Uses, "@")
	return strings.HasSuffix(name, "/promptflag") || strings.Contains(s.Run, "promptflag ")
}

// federates reports whether the step asks a cloud for credentials with the
// identity that GitHub gives a run.
func (s step) federates() bool {
	name, _, _ := strings.Cut(s.Uses, "@")
	switch name {
	case "aws-actions/configure-aws-credentials":
		return s.With["role-to-assume"] != nil && s.With["aws-access-key-id"] == nil
	case "google-github-actions/auth":
		return s.With["workload_identity_provider"] != nil
	case "azure/login":
		return s.With["client-id"] != nil && s.With["creds"] == nil
	}
	return false
}

// workflow looks for the workflows that run promptflag, and what they may do.
func (d *doctor) workflow(context.Context) []Check {
	const about = "workflow"
	if d.Checkout.Top == "" {
		return nil
	}
	jobs, checks := d.jobs()
	if len(jobs) == 0 {
		return append(checks, one(about, Warn, "promptflag init writes one; where other CI runs promptflag, none is needed", "no workflow of GitHub runs promptflag")...)
	}
	before := len(checks)
	events := map[string]bool{}
	for _, j := range jobs {
		maps.Copy(events, j.events)
		checks = append(checks, j.rights()...)
	}
	for _, e := range []struct{ name, why string }{
		{"pull_request", "nobody sees what a change would do"},
		{"push", "merges are not published"},
		{"schedule", "drift between git, bucket and flags is not noticed"},
	} {
		if !events[e.name] {
			checks = append(checks, one(about, Warn, "add "+e.name+" to its events", "%s does not run on %s: %s", jobs[0].file, e.name, e.why)...)
		}
	}
	if local := d.local(); len(local) > 0 {
		checks = append(checks, one(about, Warn, "write a bucket and a flag server that all can reach into promptflag.toml", "%s publishes to the disk of the runner, which is gone afterwards: %s", jobs[0].file, list(local))...)
	}
	if len(checks) == before {
		checks = append(checks, one(about, OK, "", "%s runs promptflag and may do what it needs", jobs[0].file)...)
	}
	return checks
}

// local are the environments whose bucket or flags are on this machine.
func (d *doctor) local() (names []string) {
	for _, e := range d.Environments {
		if _, embedded := e.Embedded(); embedded || strings.HasPrefix(e.Bucket, "file:") || strings.HasPrefix(e.Bucket, "mem:") {
			names = append(names, e.Name)
		}
	}
	return names
}

// rights compares the permissions of a job with what it needs.
func (j job) rights() []Check {
	const about = "workflow rights"
	var checks []Check
	where := fmt.Sprintf("%s, job %s", j.file, j.name)
	if j.events["pull_request_target"] {
		checks = append(checks, one(about, Fail, "use pull_request: it runs without secrets for forks", "%s runs on pull_request_target, with secrets beside the code of strangers", where)...)
	}
	needs := []struct {
		name, level, why string
		needed           bool
		without          Result
	}{
		{"contents", "read", "the checkout", true, Fail},
		{"pull-requests", "write", "the comment on a pull request", j.events["pull_request"], Warn},
		{"id-token", "write", "the credentials of the cloud", slices.ContainsFunc(j.steps, step.federates), Fail},
	}
	for _, n := range needs {
		if !n.needed {
			continue
		}
		switch has, known := j.may(n.name, n.level); {
		case !known:
			checks = append(checks, one(about, Warn, fmt.Sprintf("write permissions with %s: %s into the workflow", n.name, n.level), "%s names no permissions: the settings of the repository decide", where)...)
			return checks
		case !has:
			checks = append(checks, one(about, n.without, fmt.Sprintf("add %s: %s to its permissions", n.name, n.level), "%s lacks %s: %s, for %s", where, n.name, n.level, n.why)...)
		}
	}
	return checks
}

func (j job) may(name, level string) (has, known bool) {
	switch p := j.permissions.(type) {
	case nil:
		return false, false
	case string:
		return p == "write-all" || p == "read-all" && level == "read" && name != "id-token", true
	case map[string]any:
		got, _ := p[name].(string)
		return got == level || got == "write", true
	}
	return false, true // permissions: with nothing behind is none
}

// jobs reads all workflows.
func (d *doctor) jobs() (jobs []job, checks []Check) {
	const about = "workflow"
	dir := ".github/workflows"
	entries, err := fs.ReadDir(d.Top, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, one(about, CannotTell, "make the folder readable", "%v", err)
	}
	for _, e := range entries {
		file := path.Join(dir, e.Name())
		if ext := path.Ext(file); ext != ".yml" && ext != ".yaml" {
			continue
		}
		info, err := fs.Stat(d.Top, file)
		if err != nil || info.Size() > maxWorkflow {
			checks = append(checks, one(about, CannotTell, "look at the file", "%s cannot be read, or is too large", file)...)
			continue
		}
		src, err := fs.ReadFile(d.Top, file)
		if err == nil && !bytes.Contains(src, []byte("promptflag")) {
			continue
		}
		if err == nil {
			var more []job
			more, err = parse(file, src)
			jobs = append(jobs, more...)
		}
		if err != nil {
			checks = append(checks, one(about, CannotTell, "correct the file", "%s is not a workflow: %v", file, err)...)
		}
	}
	return jobs, checks
}

func parse(file string, src []byte) ([]job, error) {
	var doc struct {
		On          any `yaml:"on"`
		Permissions any `yaml:"permissions"`
		Jobs        map[string]struct {
			If          string `yaml:"if"`
			Permissions any    `yaml:"permissions"`
			Steps       []step `yaml:"steps"`
		} `yaml:"jobs"`
	}
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	events := map[string]bool{}
	switch on := doc.On.(type) {
	case string:
		events[on] = true
	case []any:
		for _, e := range on {
			events[fmt.Sprint(e)] = true
		}
	case map[string]any:
		for e := range on {
			events[e] = true
		}
	}
	var jobs []job
	for _, name := range slices.Sorted(maps.Keys(doc.Jobs)) {
		j := doc.Jobs[name]
		if !slices.ContainsFunc(j.Steps, step.promptflag) {
			continue
		}
		permissions := j.Permissions
		if permissions == nil {
			permissions = doc.Permissions
		}
		jobs = append(jobs, job{file, name, among(events, j.If), permissions, j.Steps})
	}
	return jobs, nil
}

var eventIs = regexp.MustCompile(`github\.event_name *== *'([a-z_]+)'`)

// among are the events on which a job runs, as far as its condition names them.
func among(events map[string]bool, condition string) map[string]bool {
	named := eventIs.FindAllStringSubmatch(condition, -1)
	if named == nil {
		return events
	}
	out := map[string]bool{}
	for _, n := range named {
		if events[n[1]] {
			out[n[1]] = true
		}
	}
	return out
}
