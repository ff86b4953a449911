package github

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEvent(t *testing.T) {
	zeros := strings.Repeat("0", 40)
	base := `"base":{"ref":"main","sha":"` + baseSHA + `","repo":{"full_name":"acme/prompts"}}`
	head := func(repo string) string { return `"head":{"ref":"change","sha":"` + headSHA + `","repo":` + repo + `}` }
	pull := func(repo string) string {
		return `{"action":"synchronize","number":7,"repository":{"full_name":"acme/prompts"},"pull_request":{"number":7,"title":"a change","html_url":"https://github.com/acme/prompts/pull/7",` + base + `,` + head(repo) + `}}`
	}
	wantPull := Event{Repository: "acme/prompts", Base: baseSHA, Head: headSHA, HeadRef: "change",
		Pull: 7, Title: "a change", URL: "https://github.com/acme/prompts/pull/7"}
	fork := wantPull
	fork.Fork = true
	tests := []struct {
		name, event, payload string
		want                 Event
		text                 string
	}{
		{"pull request", "pull_request", pull(`{"full_name":"Acme/prompts"}`), wantPull, ""},
		{"of a fork", "pull_request", pull(`{"full_name":"eve/prompts"}`), fork, ""},
		{"of a deleted fork", "pull_request", pull(`null`), fork, ""},
		{"push", "push", `{"ref":"refs/heads/main","before":"` + baseSHA + `","after":"` + headSHA + `","head_commit":{"message":"a (#1)\n\nb"}}`,
			Event{Before: baseSHA, Message: "a (#1)\n\nb"}, ""},
		{"push of a new branch", "push", `{"ref":"refs/heads/x","before":"` + zeros + `","after":"` + headSHA + `","created":true}`, Event{}, ""},
		{"push that deletes", "push", `{"ref":"refs/heads/x","before":"` + baseSHA + `","after":"` + zeros + `","head_commit":null}`, Event{Before: baseSHA}, ""},
		{"merge group", "merge_group", `{"action":"checks_requested","merge_group":{"head_sha":"` + headSHA + `","head_ref":"refs/heads/gh-readonly-queue/main/pr-7-x","base_sha":"` + baseSHA + `","base_ref":"refs/heads/main"}}`,
			Event{Base: baseSHA, Head: headSHA, HeadRef: "gh-readonly-queue/main/pr-7-x"}, ""},
		{"schedule", "schedule", `{"schedule":"0 5 * * *","repository":{"full_name":"acme/prompts"}}`, Event{Repository: "acme/prompts"}, ""},
		{"dispatch", "workflow_dispatch", `{"ref":"refs/heads/main","inputs":{"name":"a b","percent":5,"list":[1]}}`, Event{}, ""},
		{"another event", "issue_comment", `{"action":"created"}`, Event{}, ""},

		{"empty", "push", ``, Event{}, "the payload is not JSON"},
		{"null", "push", `null`, Event{}, "the payload is null"},
		{"a list", "push", `[]`, Event{}, `a array, in ""`},
		{"cut", "push", `{"ref":"refs/heads/main","bef`, Event{}, "the payload is not JSON"},
		{"wrong kind", "pull_request", `{"pull_request":{"number":"7"}}`, Event{}, `a string, in "pull_request.number"`},
		{"not a pull request", "pull_request", `{}`, Event{}, "pull_request is missing"},
		{"everything is missing", "pull_request", `{"pull_request":{"head":{}}}`, Event{}, "pull_request.number is missing; pull_request.base is missing; pull_request.head.sha is missing; pull_request.head.ref is missing"},
		{"without a base repository", "pull_request", `{"pull_request":{"number":7,"base":{"ref":"m","sha":"` + baseSHA + `"},` + head("null") + `}}`, Event{}, "pull_request.base.repo is missing"},
		{"no commits", "push", `{"ref":"refs/heads/main","before":"--upload-pack=x"}`, Event{}, "before is not a commit id"},
		{"empty merge group", "merge_group", `{"merge_group":{}}`, Event{}, "base_sha is missing; merge_group.head_sha is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseEvent(tt.event, []byte(tt.payload))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseEvent (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.text == "") || err != nil && (!strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), tt.event)) {
				t.Errorf("ParseEvent: %v, want %q", err, tt.text)
			}
		})
	}
}

func TestReadEvent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "event.json")
	read := func(vars map[string]string) (Event, error) {
		return ReadEvent(func(k string) string { return vars[k] })
	}
	fatal(t, os.WriteFile(file, []byte(`{"schedule":"x"}`), 0o600))
	e, err := read(map[string]string{"GITHUB_EVENT_NAME": "schedule", "GITHUB_EVENT_PATH": file, "GITHUB_REPOSITORY": "acme/prompts"})
	if err != nil || e.Repository != "acme/prompts" {
		t.Errorf("ReadEvent = %+v, %v", e, err)
	}
	fatal(t, os.Truncate(file, maxPayload+1))
	for text, vars := range map[string]map[string]string{
		"no workflow run":       {},
		"GITHUB_EVENT_PATH":     {"GITHUB_EVENT_NAME": "push"},
		"no such file":          {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": file + "x"},
		"more than 25 MiB":      {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": file},
		"read the event \"push": {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": filepath.Dir(file)},
	} {
		if _, err := read(vars); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("ReadEvent: %v, want %q", err, text)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, s := range []string{`{}`, `{"ref":"refs/heads/main"}`, `{"pull_request":{"number":1,"head":{"repo":null}}}`, `{"inputs":{"a":{}}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		for _, name := range []string{"pull_request", "push", "merge_group", "workflow_dispatch", "schedule"} {
			e, err := ParseEvent(name, []byte(payload))
			if err == nil && name == "pull_request" && (e.Pull <= 0 || !commitID.MatchString(e.Head)) {
				t.Errorf("ParseEvent(%q) = %+v", payload, e)
			}
		}
	})
}
