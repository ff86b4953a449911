package evalkit_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
)

// TestGates: what was answered, the rule, and the verdict with its sentence.
func TestGates(t *testing.T) {
	const accuracy = "[gate.metrics.accuracy]\n"
	tests := []struct {
		name      string
		n         int
		gate      string
		new, old  func(i int) string // "ok", another answer, or "!" for an error
		alone     bool               // nothing is in production
		verdict   evalkit.Verdict
		sentences []string
	}{
		{"without a gate all must pass", 20, "", all, all, true, evalkit.Pass,
			[]string{"pass rate 1 (n=20), at least 1: pass"}},
		{"without a gate one failure is too many", 20, "", except(3), all, true, evalkit.Fail,
			[]string{"pass rate 0.95 (n=20), at least 1: fail"}},
		{"min", 20, accuracy + "min = 0.9", except(3, 4), all, true, evalkit.Pass,
			[]string{"accuracy 0.90 (n=20), at least 0.90: pass"}},
		{"min, one of many", 250, "", except(3), all, true, evalkit.Fail,
			[]string{"pass rate 0.996 (n=250), at least 1: fail"}},
		{"min with an error", 20, accuracy + "min = 0.5", wrong(3), all, true, evalkit.Inconclusive,
			[]string{"accuracy 1 (n=19), at least 0.50: inconclusive; 1 case has no answer"}},
		{"min that no answer could reach", 20, accuracy + "min = 0.9", func(i int) string {
			if i < 3 {
				return "no"
			}
			return wrong(3)(i)
		}, all, true, evalkit.Fail,
			[]string{"accuracy 0.84 (n=19), at least 0.90: fail; 1 case has no answer"}},
		{"lower end", 20, "[gate.pass_rate]\nmin_lower = 0.9", all, all, true, evalkit.Inconclusive,
			[]string{"pass rate 1 (n=20), 95 % [0.84, 1], surely at least 0.90: inconclusive"}},
		{"lower end with more cases", 40, "[gate.pass_rate]\nmin_lower = 0.9", all, all, true, evalkit.Pass,
			[]string{"pass rate 1 (n=40), 95 % [0.91, 1], surely at least 0.90: pass"}},
		{"lower end with an error", 100, "[gate.pass_rate]\nmin_lower = 0.5", wrong(3), all, true, evalkit.Inconclusive,
			[]string{"pass rate 1 (n=99), 95 % [", "], surely at least 0.50: inconclusive; 1 case has no answer"}},
		{"lower end out of reach", 40, "[gate.pass_rate]\nmin_lower = 0.9", every(2), all, true, evalkit.Fail,
			[]string{"pass rate 0.50 (n=40), 95 % [", "], surely at least 0.90: fail"}},
		{"lower end that answers could reach", 40, "[gate.pass_rate]\nmin_lower = 0.9", func(i int) string {
			switch {
			case i < 5:
				return "no"
			case i < 10:
				return "ok"
			}
			return "!"
		}, all, true, evalkit.Inconclusive,
			[]string{"pass rate 0.50 (n=10), 95 % [0.24, 0.76], surely at least 0.90: inconclusive; 30 cases have no answer"}},
		{"margin, equal", 200, accuracy + "margin = 0.05", except(1, 2), except(1, 2), false, evalkit.Pass,
			[]string{"accuracy 0.99 (n=200), baseline 0.99, difference 0, 95 % ["}},
		{"margin, too few", 20, accuracy + "margin = 0.05", all, all, false, evalkit.Inconclusive,
			[]string{"difference 0, 95 % [", "margin −0.05: inconclusive; about ", " more cases would decide"}},
		{"margin, worse", 100, accuracy + "margin = 0.05", every(4), all, false, evalkit.Fail,
			[]string{"accuracy 0.75 (n=100), baseline 1, difference −0.25, 95 % [", "]", "margin −0.05: fail"}},
		{"margin, better", 100, accuracy + "margin = 0.05", all, every(4), false, evalkit.Pass,
			[]string{"accuracy 1 (n=100), baseline 0.75, difference 0.25, 95 % ["}},
		{"margin, an error", 100, accuracy + "margin = 0.05", wrong(3), all, false, evalkit.Inconclusive,
			[]string{"(n=99)", "inconclusive; 1 case has no answer"}},
		{"margin, an error of the baseline", 100, accuracy + "margin = 0.05", all, wrong(3), false, evalkit.Inconclusive,
			[]string{"(n=99)", "inconclusive; 1 case has no answer"}},
		{"margin, worse whatever the errors were", 100, accuracy + "margin = 0.05", func(i int) string {
			if i == 1 {
				return "!"
			}
			return every(3)(i)
		}, all, false, evalkit.Fail, []string{"fail; 1 case has no answer"}},
		{"margin, worse and missing, but within the margin", 2000, accuracy + "margin = 0.2", func(i int) string {
			if i == 1 {
				return "!"
			}
			return every(20)(i)
		}, all, false, evalkit.Inconclusive, []string{"difference −0.05", "inconclusive; 1 case has no answer"}},
		{"margin, one rule", 100, accuracy + "margin = 0.02", except(1, 2, 3, 4, 5, 6), all, false, evalkit.Fail,
			[]string{"accuracy 0.94 (n=100)", "fail"}},
		{"margin, two rules would fail by chance", 100, accuracy + "margin = 0.02\n[gate.pass_rate]\nmargin = 0.02", except(1, 2, 3, 4, 5, 6), all, false, evalkit.Inconclusive,
			[]string{"pass rate 0.94 (n=100)", "inconclusive"}},
		{"margin, new prompt", 20, accuracy + "margin = 0.05", all, all, true, evalkit.Pass,
			[]string{"accuracy: nothing in production to compare with"}},
		{"regressions", 20, "[gate]\nmax_regressions = 1", except(3, 4), except(3), false, evalkit.Pass,
			[]string{"regressions 1 of 20 cases against baseline, at most 1: pass"}},
		{"too many regressions", 20, "[gate]\nmax_regressions = 0", except(3, 4), except(3, 5), false, evalkit.Fail,
			[]string{"regressions 1 of 20 cases against baseline, at most 0: fail"}},
		{"regressions with an error", 20, "[gate]\nmax_regressions = 0", wrong(3), all, false, evalkit.Inconclusive,
			[]string{"regressions 0 of 19 cases against baseline, at most 0: inconclusive; 1 case has no answer"}},
		{"latency", 20, "[gate]\nlatency_p95_ms = 100", all, all, true, evalkit.Pass,
			[]string{"latency p95 100 ms, at most 100 ms: pass"}},
		{"too slow", 20, "[gate]\nlatency_p95_ms = 99", all, all, true, evalkit.Fail,
			[]string{"latency p95 100 ms, at most 99 ms: fail"}},
		{"cost", 20, "[gate]\ncost_per_call = 0.00012", all, all, true, evalkit.Pass,
			[]string{"cost per call 0.00012 USD, at most 0.00012 USD: pass"}},
		{"too dear", 20, "[gate]\ncost_per_call = 0.0001", all, all, true, evalkit.Fail,
			[]string{"cost per call 0.00012 USD, at most 0.0001 USD: fail"}},
		{"too slow, perhaps", 20, "[gate]\nlatency_p95_ms = 99", wrong(3), all, true, evalkit.Inconclusive,
			[]string{"latency p95 100 ms, at most 99 ms: inconclusive; 1 case has no answer"}},
		{"too dear, perhaps", 20, "[gate]\ncost_per_call = 0.0001", wrong(3), all, true, evalkit.Inconclusive,
			[]string{"cost per call 0.00012 USD, at most 0.0001 USD: inconclusive; 1 case has no answer"}},
		{"no cost increase", 20, "[gate]\ncost_increase = 0", all, all, false, evalkit.Pass,
			[]string{"cost per call 0.00012 USD, baseline 0.00012 USD, 0 %, at most 0 % more: pass"}},
		{"cost increase, an error of the baseline", 20, "[gate]\ncost_increase = 0.1", all, wrong(3), false, evalkit.Inconclusive,
			[]string{"cost per call 0.00012 USD, baseline 0.00012 USD, 0 %, at most 10 % more: inconclusive; 1 case has no answer"}},
		{"cost increase", 20, "[gate]\ncost_increase = 0.1", all, all, false, evalkit.Pass,
			[]string{"cost per call 0.00012 USD, baseline 0.00012 USD, 0 %, at most 10 % more: pass"}},
		{"new prompt, endpoint down", 20, "[gate]\nmax_regressions = 0", func(int) string { return "!" }, all, true, evalkit.Inconclusive,
			[]string{"answers: every rule holds for the cases that have one: inconclusive; 20 cases have no answer"}},
		{"new prompt, one answer lost", 20, accuracy + "margin = 0.05", wrong(3), all, true, evalkit.Inconclusive,
			[]string{"answers: every rule holds for the cases that have one: inconclusive; 1 case has no answer"}},
		{"nothing answered", 20, accuracy + "min = 0", func(int) string { return "!" }, all, true, evalkit.Inconclusive,
			[]string{"accuracy: no case was answered, at least 0: inconclusive; 20 cases have no answer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			model := answerer(func(r chat.Request) (string, error) {
				system, question := of(r)
				i, _ := strconv.Atoi(question)
				f := tt.new
				if system == "old" {
					f = tt.old
				}
				if text := f(i); text != "!" {
					return text, nil
				}
				return "", errDown
			})
			services := evalkit.Services{Model: model, Cost: func(_ string, u chat.Usage) (float64, bool) {
				return float64(u.Input+2*u.Output) / 1e6, u.Known
			}}
			var baselines []evalkit.Version
			if !tt.alone {
				baselines = append(baselines, baseline(t))
			}
			r := run(t, load(t, tt.n, tt.gate), services, baselines...)
			if r.Verdict != tt.verdict || r.Gates[0].Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, tt.verdict)
			}
			for _, g := range r.Gates[1:] {
				if g.Name == "answers" {
					t.Errorf("%q, though another rule is open", g.Sentence)
				}
			}
			rest := r.Gates[0].Sentence
			for _, s := range tt.sentences {
				_, after, ok := strings.Cut(rest, s)
				if !ok {
					t.Fatalf("%q\ndoes not say %q", r.Gates[0].Sentence, s)
				}
				rest = after
			}
			if !strings.Contains(r.Reason, r.Gates[0].Sentence) {
				t.Errorf("reason %q", r.Reason)
			}
		})
	}
}

func all(int) string { return "ok" }

func except(cases ...int) func(int) string { return but("no", cases) }

func wrong(cases ...int) func(int) string { return but("!", cases) }

func but(answer string, cases []int) func(int) string {
	return func(i int) string {
		for _, c := range cases {
			if c == i {
				return answer
			}
		}
		return "ok"
	}
}

func every(n int) func(int) string {
	return func(i int) string {
		if i%n == 0 {
			return "no"
		}
		return "ok"
	}
}
