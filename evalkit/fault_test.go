package evalkit_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/internal/golden"
)

// TestFaults: the table of what can go wrong with answers, and the verdict. With
// one answer missing no rule passes; it fails only when no answer could save it.
func TestFaults(t *testing.T) {
	faults := []struct {
		name string
		err  error
		all  bool // of every case, else of one
	}{
		{"endpoint down", &chat.Error{Fault: chat.Unavailable, Attempts: 5}, true},
		{"one answer lost", &chat.Error{Fault: chat.Unavailable, Attempts: 5}, false},
		{"wrong key", &chat.Error{Fault: chat.Unauthorized, Status: 401, Attempts: 1}, true},
		{"429 to the end", &chat.Error{Fault: chat.RateLimited, Status: 429, Attempts: 5}, true},
		{"429 to the end, one case", &chat.Error{Fault: chat.RateLimited, Status: 429, Attempts: 5}, false},
		{"parameter refused", &chat.Error{Fault: chat.BadRequest, Status: 400, Attempts: 1}, true},
		{"answer is not JSON", &chat.Error{Fault: chat.Malformed, Attempts: 5}, false},
		{"answer cut off", &chat.Error{Fault: chat.Cut, Attempts: 5}, false},
		{"a case hangs", &chat.Error{Fault: chat.TimedOut, Attempts: 1}, false},
		{"not recorded", &chat.Error{Fault: chat.NotRecorded}, false},
		{"budget spent", &chat.Error{Fault: chat.OverBudget}, false},
		{"the judge does not answer", errJudge, false},
		{"the judge answers nonsense", errNonsense, false},
		{"another error", errors.New("something else"), false},
	}
	var table strings.Builder
	table.WriteString("What goes wrong × what the other answers say → the verdict. A suite of 40 cases,\nof which 90 % have to pass.\n\n| fault | others pass | others fail | asked | reported as |\n|---|---|---|---|---|\n")
	for _, f := range faults {
		var verdicts []string
		var asked int64
		reported := ""
		for _, others := range []string{"ok", "no"} {
			r, n := faulty(t, f.err, f.all, others)
			verdicts = append(verdicts, string(r.Verdict))
			asked = n
			if len(r.Problems) > 0 {
				reported = r.Problems[0].Fault
			}
			if r.Verdict == evalkit.Pass {
				t.Errorf("%s: passed", f.name)
			}
		}
		count := strconv.FormatInt(asked, 10)
		if f.all {
			count = fmt.Sprintf("stops early: %v", asked < 40)
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", f.name, verdicts[0], verdicts[1], count, reported)
	}
	golden.Compare(t, "testdata/faults.md", table.String())
}

var (
	errJudge    = errors.New("judge down")
	errNonsense = errors.New("judge talks")
)

// faulty runs 40 cases, one or all of which meet the fault.
func faulty(t *testing.T, fault error, all bool, others string) (*evalkit.Report, int64) {
	t.Helper()
	check := "[[defaults.assert]]\ntype = \"contains\"\nvalue = \"ok\"\n"
	judged := errors.Is(fault, errJudge) || errors.Is(fault, errNonsense)
	if judged {
		check += "[judge]\nmodel = \"judge\"\n[[defaults.assert]]\ntype = \"llm-rubric\"\nvalue = \"is polite\"\n"
	}
	var cases strings.Builder
	for i := range 40 {
		fmt.Fprintf(&cases, `{"vars":{"q":"%d"}}`+"\n", i)
	}
	var asked atomic.Int64
	model := answerer(func(r chat.Request) (string, error) {
		if r.Model == "judge" {
			text := r.Messages[len(r.Messages)-1].Content
			switch {
			case !strings.Contains(text, "seven"):
				return `{"pass":true,"score":1,"reason":"polite"}`, nil
			case errors.Is(fault, errNonsense):
				return "I would say yes!", nil
			}
			return "", &chat.Error{Fault: chat.Unavailable, Attempts: 5}
		}
		asked.Add(1)
		_, q := of(r)
		switch {
		case judged && q == "7":
			return others + " seven", nil
		case !judged && (all || q == "7"):
			return "", fault
		}
		return others, nil
	})
	s := loadFiles(t, check+"[gate.pass_rate]\nmin = 0.9\n", cases.String())
	return run(t, s, evalkit.Services{Model: model, Parallel: 4}), asked.Load()
}

// TestDownForLong: a model that fails again and again is not asked a thousand
// times.
func TestDownForLong(t *testing.T) {
	for name, tt := range map[string]struct {
		fault chat.Fault
		most  int64
	}{
		"unauthorized": {chat.Unauthorized, 8},
		"down":         {chat.Unavailable, 32 + 8},
		"malformed":    {chat.Malformed, 1000},
	} {
		var asked atomic.Int64
		model := answerer(func(chat.Request) (string, error) {
			asked.Add(1)
			return "", &chat.Error{Fault: tt.fault, Attempts: 1}
		})
		r := run(t, load(t, 1000, ""), evalkit.Services{Model: model, Parallel: 8})
		if asked.Load() > tt.most || asked.Load() < min(tt.most, 32) && tt.fault != chat.Unauthorized {
			t.Errorf("%s: asked %d times", name, asked.Load())
		}
		if r.Verdict != evalkit.Inconclusive || r.Arms[0].Errors != 1000 || r.Arms[0].Faults[string(tt.fault)] != 1000 {
			t.Errorf("%s: %s, %+v", name, r.Verdict, r.Arms[0])
		}
	}
}

// TestOneForbidden: a text that moderation forbids does not end the run for the
// others.
func TestOneForbidden(t *testing.T) {
	model := answerer(func(r chat.Request) (string, error) {
		if _, q := of(r); q == "7" {
			return "", &chat.Error{Fault: chat.Unauthorized, Status: 403, Attempts: 1}
		}
		return "ok", nil
	})
	if r := run(t, load(t, 50, ""), evalkit.Services{Model: model, Parallel: 1}); r.Arms[0].Errors != 1 || r.Verdict != evalkit.Inconclusive {
		t.Errorf("%s, %d errors", r.Verdict, r.Arms[0].Errors)
	}
}

type deadEmbedder struct{ asked *atomic.Int64 }

func (d deadEmbedder) Embed(context.Context, chat.EmbedRequest) (chat.Embeddings, error) {
	d.asked.Add(1)
	return chat.Embeddings{}, errDown
}

// TestEmbeddingsDown: they are not asked a thousand times, either.
func TestEmbeddingsDown(t *testing.T) {
	var asked atomic.Int64
	s := load(t, 200, "[[defaults.assert]]\ntype = \"similar\"\nvalue = \"ok\"\n[embeddings]\nmodel = \"e\"\n")
	r := run(t, s, evalkit.Services{Model: says("ok"), Embedder: deadEmbedder{&asked}, Parallel: 1})
	if asked.Load() != 32 || r.Arms[0].Errors != 200 {
		t.Errorf("asked %d times, %d errors", asked.Load(), r.Arms[0].Errors)
	}
}

// TestBudget: no call is begun that could pass the budget.
func TestBudget(t *testing.T) {
	price := func(_ string, u chat.Usage) (float64, bool) { return float64(u.Input+u.Output) / 1000, u.Known }
	var mu sync.Mutex
	calls := 0
	model := answerer(func(chat.Request) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return "ok", nil
	})
	for name, tt := range map[string]struct {
		budget suite.Budget
		cost   func(string, chat.Usage) (float64, bool)
		spent  bool
		fault  string
	}{
		"money":         {suite.Budget{USD: 3}, price, true, "of 3 USD are spent or set aside, and the next answer may cost 1"},
		"unknown price": {suite.Budget{USD: 3}, nil, false, "the price of mock is not known"},
		"no budget":     {suite.Budget{}, nil, true, ""},
	} {
		calls = 0
		meter := evalkit.NewMeter(tt.budget, tt.cost, nil)
		r := run(t, load(t, 100, ""), evalkit.Services{Model: meter.Model(model), Cost: tt.cost, Meter: meter})
		usd, counted, unpriced := meter.Spent()
		if counted != calls || r.Calls != calls || (calls > 0) != tt.spent || usd > 3 || r.Unpriced != unpriced {
			t.Errorf("%s: %d calls, %d counted, %v USD, %d without a price", name, calls, counted, usd, unpriced)
		}
		if tt.fault == "" {
			if r.Verdict != evalkit.Pass || unpriced != 100 {
				t.Errorf("%s: %s, %d without a price", name, r.Reason, unpriced)
			}
		} else if r.Verdict != evalkit.Inconclusive || r.Problems[0].Fault != string(chat.OverBudget) || !strings.Contains(r.Problems[0].Detail, tt.fault) || tt.cost != nil && usd < 1 {
			t.Errorf("%s: %s: %+v (%v USD)", name, r.Verdict, r.Problems[0], usd)
		}
	}
}

// TestMinutes: when the time is over, calls under way end and no other begins.
func TestMinutes(t *testing.T) {
	meter := evalkit.NewMeter(suite.Budget{Minutes: 2.0 / 60}, nil, nil)
	started := make(chan bool, 100)
	model := meter.Model(hanging{started})
	r := run(t, load(t, 100, ""), evalkit.Services{Model: model, Meter: meter, Parallel: 4})
	if len(started) != 4 || r.Arms[0].Faults["over budget"] != 100 {
		t.Errorf("%d calls were begun; %v", len(started), r.Arms[0].Faults)
	}
}

type hanging struct{ started chan bool }

func (h hanging) Complete(ctx context.Context, _ chat.Request) (chat.Response, error) {
	h.started <- true
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
	}
	return chat.Response{}, &chat.Error{Fault: chat.TimedOut, Attempts: 1, Err: ctx.Err()}
}

func TestReceipt(t *testing.T) {
	model := answerer(func(chat.Request) (string, error) { return "ok", nil })
	c := run(t, load(t, 10, ""), evalkit.Services{Model: model}, baseline(t)).Receipt()
	if c.Trust != evalkit.Local || c.Verdict != evalkit.Pass || len(c.Baselines) != 1 || !strings.HasPrefix(c.Ref, "a@sha256:") || len(c.Parameters) != 64 {
		t.Errorf("%+v", c)
	}
	other := run(t, load(t, 11, "[judge]\nmodel = \"j\""), evalkit.Services{Model: model})
	if c.Answers(other.Suite) || !other.Receipt().Answers(other.Suite) {
		t.Errorf("a receipt of other cases and another judge answers: %v, its own: %v", c.Answers(other.Suite), other.Receipt().Answers(other.Suite))
	}
	for _, bad := range []string{"", "{}", `{"promptflagReceipt":2,"verdict":"pass"}`, `{"promptflagReceipt":1,"verdict":"PASS"}`} {
		if c, err := evalkit.ParseReceipt([]byte(bad)); err == nil {
			t.Errorf("ParseReceipt(%q) = %+v", bad, c)
		}
	}
}

// TestReceiptOfNow: a receipt counts for the same cases, rules and baselines.
func TestReceiptOfNow(t *testing.T) {
	s := load(t, 3, "[gate.pass_rate]\nmin = 0.5")
	c := run(t, s, evalkit.Services{Model: says("ok")}, baseline(t)).Receipt()
	if !c.Answers(evalkit.Describe(s)) {
		t.Error("not about its own suite")
	}
	for name, other := range map[string]*suite.Suite{
		"rules": load(t, 3, "[gate.pass_rate]\nmin = 0.6"),
		"cases": load(t, 4, "[gate.pass_rate]\nmin = 0.5"),
		"judge": load(t, 3, "[gate.pass_rate]\nmin = 0.5\n[judge]\nmodel = \"j\""),
	} {
		if c.Answers(evalkit.Describe(other)) {
			t.Errorf("about other %s", name)
		}
	}
	same := evalkit.SuiteInfo{Hash: "a", Dataset: "b", Rules: "c", Judge: "d"}
	of := evalkit.Receipt{Suite: "a", Dataset: "b", Rules: "c", Judge: "d"}
	for i, other := range []evalkit.SuiteInfo{
		{Hash: "x", Dataset: "b", Rules: "c", Judge: "d"}, {Hash: "a", Dataset: "x", Rules: "c", Judge: "d"},
		{Hash: "a", Dataset: "b", Rules: "x", Judge: "d"}, {Hash: "a", Dataset: "b", Rules: "c"},
	} {
		if !of.Answers(same) || of.Answers(other) {
			t.Errorf("Answers(%d)", i)
		}
	}
	told := evalkit.Version{Prompt: version(t, "a", "other")}
	gates := told
	gates.Gates = true
	if !c.Compares([]evalkit.Version{baseline(t), told}) || c.Compares([]evalkit.Version{baseline(t), gates}) || !c.Compares(nil) {
		t.Error("Compares")
	}

	// That it was asked, too, is no comparison.
	p := evalkit.Plan{Suite: s, New: evalkit.Version{Prompt: version(t, "a", "new")}, Baselines: []evalkit.Version{told}, Models: []string{"other"}}
	r, err := evalkit.Run(t.Context(), p, evalkit.Services{Model: says("ok")})
	if err != nil {
		t.Fatal(err)
	}
	c = r.Receipt()
	if len(r.Arms) != 3 || len(c.Baselines) != 1 || c.Compares([]evalkit.Version{gates}) {
		t.Errorf("%d arms, baselines %+v", len(r.Arms), c.Baselines)
	}
}

// TestDeciding: the newest trusted receipt that says something counts.
func TestDeciding(t *testing.T) {
	at := func(minute int, v evalkit.Verdict, trust evalkit.Trust) evalkit.Receipt {
		return evalkit.Receipt{Verdict: v, Trust: trust, Time: time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC)}
	}
	for name, tt := range map[string]struct {
		receipts []evalkit.Receipt
		want     evalkit.Verdict
	}{
		"none":               {nil, ""},
		"newest":             {[]evalkit.Receipt{at(2, evalkit.Fail, evalkit.Trusted), at(1, evalkit.Pass, evalkit.Trusted)}, evalkit.Fail},
		"at the same time":   {[]evalkit.Receipt{at(1, evalkit.Pass, evalkit.Trusted), at(1, evalkit.Fail, evalkit.Trusted)}, evalkit.Fail},
		"undecided later":    {[]evalkit.Receipt{at(1, evalkit.Pass, evalkit.Trusted), at(2, evalkit.Inconclusive, evalkit.Trusted)}, evalkit.Pass},
		"of a pull request":  {[]evalkit.Receipt{at(1, evalkit.Pass, evalkit.PullRequest), at(2, evalkit.Pass, evalkit.Local)}, ""},
		"only undecided":     {[]evalkit.Receipt{at(1, evalkit.Inconclusive, evalkit.Trusted)}, ""},
		"pull request later": {[]evalkit.Receipt{at(1, evalkit.Fail, evalkit.Trusted), at(2, evalkit.Pass, evalkit.PullRequest)}, evalkit.Fail},
	} {
		got, ok := evalkit.Deciding(tt.receipts)
		if got.Verdict != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, got.Verdict, ok, tt.want)
		}
	}
}
