package comment

import (
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/prompts"
)

// TestNowPromoted: what everybody gets is no earlier change, also while it still
// is the candidate.
func TestNowPromoted(t *testing.T) {
	v := func(role flags.Role, percent int) live.Version {
		r, err := prompts.ParseRef("a@sha256:" + strings.Repeat("b", 64))
		if err != nil {
			t.Fatal(err)
		}
		return live.Version{Environment: "production", Ref: r, Role: role, Percent: percent, On: true}
	}
	p := Prompt{Version: "cccccccccccc", Known: true, Live: []live.Version{v(flags.Candidate, 100), v(flags.Stable, 0)}}
	if got, want := p.now("production"), "everybody gets today's version (`bbbbbbbbbbbb`)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p.Live[0].Percent, p.Live[1].Percent = 30, 70
	if got, want := p.now("production"), "30 % get an earlier change (`bbbbbbbbbbbb`)"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
