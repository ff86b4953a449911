package flags

import (
	"strings"
	"testing"
)

func TestRecognise(t *testing.T) {
	const flag, env, prompt = "p.x", "production", "x"
	ref := func(c string) string { return "x@sha256:" + strings.Repeat(c, 64) }
	ours := func(id string, role Role, by, c string) Strategy {
		s := Build(role, flag, ID(flag, env, by, "1"), ref(c), strings.Repeat(c, 12), "", 10, "userId")
		s.ID = id
		return s
	}
	with := func(s Strategy, param, value string) Strategy { s.Parameters[param] = value; return s }
	without := func(s Strategy) Strategy {
		delete(s.Parameters, ParamRole)
		delete(s.Parameters, ParamID)
		return s
	}
	tests := []struct {
		name       string
		strategies []Strategy
		want       string // stable candidate leftovers foreign people lost, as ids
	}{
		{"none", nil, "- - [] [] [] []"},
		{"both", []Strategy{ours("2", Candidate, "c1", "b"), ours("1", Stable, "c0", "a")}, "1 2 [] [] [] []"},
		{"interrupted run: the newest is ours", []Strategy{ours("1", Stable, "c0", "a"), ours("3", Stable, "c1", "b")}, "3 - [1] [] [] []"},
		{"copied strategy: the oldest is ours", []Strategy{ours("1", Stable, "c0", "a"), ours("3", Stable, "c0", "a")}, "1 - [] [3] [] []"},
		{"copied environment", []Strategy{with(ours("1", Stable, "c0", "a"), ParamID, flag+"/development/c0-1")}, "- - [] [1] [] []"},
		{"copied flag", []Strategy{with(ours("1", Stable, "c0", "a"), ParamID, "p.y/production/c0-1")}, "- - [] [1] [] []"},
		{"another prompt's ref", []Strategy{func() Strategy {
			s := ours("1", Stable, "c0", "a")
			s.Variants[0].Payload.Value = "y@sha256:" + strings.Repeat("a", 64)
			return s
		}()}, "- - [] [1] [] []"},
		{"unknown role", []Strategy{with(ours("1", Stable, "c0", "a"), ParamRole, "boss")}, "- - [] [1] [] []"},
		{"lost role", []Strategy{without(ours("1", Stable, "c0", "a"))}, "- - [] [] [] [1]"},
		{"two that lost it are people's", []Strategy{without(ours("1", Stable, "c0", "a")), without(ours("2", Stable, "c0", "a"))}, "- - [] [] [1 2] []"},
		{"lost role while another holds it", []Strategy{without(ours("1", Stable, "c0", "a")), ours("2", Stable, "c0", "a")}, "2 - [] [] [1] []"},
		{"people's", []Strategy{{ID: "9", Name: "default"}}, "- - [] [] [9] []"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Recognise(Flag{Name: flag, Strategies: tt.strategies}, prompt, env)
			lost := []Strategy{}
			for _, l := range r.Lost {
				lost = append(lost, l.Strategy)
			}
			got := strings.Join([]string{one(r.Stable), one(r.Candidate), ids(r.Leftovers), ids(r.Foreign), ids(r.People), ids(lost)}, " ")
			if got != tt.want {
				t.Errorf("Recognise = %s, want %s", got, tt.want)
			}
		})
	}
}

func one(s *Strategy) string {
	if s == nil {
		return "-"
	}
	return s.ID
}

func ids(list []Strategy) string {
	var out []string
	for _, s := range list {
		out = append(out, s.ID)
	}
	return "[" + strings.Join(out, " ") + "]"
}

func TestRollout(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "10": 10, "100": 100, "150": 100, "-1": 0, "abc": 0, "": 0, "10.9": 10, "NaN": 0, "1e9": 100} {
		s := Strategy{Name: StrategyName, Parameters: map[string]string{"rollout": in}}
		if got := s.Rollout(); got != want {
			t.Errorf("Rollout(%q) = %d, want %d", in, got, want)
		}
	}
	if got := (Strategy{Name: "default"}).Rollout(); got != 100 {
		t.Errorf("Rollout of the default strategy = %d, want 100", got)
	}
}

func TestIDCommit(t *testing.T) {
	for in, want := range map[string]string{
		ID("p.x", "production", "0123456789abcdef", "42.1"): "0123456789ab",
		ID("p.x", "my-env", "", "beef"):                     "",
		"":                                                  "",
		"p/e/nodash":                                        "",
	} {
		if got := IDCommit(in); got != want {
			t.Errorf("IDCommit(%q) = %q, want %q", in, got, want)
		}
	}
}
