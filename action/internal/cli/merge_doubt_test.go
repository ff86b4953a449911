package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// TestMergeBasisGone: the commit before is nowhere, as after a forced push. That
// is no repository without rules.
func TestMergeBasisGone(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": askingOne}, nil)
	w.commit(2, map[string]string{"promptflag.toml": twoEnvironments, "prompts/a.toml": prompt("one")}, approvedBy())
	w.fake.Change(func(s *githubfake.State) {
		delete(s.Trees, sha(1))
		s.History = s.History[1:]
	})
	w.expect(4, 2, "cannot tell what production asks for before a version goes out")
}

// TestPromoteOfPush: a version that was pushed without a pull request was
// published later, by the run of a pull request about something else. What was
// approved there is not this version.
func TestPromoteOfPush(t *testing.T) {
	w := newWorkflow(t)
	w.commit(1, map[string]string{"promptflag.toml": askingOne + "publish = \"manual\"\n"}, nil)
	w.commit(2, map[string]string{"prompts/a.toml": prompt("one")}, nil)
	w.commit(3, map[string]string{"prompts/b.toml": prompt("one")}, approvedBy("bob"))
	w.expect(0, 3, "manual: promptflag promote a --from development --to production")
	promote := func(name string) (int, string) {
		return w.run(3, "promote", name, "--from", "development", "--to", "production", "--reason", "go")
	}
	if code, out := promote("a"); code != 1 || !strings.Contains(out, "came with a push without a pull request") {
		t.Errorf("promote of what was pushed: exit code %d, want 1\n%s", code, out)
	}
	if code, out := promote("b"); code != 0 {
		t.Errorf("promote of what was approved: exit code %d, want 0\n%s", code, out)
	}
}

// TestAdoptAsks: who gets nothing from a flag gets the version in git when it is
// adopted, and so what is asked before a version goes out is asked.
func TestAdoptAsks(t *testing.T) {
	const foreign = `{"promptflagFlags":1,"environment":"production","revision":1,"features":[{"name":"a","type":"release","description":"",
"project":"default","enabled":true,"archived":false,"tags":[],"links":[],"strategies":[{"id":"01B","name":"flexibleRollout","title":"nobody yet",
"sortOrder":3,"disabled":false,"constraints":[],"segments":[],"parameters":{"groupId":"a","rollout":"0","stickiness":"default"},"variants":[]}]}]}`
	for _, tt := range []struct {
		name string
		pull *githubfake.Pull
		down bool
		code int
		says string
	}{
		{name: "pushed", code: 1, says: "came with a push without a pull request"},
		{name: "no answer", pull: approvedBy("bob"), down: true, code: 4, says: "cannot tell who approved this"},
		{name: "approved", pull: approvedBy("bob"), code: 0, says: "who got nothing gets the version in git"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorkflow(t)
			w.commit(1, map[string]string{"promptflag.toml": askingOne, ".promptflag/flags/production.json": foreign}, nil)
			w.commit(2, map[string]string{"prompts/a.toml": prompt("one")}, tt.pull)
			if tt.down {
				w.fake.Fault = func(r *http.Request) *githubfake.Fault {
					if strings.Contains(r.URL.Path, "/reviews") {
						return &githubfake.Fault{Status: http.StatusForbidden, Body: `{"message":"no"}`}
					}
					return nil
				}
			}
			if code, out := w.run(2, "adopt", "a", "-e", "production"); code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, tt.code, tt.says, out)
			}
		})
	}
}
