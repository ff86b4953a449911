package cli

import (
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
