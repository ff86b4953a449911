package live

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// exported is a fake flag server that answers one export: real servers cannot
// be brought into all of these states at once.
type exported struct {
	plan.Flags
	all map[string]flags.Flag
}

func (e exported) Export(context.Context) (map[string]flags.Flag, error) { return e.all, nil }

func prompt(t *testing.T, name string, n int) *prompts.Prompt {
	t.Helper()
	d, err := prompts.Parse(name+".toml", name, fmt.Appendf(nil, "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"%d\"\n", n))
	if err != nil {
		t.Fatal(err)
	}
	return d.Prompt
}

func TestRead(t *testing.T) {
	bucket := store.New(store.NewMem())
	versions := make([]*prompts.Prompt, 6)
	for i := range versions {
		versions[i] = prompt(t, "a.b", i)
		if i != 5 { // the last is missing
			if _, _, err := bucket.Put(t.Context(), versions[i].Artifact()); err != nil {
				t.Fatal(err)
			}
		}
	}
	ours := func(role flags.Role, i, percent int, change func(*flags.Strategy)) flags.Strategy {
		ref := versions[i].Ref()
		s := flags.Build(role, "x-a.b", flags.ID("x-a.b", "production", fmt.Sprint("commit", i), "run"), ref.String(), ref.Version(), "subject", percent, "userId")
		s.ID = fmt.Sprint("id", i)
		if change != nil {
			change(&s)
		}
		return s
	}
	person := func(i, percent int, disabled bool) flags.Strategy {
		s := ours(flags.Candidate, i, percent, nil)
		s.Parameters = map[string]string{"rollout": fmt.Sprint(percent)}
		s.Title, s.Disabled = "for the pilot", disabled
		return s
	}
	disable := func(s *flags.Strategy) { s.Disabled = true }
	constrain := func(s *flags.Strategy) { s.Constraints = []json.RawMessage{json.RawMessage(`{}`)} }
	tests := []struct {
		name       string
		off        bool
		strategies []flags.Strategy
		want       []string
	}{
		{"only stable", false, []flags.Strategy{ours(flags.Stable, 0, 100, nil)}, []string{"0 production, stable, 100 %"}},
		{"a canary", false, []flags.Strategy{ours(flags.Candidate, 1, 10, nil), ours(flags.Stable, 0, 100, nil)}, []string{"1 production, candidate, 10 %", "0 production, stable, 90 %"}},
		{"promoted: OFF serves stable", false, []flags.Strategy{ours(flags.Candidate, 1, 100, nil), ours(flags.Stable, 0, 100, nil)}, []string{"1 production, candidate, 100 %", "0 production, stable, what OFF serves"}},
		{"killed", false, []flags.Strategy{ours(flags.Candidate, 1, 10, disable), ours(flags.Stable, 0, 100, nil)}, []string{"0 production, stable, 100 %"}},
		{"at 0 %", false, []flags.Strategy{ours(flags.Candidate, 1, 0, nil), ours(flags.Stable, 0, 100, nil)}, []string{"0 production, stable, 100 %"}},
		{"constrained", false, []flags.Strategy{ours(flags.Candidate, 1, 50, constrain), ours(flags.Stable, 0, 100, nil)}, []string{"1 production, candidate, 50 % of those who match", "0 production, stable, 100 %"}},
		{"OFF", true, []flags.Strategy{ours(flags.Candidate, 1, 10, nil), ours(flags.Stable, 0, 100, nil)}, []string{"1 production, candidate, OFF: 10 % when ON", "0 production, stable, OFF: everybody"}},
		{"disabled stable", false, []flags.Strategy{ours(flags.Stable, 0, 100, disable)}, []string{"0 production, stable, 100 %"}},
		{"a person's", false, []flags.Strategy{person(2, 100, false), person(3, 100, true), ours(flags.Stable, 0, 100, nil)}, []string{"0 production, stable, 100 %", `2 production, strategy "for the pilot", 100 %`}},
		{"missing", false, []flags.Strategy{ours(flags.Stable, 5, 100, nil)}, []string{"- production, stable, 100 % it is not in the bucket"}},
		{"of another prompt", false, []flags.Strategy{func() flags.Strategy {
			s := ours(flags.Stable, 0, 100, nil)
			s.Variants[0].Payload.Value = strings.Replace(s.Variants[0].Payload.Value, "a.b", "other", 1)
			return s
		}()}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := exported{all: map[string]flags.Flag{
				"x-a.b":     {Name: "x-a.b", Enabled: !test.off, Strategies: test.strategies},
				"unrelated": {Name: "unrelated", Enabled: true},
			}}
			got, err := Read(t.Context(), config.Environment{Name: "production", FlagPrefix: "x-"}, plan.Target{Flags: server, Bucket: bucket}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, v := range got["a.b"] {
				i := slices.IndexFunc(versions, func(p *prompts.Prompt) bool { return v.Prompt != nil && p.Digest() == v.Prompt.Digest() })
				line := fmt.Sprint(i, " ", v.Where())
				if v.Fault != "" {
					line = "- " + v.Where() + " " + v.Fault
				}
				lines = append(lines, line)
			}
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
			if len(got) > 1 || len(test.want) == 0 && len(got) > 0 {
				t.Errorf("prompts %v", got)
			}
		})
	}
}
