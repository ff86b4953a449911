package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) // a Saturday

func TestJudge(t *testing.T) {
	const file, tone = "prompts/support/triage.toml", "prompts/_tone.md"
	two := config.Environment{Name: "production", RequireApprovals: 2}
	owned := config.Environment{Name: "production", RequireCodeowner: true}
	frozen := config.Environment{Name: "production", Freeze: []config.Freeze{{Days: []time.Weekday{time.Saturday}, End: 24 * 60, Timezone: "UTC", Reason: "no\nsupport"}}}
	pull := func(p Pull) Origin {
		p.Number, p.Author = 17, "ada"
		if p.Files == nil {
			p.Files, p.All = []string{file}, true
		}
		return Origin{Pull: &p}
	}
	push, unknown := Origin{}, Origin{Unknown: "read pull request:\nGitHub answered 503"}
	owners := map[string][]string{file: {"@bob", "@acme/support"}, tone: {"@carol"}, "mail.toml": {"dora@acme.invalid"}}
	members := map[string][]string{"acme/support": {"eve"}}

	for _, tt := range []struct {
		name   string
		env    config.Environment
		from   Origin
		files  []string
		change func(*Case)
		want   []string // messages and hints; ? before what could not be told
	}{
		{name: "nothing asked", env: config.Environment{Name: "production"}, from: unknown},
		{name: "two approvals", env: two, from: pull(Pull{Approved: []string{"bob", "carol"}})},
		{name: "one person twice", env: two, from: pull(Pull{Approved: []string{"bob", "Bob"}}), want: []string{
			"production asks for 2 approvals, and what was merged of pull request #17 has 1, of bob (who may write to the repository, and is not the author, approves pull request #17; then run again)"}},
		{name: "the author's own", env: two, from: pull(Pull{Approved: []string{"bob", "Ada"}}), want: []string{
			"production asks for 2 approvals, and what was merged of pull request #17 has 1, of bob (who may"}},
		{name: "of an older commit", env: two, from: pull(Pull{Approved: []string{"bob"}, Stale: []string{"carol", "dora"}}), want: []string{
			"production asks for 2 approvals, and what was merged of pull request #17 has 1, of bob; carol, dora approved an older commit (who may"}},
		{name: "none", env: two, from: pull(Pull{}), want: []string{"production asks for 2 approvals, and what was merged of pull request #17 has 0 (who may"}},
		{name: "accounts that are gone", env: two, from: pull(Pull{Approved: []string{"", ""}}), want: []string{"production asks for 2 approvals, and what was merged of pull request #17 has 0 (who may"}},
		{name: "one whose right is unknown", env: two, from: pull(Pull{Approved: []string{"bob"}, Unsure: []string{"carol"}}), want: []string{
			"?production asks for 2 approvals, and what was merged of pull request #17 has 1, of bob; whether carol may approve GitHub does not say (give the action"}},
		{name: "unknown and still too few", env: two, from: pull(Pull{Unsure: []string{"carol"}}), want: []string{"production asks for 2 approvals, and what was merged of pull request #17 has 0 (who may"}},
		{name: "a push", env: two, from: push, want: []string{"production asks for 2 approvals, and this version came with a push without a pull request (bring the change"}},
		{name: "GitHub is away", env: two, from: unknown, want: []string{"?cannot tell who approved this, and production asks for 2 approvals: read pull request: GitHub answered 503 (run again"}},

		{name: "an owner", env: owned, from: pull(Pull{Approved: []string{"BOB"}})},
		{name: "one of the team", env: owned, from: pull(Pull{Approved: []string{"eve"}})},
		{name: "an owner of the other file only", env: owned, from: pull(Pull{Approved: []string{"bob"}, Files: []string{file, tone}, All: true}), files: []string{file, tone}, want: []string{
			"production asks for the approval of code owners, and pull request #17 has none for prompts/_tone.md (@carol) (an owner"}},
		{name: "a file that it did not change", env: owned, from: pull(Pull{Approved: []string{"bob"}}), files: []string{file, tone}},
		{name: "more files than GitHub lists", env: owned, from: pull(Pull{Approved: []string{"bob"}, Files: []string{"a"}}), files: []string{file, tone}, want: []string{
			"production asks for the approval of code owners, and pull request #17 has none for prompts/_tone.md (@carol)"}},
		{name: "an owner who is the author", env: owned, from: Origin{Pull: &Pull{Number: 17, Author: "bob", Approved: []string{"bob", "carol"}, Files: []string{file}, All: true}}, want: []string{
			"production asks for the approval of code owners, and pull request #17 has none for " + file + " (@bob, @acme/support)"}},
		{name: "nobody's file", env: owned, from: pull(Pull{Files: []string{"x"}, All: true}), files: []string{"x"}},
		{name: "teams cannot be read", env: owned, from: pull(Pull{Approved: []string{"eve"}}), change: func(c *Case) {
			c.Member = func(string, string) (bool, string) { return false, "GitHub answered 403" }
		}, want: []string{"?cannot tell whether owners approved, and production asks for the approval of code owners: " + file + " (@bob, @acme/support): GitHub answered 403 (let a person"}},
		{name: "teams cannot be read, and nobody approved", env: owned, from: pull(Pull{}), change: func(c *Case) {
			c.Member = func(string, string) (bool, string) { return false, "GitHub answered 403" }
		}, want: []string{"production asks for the approval of code owners, and pull request #17 has none for " + file}},
		{name: "an address", env: owned, from: pull(Pull{Approved: []string{"dora"}, Files: []string{"mail.toml"}, All: true}), files: []string{"mail.toml"}, want: []string{
			"?cannot tell whether owners approved, and production asks for the approval of code owners: mail.toml (dora@acme.invalid): whose address dora@acme.invalid is GitHub does not say"}},
		{name: "no code owners", env: owned, from: pull(Pull{Approved: []string{"bob"}}), change: func(c *Case) { c.Owners = nil }, want: []string{
			"production asks for the approval of code owners, and there is no CODEOWNERS file in the commit before this change (add"}},
		{name: "code owners unread", env: owned, from: pull(Pull{Approved: []string{"bob"}}), change: func(c *Case) { c.OwnersUnknown = "GitHub answered 500" }, want: []string{
			"?cannot tell who owns the files, and production asks for the approval of code owners: GitHub answered 500"}},
		{name: "owners and a push", env: owned, from: push, want: []string{"production asks for the approval of code owners, and this version came with a push without a pull request"}},

		{name: "a freeze", env: frozen, from: unknown, want: []string{"production is frozen until 2026-11-22 00:00 UTC: no support (run again after that; rollback, off and dialling down work all the time)"}},
		{name: "after the freeze", env: frozen, change: func(c *Case) { c.Now = now.AddDate(0, 0, 1) }},
		{name: "all at once", env: config.Environment{Name: "production", RequireApprovals: 1, RequireCodeowner: true, Freeze: frozen.Freeze}, from: push, want: []string{
			"production is frozen", "production asks for 1 approval, and this version", "production asks for the approval of code owners, and this version"}},
	} {
		c := Case{Environment: tt.env, Now: now, Origin: tt.from, Files: tt.files,
			Owners: func(path string) []string { return owners[path] },
			Member: func(team, login string) (bool, string) {
				return strings.Contains(strings.Join(members[team], " "), login), ""
			},
		}
		if c.Files == nil {
			c.Files = []string{file}
		}
		if tt.change != nil {
			tt.change(&c)
		}
		var got []string
		for i, r := range Judge(c) {
			text := r.Message + " (" + r.Hint + ")"
			if r.Untold {
				text = "?" + text
			}
			if i < len(tt.want) && len(text) > len(tt.want[i]) {
				text = text[:len(tt.want[i])]
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFrozen(t *testing.T) {
	e := config.Environment{Name: "e", RequireApprovals: 1}
	if r := Frozen(e, now); r != nil {
		t.Errorf("Frozen without a window = %+v", r)
	}
	e.Freeze = []config.Freeze{{Days: []time.Weekday{time.Saturday}, End: 24 * 60, Timezone: "UTC", Reason: "weekend"}}
	if r := Frozen(e, now); r == nil || r.Message != "e is frozen until 2026-11-22 00:00 UTC: weekend" || r.Untold {
		t.Errorf("Frozen on a Saturday = %+v", r)
	}
	if r := Frozen(e, now.AddDate(0, 0, 1)); r != nil {
		t.Errorf("Frozen on a Sunday = %+v", r)
	}
}

func TestNotes(t *testing.T) {
	got := Notes([]config.Environment{
		{Name: "development"},
		{Name: "staging", RequireApprovals: 1},
		{Name: "production", RequireApprovals: 2, RequireCodeowner: true, Publish: config.PublishManual,
			Freeze: []config.Freeze{{Days: []time.Weekday{time.Saturday}, End: 24 * 60, Timezone: "UTC", Reason: "weekend"}}},
	}, now)
	want := []string{
		"staging needs 1 approval of what is merged.",
		"production needs 2 approvals of what is merged and the approval of a code owner of each file that changes.",
		"A merge brings nothing to production: promptflag promote NAME --from ENVIRONMENT --to production does.",
		"production is frozen until 2026-11-22 00:00 UTC: weekend.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Notes (-want +got):\n%s", diff)
	}
}
