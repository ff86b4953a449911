package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
)

// run is a made-up run of a suite: its report and its results.
type run struct {
	report *evalkit.Report
	lines  []byte
}

func (r run) open(prompt string) (io.ReadCloser, error) {
	if prompt != r.report.Prompt {
		return nil, errors.New("no such prompt")
	}
	return io.NopCloser(bytes.NewReader(r.lines)), nil
}

// hostile are texts that try to be more than text.
var hostile = []string{
	"</script><img src=https://evil.example/x.png onerror=alert(1)>",
	"::error file=a.go,line=1::owned\n::add-mask::x\n##[set-output name=a]b",
	"```\n# Heading\n```\n~~~\n````html\n<script>alert(1)</script>",
	"</details></summary></pre></code><h1>Passed</h1>",
	"@everyone @promptflag/owners fixes #1, see GH-2 and a@evil.example, www.evil.example http://evil.example/a ![i](http://evil.example/i.png) [l](javascript:alert(1)) <http://evil.example>",
	"]]></failure><testcase name=\"x\"/>&xxe;<!-- -->",
	"nul \x00 esc \x1b[31mred\x1b[0m bell \a del \x7f",
	"bidi \u202egnp.exe\u202c \u2066iso\u2069 zero\u200bwidth \U000E0041tag",
	"a | b | c\n|---|---|\n| `x` | \\| |\n\n1. one\n- two\n> three\n    four\n---\n***",
	"{{.}} {{define \"x\"}}{{end}} ${{ secrets.TOKEN }} <%= x %>",
	"\" onmouseover=\"alert(1)\" ' style='x' `+alert(1)+`",
	"--> <style>*{display:none}</style><base href=//evil.example><meta http-equiv=refresh content=0><iframe src=//evil.example></iframe>",
}

var (
	categories = []string{"billing", "delivery", "returns", "account", "other"}
	openings   = []string{
		"I was charged twice for order %d and nobody answers the phone.",
		"Where is my parcel %d? The tracking page has not changed for six days.",
		"The blue jacket of order %d is too small, how do I send it back?",
		"I cannot log in any more since I changed my address (customer %d).",
		"Do you have a shop in Lyon? My neighbour %d asked me.",
		"Bonjour, ma commande %d est arrivée cassée. Je voudrais être remboursé rapidement, s'il vous plaît.",
	}
	replies = []string{
		"Thank you for writing. I have looked at the order and opened a case with our payment team; you will hear from us within two working days.",
		"I am sorry for the delay. The parcel was scanned in our depot last night and should reach you tomorrow before noon.",
		"No problem at all: print the label from your account, put the item into any box, and hand it in at the next parcel shop.",
		"Please use the link on the sign-in page to set a new password; I have confirmed your new address.",
	}
)

// example makes a run of n cases over the new version, a baseline and, when
// models > 0, other models. The same arguments make the same run.
func example(prompt string, n, models int) run {
	g := rand.New(rand.NewPCG(7, uint64(n)))
	arms := []evalkit.Arm{
		{ID: "new", Title: "this change", Role: evalkit.New, Version: "4f2c81d09ab3", Model: "gpt-4o-mini"},
		{ID: "base1", Title: "production, stable, 90 %", Role: evalkit.Baseline, Version: "b81e0c77d2f4", Model: "gpt-4o-mini", Gates: true},
	}
	for i := range models {
		arms = append(arms, evalkit.Arm{
			ID: fmt.Sprintf("model%d", i+1), Title: "this change", Role: evalkit.Other, Version: "4f2c81d09ab3",
			Model: []string{"claude-haiku-4-5", "gpt-5-mini", "mistral-small"}[i%3],
		})
	}
	b := builder{g: g, r: &evalkit.Report{
		Schema: evalkit.ReportSchema, Prompt: prompt, Arms: arms,
		Started: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), Seconds: 137.4, Confidence: 0.95,
		Suite: evalkit.SuiteInfo{
			File: prompt + ".eval.toml", Hash: strings.Repeat("5c", 32), Dataset: strings.Repeat("d7", 32), Rules: strings.Repeat("e1", 32),
			Judge: strings.Repeat("0e", 32), Judges: []string{"gpt-4.1"}, Cases: n, Repeat: 2,
		},
		Spent: 0.4183, Calls: 2*n + 12, Recorded: max(2*n-12, 0),
	}}
	for i := range n {
		b.oneCase(i)
	}
	b.finish()
	return run{b.r, b.lines.Bytes()}
}

// builder makes the lines and counts for the report.
type builder struct {
	g     *rand.Rand
	r     *evalkit.Report
	lines bytes.Buffer

	rates             [5][]float64 // by arm: share of samples that passed, by case
	latency, cost     [5][]float64
	similar           [5][]float64
	tags              map[string][5][]float64
	regressed, better int
}

func (b *builder) write(l evalkit.Line) {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	b.lines.Write(append(text, '\n'))
}

func (b *builder) oneCase(i int) {
	id := fmt.Sprintf("case-%03d", i+1)
	category := categories[b.g.IntN(len(categories))]
	ticket := fmt.Sprintf(openings[b.g.IntN(len(openings))], 10_000+b.g.IntN(90_000))
	tags := []string{category}
	if i%9 == 0 {
		tags = append(tags, "safety")
	}
	if i%17 == 3 {
		ticket = hostile[(i/17)%len(hostile)]
		tags = append(tags, "hostile")
	}
	b.write(evalkit.Line{Case: &evalkit.CaseLine{
		ID: id, Tags: tags, File: b.r.Prompt + ".cases.jsonl", Line: i + 1,
		Vars: map[string]any{"ticket": ticket, "customer": map[string]any{"tier": []string{"basic", "gold"}[i%2], "since": 2015 + i%11}},
	}})
	hard := b.g.Float64()
	pass := [5]float64{}
	for arm := range b.r.Arms {
		passes, errs := 0, 0
		for repeat := range 2 {
			p := []float64{0.93, 0.95, 0.90, 0.97, 0.85}[arm]
			if hard < 0.05 {
				p = 0.3
			}
			s := b.sample(id, arm, repeat, category, ticket, b.g.Float64() < p, i)
			if s.Fault != "" {
				errs++
			} else if s.Pass {
				passes++
			}
			b.write(evalkit.Line{Sample: s})
		}
		if errs > 0 {
			b.r.Arms[arm].Errors++
			pass[arm] = math.NaN()
			continue
		}
		b.r.Arms[arm].Cases++
		pass[arm] = float64(passes) / 2
		b.rates[arm] = append(b.rates[arm], pass[arm])
		for _, t := range tags {
			if b.tags == nil {
				b.tags = map[string][5][]float64{}
			}
			list := b.tags[t]
			list[arm] = append(list[arm], pass[arm])
			b.tags[t] = list
		}
	}
	if n, old := pass[0], pass[1]; n < old && n < 1 && old == 1 {
		b.regressed++
		b.r.Flips = append(b.r.Flips, evalkit.Flip{Case: id, Baseline: "base1", Regressed: true, New: n, Base: old})
	} else if n > old && n == 1 {
		b.better++
		b.r.Flips = append(b.r.Flips, evalkit.Flip{Case: id, Baseline: "base1", New: n, Base: old})
	}
}

func (b *builder) sample(id string, arm, repeat int, category, ticket string, pass bool, i int) *evalkit.Sample {
	a := &b.r.Arms[arm]
	s := &evalkit.Sample{Case: id, Arm: a.ID, Repeat: repeat}
	if b.g.Float64() < 0.006 {
		s.Fault, s.Error = string(chat.TimedOut), "timed out after 3 attempts: context deadline exceeded"
		if a.Faults == nil {
			a.Faults = map[string]int{}
		}
		a.Faults[s.Fault]++
		b.r.Problems = append(b.r.Problems, evalkit.Problem{Case: id, Arm: a.ID, Fault: s.Fault, Detail: s.Error})
		return s
	}
	said := category
	if !pass {
		said = categories[(slices.Index(categories, category)+1+b.g.IntN(4))%len(categories)]
	}
	urgency := []string{"low", "normal", "high"}[b.g.IntN(3)]
	text := fmt.Sprintf("{\n  \"category\": %q,\n  \"urgency\": %q,\n  \"reply\": %q\n}", said, urgency, replies[b.g.IntN(len(replies))])
	switch {
	case i%17 == 3:
		text = hostile[(i/17)%len(hostile)] + "\n" + text
	case i%23 == 5:
		text = ""
		s.Output.ToolCalls = []chat.ToolCall{{ID: "c1", Name: "open_ticket", Arguments: `{"category":"` + said + `","urgency":"high"}`}}
	case i%41 == 7:
		s.Output.Refusal = "I cannot help with this request."
		text = ""
	}
	s.Output.Text, s.Output.Finish, s.Output.Model = text, "stop", a.Model+"-2026-05-01"
	s.Output.Usage = chat.Usage{Known: true, Input: 410 + len(ticket)/4, Output: 40 + b.g.IntN(60)}
	ms := math.Exp(6.2+0.35*b.g.NormFloat64()) * []float64{1, 0.9, 1.4, 0.7, 2}[arm]
	s.Output.Latency = time.Duration(ms) * time.Millisecond
	cost := (float64(s.Output.Usage.Input)*0.15 + float64(s.Output.Usage.Output)*0.6) / 1e6 * []float64{1.2, 1, 6, 2, 4}[arm]
	s.Cost = &cost
	b.latency[arm] = append(b.latency[arm], ms)
	b.cost[arm] = append(b.cost[arm], cost)
	similar := min(1, 0.78+0.2*b.g.Float64())
	b.similar[arm] = append(b.similar[arm], similar)
	s.Pass, s.Score = pass, (similar+2)/3
	reason := ""
	if !pass {
		s.Score = similar / 3
		reason = fmt.Sprintf("category is %q, expected %q", said, category)
		if i%17 == 3 {
			reason += ": " + hostile[(i/17)%len(hostile)]
		}
	}
	s.Results = []assert.Result{
		{Type: "is-json", Weight: 1, Pass: true, Score: 1},
		{Type: "expr", Metric: "accuracy", Weight: 1, Pass: pass, Score: map[bool]float64{true: 1}[pass], Reason: reason},
		{Type: "similar", Metric: "tone", Weight: 0, Pass: similar > 0.8, Score: similar, Reason: fmt.Sprintf("similarity %.2f, threshold 0.80", similar)},
	}
	return s
}

func estimate(values []float64) *evalkit.Estimate {
	if len(values) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	n := float64(len(values))
	p, z := sum/n, 1.959964
	center, half := (p+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))/(1+z*z/n)
	return &evalkit.Estimate{Value: p, Lower: max(0, center-half), Upper: min(1, center+half), N: len(values)}
}

func quantiles(values []float64) *evalkit.Quantiles {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return nil
	}
	at := func(q float64) float64 { return s[min(int(q*float64(len(s))), len(s)-1)] }
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return &evalkit.Quantiles{
		Mean: sum / float64(len(s)), Min: s[0], Max: s[len(s)-1],
		P05: at(.05), P25: at(.25), P50: at(.5), P75: at(.75), P95: at(.95),
	}
}

// finish makes the report of what was counted.
func (b *builder) finish() {
	r := b.r
	for i := range r.Arms {
		a := &r.Arms[i]
		a.Digest = "sha256:" + strings.Repeat(a.Version[:8], 8)
		a.PassRate, a.Score = estimate(b.rates[i]), estimate(b.rates[i])
		both := 0.0
		a.Scores = make([]int, 11)
		for _, v := range b.rates[i] {
			if v == 1 {
				both++
			}
			a.Scores[min(int(v*7+3.2), 10)]++
		}
		both /= float64(max(len(b.rates[i]), 1))
		a.PassAll = &both
		a.Metrics = []evalkit.Named{{Name: "accuracy", Estimate: *estimate(b.rates[i])}, {Name: "tone", Estimate: *estimate(b.similar[i])}}
		for _, t := range slices.Sorted(keys(b.tags)) {
			if e := estimate(b.tags[t][i]); e != nil {
				a.Tags = append(a.Tags, evalkit.Named{Name: t, Estimate: *e})
			}
		}
		a.Latency, a.Cost = quantiles(b.latency[i]), quantiles(b.cost[i])
		a.Tokens = &evalkit.TokenCount{Input: 428.3, Output: 69.5}
	}
	slices.SortStableFunc(r.Flips, func(x, y evalkit.Flip) int {
		switch {
		case x.Regressed == y.Regressed:
			return 0
		case x.Regressed:
			return -1
		}
		return 1
	})
	d := r.Arms[0].PassRate.Value - r.Arms[1].PassRate.Value
	diff := &evalkit.Estimate{Value: d, Lower: d - .041, Upper: d + .038, N: r.Arms[0].Cases}
	r.Arms[1].Versus = &evalkit.Versus{Cases: r.Arms[0].Cases, Regressed: b.regressed, Improved: b.better, Difference: diff, Method: "Newcombe paired"}
	r.Gates = []evalkit.Gated{
		{
			Name: "regressions", Rule: "at most 3", Baseline: "base1", Verdict: evalkit.Fail, Value: new(float64(b.regressed)), Limit: 3,
			Sentence: fmt.Sprintf("%d cases passed with production, stable, 90 %% and fail now; at most 3 may", b.regressed),
		},
		{
			Name: "pass rate", Rule: "not worse than the baseline by 0.05", Baseline: "base1", Verdict: evalkit.Inconclusive, Limit: .05,
			Value: new(r.Arms[0].PassRate.Value), Base: new(r.Arms[1].PassRate.Value), Diff: diff, Method: "Newcombe paired", More: 60,
			Sentence: fmt.Sprintf("pass rate %.3f (n=%d), baseline %.3f, difference %.3f, 95 %% [%.3f, %.3f], margin −0.05: inconclusive; 60 more cases would decide",
				r.Arms[0].PassRate.Value, r.Arms[0].Cases, r.Arms[1].PassRate.Value, d, diff.Lower, diff.Upper),
		},
		{
			Name: "accuracy", Rule: "at least 0.8", Verdict: evalkit.Pass, Value: new(r.Arms[0].PassRate.Value), Limit: .8,
			Sentence: fmt.Sprintf("accuracy %.3f (n=%d), at least 0.8: pass", r.Arms[0].PassRate.Value, r.Arms[0].Cases),
		},
		{
			Name: "latency p95", Rule: "at most 2000 ms", Verdict: evalkit.Pass, Value: new(r.Arms[0].Latency.P95), Limit: 2000,
			Sentence: fmt.Sprintf("latency p95 %.0f ms, at most 2000 ms: pass", r.Arms[0].Latency.P95),
		},
		{
			Name: "cost increase", Rule: "at most 0.25 more than the baseline", Baseline: "base1", Verdict: evalkit.Pass,
			Value: new(r.Arms[0].Cost.Mean/r.Arms[1].Cost.Mean - 1), Limit: .25,
			Sentence: "a call costs 20 % more than with the baseline, at most 25 % more: pass",
		},
	}
	r.Verdict, r.Reason = evalkit.Fail, fmt.Sprintf("regressions: %d cases passed with production and fail now; at most 3 may", b.regressed)
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func chatResponse(text string) chat.Response {
	return chat.Response{
		Text: text, Refusal: text, Finish: text, Model: text,
		ToolCalls: []chat.ToolCall{{ID: text, Name: text, Arguments: text}},
	}
}

func resultsOf(text string) []assert.Result {
	return []assert.Result{
		{Type: text, Metric: text, Weight: 1, Reason: text, Parts: []assert.Result{{Type: text, Weight: 1, Reason: text}}},
		{Type: "equals", Weight: 1, Error: text},
		{Type: "similar", Reason: text},
	}
}
