package cli

import (
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
