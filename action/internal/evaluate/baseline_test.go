package evaluate

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/prompts"
)

func TestBaselines(t *testing.T) {
	version := func(text string) *prompts.Prompt {
		d, err := prompts.Parse("a.toml", "a", []byte("model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \""+text+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		return d.Prompt
	}
	head, s, c := version("head"), version("stable"), version("candidate")
	at := func(p *prompts.Prompt, environment string, role flags.Role, percent int, on bool) live.Version {
		return live.Version{Environment: environment, Ref: p.Ref(), Role: role, Percent: percent, On: on, Prompt: p}
	}
	lost := func(v live.Version) live.Version { v.Prompt, v.Fault = nil, "it is not in the bucket"; return v }
	matching := func(v live.Version) live.Version { v.Constrained = true; return v }
	for name, tt := range map[string]struct {
		live    []live.Version
		want    []string
		unknown string
	}{
		"nothing":         {},
		"head is live":    {live: []live.Version{at(head, "production", flags.Stable, 100, true)}},
		"candidate gates": {live: []live.Version{at(c, "production", flags.Candidate, 60, true), at(s, "production", flags.Stable, 40, true)}, want: []string{"candidate gates=true production, candidate, 60 %", "stable gates=false production, stable, 40 %"}},
		"canary": {
			live: []live.Version{at(c, "production", flags.Candidate, 10, true), at(s, "production", flags.Stable, 90, true), at(s, "staging", flags.Stable, 100, true)},
			want: []string{"stable gates=true production, stable, 90 %; staging, stable, 100 %", "candidate gates=false production, candidate, 10 %"},
		},
		"off":      {live: []live.Version{at(c, "p", flags.Candidate, 60, false), at(s, "p", flags.Stable, 40, false)}, want: []string{"stable gates=true p, stable, OFF: everybody", "candidate gates=false p, candidate, OFF: 60 % when ON"}},
		"promoted": {live: []live.Version{at(head, "p", flags.Candidate, 100, true), at(s, "p", flags.Stable, 0, true)}, want: []string{"stable gates=false p, stable, what OFF serves"}},
		"dialled":  {live: []live.Version{at(head, "p", flags.Candidate, 60, true), at(s, "p", flags.Stable, 40, true)}, want: []string{"stable gates=true p, stable, 40 %"}},
		"dialled, rest lost": {
			live:    []live.Version{at(head, "p", flags.Candidate, 60, true), lost(at(s, "p", flags.Stable, 40, true))},
			unknown: fmt.Sprintf("version %s (p, stable, 40 %%) cannot be read: it is not in the bucket", s.Version()),
		},
		"of somebody":   {live: []live.Version{at(s, "p", "", 100, true)}, want: []string{"stable gates=false p, a strategy of somebody, 100 %"}},
		"for some only": {live: []live.Version{matching(at(c, "p", flags.Candidate, 100, true))}, want: []string{"candidate gates=false p, candidate, 100 % of those who match"}},
		"lost": {
			live:    []live.Version{lost(at(s, "p", flags.Stable, 100, true)), lost(at(c, "p", flags.Candidate, 5, true))},
			unknown: fmt.Sprintf("version %s (p, stable, 100 %%) cannot be read: it is not in the bucket", s.Version()),
		},
		"lost in one place": {live: []live.Version{lost(at(s, "p", flags.Stable, 100, true)), at(s, "q", flags.Stable, 100, true)}, want: []string{"stable gates=true p, stable, 100 %; q, stable, 100 %"}},
	} {
		t.Run(name, func(t *testing.T) {
			baselines, unknown := Baselines(head.Digest(), tt.live)
			var got []string
			for _, b := range baselines {
				got = append(got, fmt.Sprintf("%s gates=%v %s", b.Prompt.Messages()[0].Content, b.Gates, b.Title))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || unknown != tt.unknown {
				t.Errorf("unknown %q, want %q (-want +got)\n%s", unknown, tt.unknown, diff)
			}
		})
	}
}
