package publish

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/internal/teststack"
)

// row is one start state of the publish rules: the story that leads there and
// ends with a publish, the plan of that publish, and what the flag says then.
type row struct {
	name, story, plan, end string
}

var rules = []row{
	{"no flag", "publish v1", "new", "S=v1"},
	{"empty flag", "person creates; publish v1", "new", "S=v1"},
	{"stable only, same head", "publish v1; publish v1", "unchanged", "S=v1"},
	{"stable only, new head", "publish v1; publish v2", "candidate", "S=v1 C=v2@10"},
	{"candidate active, same head", "publish v1; publish v2; publish", "unchanged", "S=v1 C=v2@10"},
	{"candidate dialled by hand, same head", "publish v1; publish v2; person dials 12; publish", "unchanged", "S=v1 C=v2@12"},
	{"candidate dialled by command, same head", "publish v1; publish v2; dial 45; publish", "unchanged", "S=v1 C=v2@45"},
	{"candidate dialled, configuration changed", "publish v1; publish v2; configure 30; publish", "unchanged", "S=v1 C=v2@10"},
	{"candidate active, new head", "publish v1; publish v2; person dials 45; publish v3", "candidate", "S=v1 C=v3@10"},
	{"candidate active, new head, replaced one comes back", "publish v1; publish v2; publish v3; publish v2", "candidate", "S=v1 C=v2@10"},
	{"candidate active, new head waits", "wait; publish v1; publish v2; publish v3", "waiting", "S=v1 C=v2@10"},
	{"candidate promoted, waiting is over", "wait; publish v1; publish v2; promote; publish v3", "candidate", "S=v2 C=v3@10"},
	{"candidate disabled by hand, same head", "publish v1; publish v2; person disables; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"candidate disabled by hand, enabled again", "publish v1; publish v2; person disables; person enables; publish", "unchanged", "S=v1 C=v2@10"},
	{"candidate disabled by hand, new head", "publish v1; publish v2; person disables; publish v3", "candidate", "S=v1 C=v3@10"},
	{"candidate disabled, replaced, comes back", "publish v1; publish v2; person disables; publish v3; publish v2", "held", "S=v1 C=v3@10"},
	{"candidate disabled, git back at stable", "publish v1; publish v2; person disables; publish v1", "withdraw", "S=v1"},
	{"candidate disabled, git back at stable and forth", "publish v1; publish v2; person disables; publish v1; publish v2", "candidate", "S=v1 C=v2@10"},
	{"candidate at 0 %, same head", "publish v1; publish v2; person dials 0; publish", "unchanged", "S=v1 C=v2@0"},
	{"candidate at 0 %, new head", "publish v1; publish v2; person dials 0; publish v3", "candidate", "S=v1 C=v3@10"},
	{"candidate at 100 %, same head", "publish v1; publish v2; person dials 100; publish", "unchanged", "S=v1 C=v2@100"},
	{"candidate at 100 % by hand, new head", "publish v1; publish v2; person dials 100; publish v3", "candidate", "S=v2 C=v3@10"},
	{"candidate promoted, new head", "publish v1; publish v2; promote; publish v3", "candidate", "S=v2 C=v3@10"},
	{"candidate at 100 % and disabled, new head", "publish v1; publish v2; promote; kill; publish v3", "candidate", "S=v1 C=v3@10"},
	{"candidate constrained, same head", "publish v1; publish v2; person constrains; publish", "unchanged", "S=v1 C=v2@10(some)"},
	{"candidate constrained, new head", "publish v1; publish v2; person dials 60; person constrains; publish v3", "candidate", "S=v1 C=v3@60(some)"},
	{"candidate constrained at 100 %, new head", "publish v1; publish v2; person dials 100; person constrains; publish v3", "candidate", "S=v1 C=v3@100(some)"},
	{"candidate deleted by hand, same head", "publish v1; publish v2; person deletes; publish", "held", "S=v1"},
	{"candidate deleted by hand, new head", "publish v1; publish v2; person deletes; publish v3", "candidate", "S=v1 C=v3@10"},
	{"candidate deleted by hand, retry", "publish v1; publish v2; person deletes; retry", "candidate", "S=v1 C=v2@10"},
	{"stable deleted by hand", "publish v1; publish v2; person deletes stable; publish", "stopped: the flag p has no stable strategy any more: callers outside the candidate get nothing", "S=– C=v2@10 [C]"},
	{"stable disabled by hand, same head", "publish v1; publish v2; person disables stable; publish", "unchanged", "S=v1(disabled) C=v2@10"},
	{"stable disabled by hand, new head", "publish v1; publish v2; person disables stable; publish v3", "stopped: the stable strategy of p is disabled: callers outside the candidate get nothing from the flag", "S=v1(disabled) C=v2@10"},
	{"everything deleted by hand", "publish v1; person deletes stable; publish v2", "new", "S=v2 OFF"},

	{"OFF by hand, same head", "publish v1; publish v2; person off; publish", "unchanged", "S=v1 C=v2@10 OFF"},
	{"OFF by hand, new head", "publish v1; person off; publish v2", "candidate", "S=v1 C=v2@10 OFF"},
	{"OFF by command, new head", "publish v1; off; publish v2", "candidate", "S=v1 C=v2@10 OFF"},
	{"OFF by hand with a promoted candidate, new head", "publish v1; publish v2; promote; person off; publish v3", "candidate", "S=v1 C=v3@10 OFF"},
	{"OFF by hand, git back at stable", "publish v1; publish v2; person off; publish v1", "withdraw", "S=v1 OFF"},
	{"ON again", "publish v1; publish v2; off; on; publish", "unchanged", "S=v1 C=v2@10"},
	{"OFF by a crash before the switch", "crash 2 publish v1; publish", "repair", "S=v1"},
	{"OFF by a crash, new head", "crash 2 publish v1; publish v2", "candidate", "S=v1 C=v2@10"},
	{"crash after the flag was created", "crash 1 publish v1; publish", "new", "S=v1"},
	{"crash between new and old candidate", "publish v1; publish v2; crash 1 publish v3; publish", "repair", "S=v1 C=v3@10"},
	{"crash between new and old stable", "publish v1; publish v2; promote; crash 1 publish v3; publish", "candidate", "S=v2 C=v3@10"},
	{"crash after stable was folded", "publish v1; publish v2; promote; crash 2 publish v3; publish", "candidate", "S=v2 C=v3@10"},

	{"archived", "publish v1; person archives; publish v2", "stopped: the flag p is archived", "archived"},
	{"not ours", "person creates; person adds theirs 1; publish v1", "stopped: the flag p exists and is not ours: none of its strategies is the stable one of this prompt", "S=– OFF [theirs]"},
	{"people's strategy first", "publish v1; person adds tenant 10; publish v2", "candidate", "S=v1 C=v2@10 [tenant C S]"},
	{"people's strategy between", "publish v1; publish v2; person adds tenant 950; publish v3", "candidate", "S=v1 C=v3@10 [tenant C S]"},
	{"people's strategy directly before stable", "publish v1; publish v2; person adds tenant 999; publish v3", "candidate", "S=v1 C=v3@10 [tenant C S]"},
	{"people's strategy behind", "publish v1; person adds tenant 2000; publish v2", "candidate", "S=v1 C=v2@10 [C S tenant]"},
	{"people's strategy survives a fold", "publish v1; publish v2; person adds tenant 10; promote; publish v3", "candidate", "S=v2 C=v3@10 [tenant C S]"},
	{"reordered by hand to small numbers", "publish v1; publish v2; person moves candidate 0; person adds tenant 1; person moves stable 2; publish v3", "candidate", "S=v1 C=v3@10 [tenant C S]"},
	{"hardly any room between people's strategy and stable", "publish v1; person moves stable 5; person adds tenant 4; publish v2; publish v3", "candidate", "S=v1 C=v3@10 [tenant C S]"},

	{"people's strategy shares the order of stable", "publish v1; publish v2; person adds tenant 5; promote; publish v3; person moves stable 5; publish v4", "candidate", "S=v2 C=v4@10 [tenant C S]"},

	{"role of stable lost", "publish v1; publish v2; person unmarks stable; publish", "repair", "S=v1 C=v2@10"},
	{"role of candidate lost", "publish v1; publish v2; person unmarks candidate; publish", "repair", "S=v1 C=v2@10"},
	{"role of candidate lost, new head", "publish v1; publish v2; person unmarks candidate; publish v3", "candidate", "S=v1 C=v3@10"},
	{"UI copy of a strategy", "publish v1; publish v2; person copies candidate; publish", "repair", "S=v1 C=v2@10 [C copy S]"},
	{"UI copy of an environment into ours", "publish v1; publish v2; person adds copy-of-development; publish", "repair", "S=v1 C=v2@10 [C candidate S stable]"},
	{"UI copy of an environment into nothing", "publish v1; person deletes stable; person adds copy-of-development; publish", "stopped: the flag p exists and is not ours: none of its strategies is the stable one of this prompt", "S=– OFF [marked]"},
	{"UI copy of a flag", "publish v1; person clones q; publish q=v1", "q: stopped: the flag q exists and is not ours: none of its strategies is the stable one of this prompt", "S=v1"},
	{"UI copy of a flag that is no prompt", "publish v1; person clones q; publish", "q: orphan: a copy of another prompt's flag: services that ask for it do not get a prompt", "S=v1"},

	{"rename", "publish v1; rename y; publish", "orphan: renamed to y; the flag goes on serving VERSION for services that ask for the old name", "S=v1"},
	{"delete", "publish v1; publish x=v1; remove; publish", "orphan: its file is gone; the flag goes on serving VERSION", "S=v1"},
	{"delete, file comes back", "publish v1; publish x=v1; remove; publish; publish v1", "unchanged", "S=v1"},
	{"revert before promotion", "publish v1; publish v2; publish v1", "withdraw", "S=v1"},
	{"revert at 100 %", "publish v1; publish v2; promote; publish v1", "withdraw", "S=v1"},
	{"revert after promotion was folded", "publish v1; publish v2; promote; publish v3; publish v1", "restore", "S=v1 C=v2@10(disabled)"},
	{"revert to the folded version", "publish v1; publish v2; promote; publish v3; publish v2", "withdraw", "S=v2"},
	{"revert over a promoted candidate", "publish v1; publish v2; promote; publish v3; promote; publish v1", "restore", "S=v1 C=v3@10(disabled)"},
	{"restored, then the replaced one again", "publish v1; publish v2; promote; publish v3; publish v1; publish v2", "held", "S=v1 C=v2@10(disabled)"},
	{"restored, then something new", "publish v1; publish v2; promote; publish v3; publish v1; publish v4", "candidate", "S=v1 C=v4@10"},
	{"kill, then an unrelated merge", "publish v1; publish v2; kill; publish x=v1", "held", "S=v1 C=v2@10(disabled)"},
	{"kill, then retry", "publish v1; publish v2; kill; retry", "candidate", "S=v1 C=v2@10"},
	{"kill at 100 %, then an unrelated merge", "publish v1; publish v2; promote; kill; publish x=v1", "held", "S=v1 C=v2@100(disabled)"},
	{"rollback of stable, then an unrelated merge", "publish v1; publish v2; promote; publish v3; rollback v1; publish x=v1", "held", "S=v1 C=v3@10(disabled)"},
	{"rollback of stable without candidate, then an unrelated merge", "publish v1; publish v2; promote; publish v3; publish v2; rollback v1; publish x=v1", "held", "S=v1 C=v2@10(disabled)"},
	{"rollback of stable, then git follows", "publish v1; publish v2; promote; publish v3; rollback v1; publish v1", "withdraw", "S=v1"},
	{"rollback of stable, then the fix", "publish v1; publish v2; promote; publish v3; rollback v1; publish v4", "candidate", "S=v1 C=v4@10"},
	{"crash between two candidates, the first one comes back later", "publish v1; publish v2; crash 1 publish v3; publish v4; publish v2", "candidate", "S=v1 C=v2@10"},
	{"crash between two candidates, git back at stable and forth", "publish v1; publish v2; crash 1 publish v3; publish v1; publish v2", "candidate", "S=v1 C=v2@10"},
	{"crash between two candidates, then kill", "publish v1; publish v2; crash 1 publish v3; kill", "rollback", "S=v1 C=v3@10(disabled)"},
	{"crash after the fold, git back at it, later revert to it", "publish v1; publish v2; promote; crash 2 publish v3; publish v2; publish v3; promote; publish v4; publish v2", "restore", "S=v2 C=v3@10(disabled)"},
	{"crash in a retry", "publish v1; publish v2; kill; crash 1 retry; publish", "repair", "S=v1 C=v2@10"},
	{"crash in a retry, then replaced, then back", "publish v1; publish v2; kill; crash 1 retry; publish; person deletes; publish v3; publish v2", "held", "S=v1 C=v3@10"},
	{"crash in a restore, before anything else", "publish v1; publish v2; promote; publish v3; crash 1 publish v1; publish; publish v2", "held", "S=v1 C=v2@10(disabled)"},
	{"crash in a restore, between new and old stable", "publish v1; publish v2; promote; publish v3; crash 2 publish v1; publish", "repair", "S=v1 C=v2@10(disabled)"},
	{"crash in a restore, before the old candidate goes", "publish v1; publish v2; promote; publish v3; crash 3 publish v1; publish", "repair", "S=v1 C=v2@10(disabled)"},
	{"crash in a restore, the replaced one stays held", "publish v1; publish v2; promote; publish v3; crash 2 publish v1; publish; publish v2", "held", "S=v1 C=v2@10(disabled)"},
	{"crash in a rollback, before the old stable goes", "publish v1; publish v2; promote; publish v3; publish v2; crash 2 rollback v1; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"crash in a rollback, once more", "publish v1; publish v2; promote; publish v3; publish v2; crash 1 rollback v1; rollback v1; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"crash in a rollback over a candidate", "publish v1; publish v2; promote; publish v3; crash 1 rollback v1; rollback v1; publish", "held", "S=v1 C=v3@10(disabled)"},
	{"rolled back, git followed, comes again: with care", "publish v1; publish v2; promote; publish v3; publish v2; rollback v1; publish v1; publish v2", "candidate", "S=v1 C=v2@10"},
	{"rolled back, retried, replaced, comes again: with care", "publish v1; publish v2; promote; publish v3; publish v2; rollback v1; retry; publish v3; publish v2", "candidate", "S=v1 C=v2@10"},
	{"role of candidate lost, kill", "publish v1; publish v2; person unmarks candidate; kill; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"role of stable lost, dial", "publish v1; publish v2; person unmarks stable; dial 45; publish", "unchanged", "S=v1 C=v2@45"},
	{"stable disabled by hand, rollback to the same version", "publish v1; publish v2; person disables stable; rollback v1; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"stable disabled by hand, no candidate, rollback to the same version", "publish v1; person disables stable; rollback v1; publish", "unchanged", "S=v1 OFF"},
	{"stable deleted by hand, rollback", "publish v1; publish v2; person deletes stable; rollback v1; publish", "held", "S=v1 C=v2@10(disabled)"},
	{"stable deleted by hand, rollback to the candidate", "publish v1; publish v2; person deletes stable; rollback v2; publish", "unchanged", "S=v2"},
	{"stable deleted by hand under a promoted candidate, same head", "publish v1; publish v2; promote; person deletes stable; publish", "repair", "S=v2"},
	{"stable deleted by hand under a promoted candidate, new head", "publish v1; publish v2; promote; person deletes stable; publish v3", "candidate", "S=v2 C=v3@10"},
	{"stable deleted by hand under a promoted candidate, revert", "publish v1; publish v2; promote; person deletes stable; publish v1", "restore", "S=v1 C=v2@10(disabled)"},
	{"rollback to the held candidate", "publish v1; publish v2; kill; rollback v2; publish", "withdraw", "S=v2"},
	{"rollback over an active candidate, git at the replaced stable", "publish v1; publish v2; promote; publish v3; publish v4; rollback v1; publish v2", "held", "S=v1 C=v4@10(disabled)"},
	{"candidate constrained and disabled, new head", "publish v1; publish v2; person constrains; person disables; publish v3", "candidate", "S=v1 C=v3@10(some)"},
	{"candidate disabled, new head does not wait", "wait; publish v1; publish v2; kill; publish v3", "candidate", "S=v1 C=v3@10"},
	{"waiting, git back at stable", "wait; publish v1; publish v2; publish v3; publish v1", "withdraw", "S=v1"},
	{"OFF by hand, revert after promotion", "publish v1; publish v2; promote; publish v3; person off; publish v1", "restore", "S=v1 C=v2@10(disabled) OFF"},
	{"both environments: development follows every merge", "publish v1; publish v2; publish v3", "candidate", "S=v1 C=v3@10"},
}

// TestRulesEmbedded plays the table on the embedded flags documents.
func TestRulesEmbedded(t *testing.T) {
	playRules(t, "r", func(t *testing.T) site { return embedded{t.TempDir()} })
}

// TestRulesUnleash plays the same table on a real server.
func TestRulesUnleash(t *testing.T) {
	s := server{teststack.Unleash(t)}
	playRules(t, teststack.Prefix(t), func(*testing.T) site { return s })
}

// playRules plays every row and then publishes once more: that must write
// nothing.
func playRules(t *testing.T, prefix string, open func(*testing.T) site) {
	for n, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, open(t), fmt.Sprintf("%s%d-", prefix, n))
			l.play(r.story)
			prompt, want := "p", r.plan
			if rest, ok := strings.CutPrefix(want, "q: "); ok {
				prompt, want = "q", rest
			}
			if got := generic(l.planText(prompt)); got != want {
				t.Errorf("%s\nplan %q, want %q", r.story, got, want)
			}
			if got := l.endText("p"); got != r.end {
				t.Errorf("%s\nend  %q, want %q", r.story, got, r.end)
			}
			before := l.server["production"].writes + l.server["development"].writes
			if err := l.publish(); err != nil {
				t.Fatal(err)
			}
			if after := l.server["production"].writes + l.server["development"].writes; after != before {
				t.Errorf("%s\nthe second run wrote %d times", r.story, after-before)
			}
			if got := l.endText("p"); got != r.end {
				t.Errorf("%s\nafter the second run %q, want %q", r.story, got, r.end)
			}
		})
	}
}

var version = regexp.MustCompile(`\b[0-9a-f]{12}\b`)

func generic(s string) string { return version.ReplaceAllString(s, "VERSION") }
