package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/internal/teststack"
)

// faultsFile is the table of TestEvalFaults; UPDATE=1 writes it.
const faultsFile = "testdata/eval-faults.md"

// llmFault is one thing that goes wrong with the mock of models.
type llmFault struct {
	name     string
	chaos    string // rates of the mock's chaos; "" for none
	status   int    // of what questions get before the answer
	often    int    // so many of these
	which    string // of the cases: "every", "every fifth", "one"
	endpoint string // more lines of the endpoint
	url      string // instead of the mock's
	judge    any    // what the mock says as a judge, nil for a suite without one
	want     outcome
}

// outcome is what an evaluation says and leaves behind.
type outcome struct {
	verdict evalkit.Verdict
	exit    int
	same    bool // verdict and outputs are those of the clean run
	fault   string
}

var (
	said = func(text string) any {
		return map[string]any{"content": text, "usage": map[string]any{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}
	}
	failed = func(status int) any {
		return map[string]any{"status": status, "error": map[string]any{"message": "no <b>", "type": "some_error"}}
	}
	asClean = outcome{evalkit.Pass, 0, true, ""}
	untold  = func(fault string) outcome { return outcome{evalkit.Inconclusive, 4, false, fault} }
)

// llmFaults: a rate of 1 is always; the mock draws for each attempt. Its 429
// asks for a second, which is kept.
var llmFaults = []llmFault{
	{name: "none", want: asClean},

	{name: "429, always", chaos: `{"rateLimitRate":1}`, want: untold("rate limited")},
	{name: "429, 3 % of calls", chaos: `{"rateLimitRate":0.03}`, want: asClean},
	{name: "429 for 3 attempts, every fifth case", status: 429, often: 3, which: "every fifth", want: asClean},
	{name: "429 to the end, one case", status: 429, often: 9, which: "one", want: untold("rate limited")},

	{name: "503, always", status: 503, often: 9, which: "every", want: untold("unavailable")},
	{name: "503 once, every case", status: 503, often: 1, which: "every", want: asClean},
	{name: "503 for 3 attempts, every fifth case", status: 503, often: 3, which: "every fifth", want: asClean},
	{name: "503 to the end, one case", status: 503, often: 9, which: "one", want: untold("unavailable")},

	{name: "dropped, always", chaos: `{"dropRate":1}`, want: untold("unavailable")},
	{name: "dropped, 5 % of calls", chaos: `{"dropRate":0.05}`, want: asClean},
	{name: "malformed, always", chaos: `{"malformedRate":1}`, want: untold("malformed")},
	{name: "malformed, 5 % of calls", chaos: `{"malformedRate":0.05}`, want: asClean},
	{name: "disconnected, always", chaos: `{"disconnectRate":1}`, want: untold("cut")},
	{name: "disconnected, 5 % of calls", chaos: `{"disconnectRate":0.05}`, want: asClean},
	{name: "of each a little", chaos: `{"dropRate":0.01,"malformedRate":0.01,"disconnectRate":0.01,"rateLimitRate":0.01}`, want: asClean},

	{name: "slow, within the deadline", chaos: `{"latencyMs":200}`, endpoint: "timeout_seconds = 20\n", want: asClean},
	{name: "slow, beyond the deadline", chaos: `{"latencyMs":20000}`, endpoint: "timeout_seconds = 1\n", want: untold("timed out")},

	{name: "401", status: 401, often: 1, which: "every", want: untold("unauthorized")},
	{name: "400, one case", status: 400, often: 9, which: "one", want: untold("bad request")},
	{name: "nobody listens", url: "http://127.0.0.1:1/v1", want: untold("unavailable")},

	{name: "a judge that answers", judge: said(`{"pass":true,"score":1,"reason":"It is."}`), want: asClean},
	{name: "a judge that answers nonsense", judge: said("I would say yes!"), want: untold("assertion")},
	{name: "a judge that refuses", judge: said("I'm sorry, but I can't help with that."), want: untold("assertion")},
	{name: "a judge that is down", judge: failed(503), want: untold("assertion")},
	{name: "no key", endpoint: "key_env = \"LLM_KEY\"\n", want: untold("unauthorized")},
}

// TestEvalFaults: whatever the endpoint does, an evaluation is the one of the
// endpoint in good health, or it could not tell.
func TestEvalFaults(t *testing.T) {
	url := teststack.LLM(t)
	clean, healthy := llmFault{}.run(t, url)
	got := make([]outcome, len(llmFaults))
	var group errgroup.Group // they wait more than they work, so more of them than processors
	group.SetLimit(8)
	for i, f := range llmFaults {
		group.Go(func() error {
			t.Run(f.name, func(t *testing.T) {
				o, outputs := f.run(t, url)
				if o.verdict == clean.verdict {
					diff := cmp.Diff(healthy, outputs)
					if diff != "" {
						t.Errorf("outputs (-clean +got)\n%s", diff)
					}
					o.same = diff == ""
				}
				if o != f.want {
					t.Errorf("got %+v, want %+v", o, f.want)
				}
				got[i] = o
			})
			return nil
		})
	}
	group.Wait()
	var b strings.Builder
	b.WriteString("What goes wrong with the endpoint → the verdict of a suite of 60 cases, of which\n58 are answered rightly, and the exit code. Each request has five attempts.\n\n| fault | verdict | exit code | outputs | reported as |\n|---|---|---|---|---|\n")
	for i, f := range llmFaults {
		outputs := "as without it"
		if !got[i].same {
			outputs = "-"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", f.name, got[i].verdict, got[i].exit, outputs, got[i].fault)
	}
	if os.Getenv("UPDATE") != "" && !t.Failed() {
		if err := os.WriteFile(faultsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, faultsFile), b.String()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", faultsFile, diff)
	}
}

const faultCases = 60

// run evaluates a suite with the fault. outputs are what the cases got.
func (f llmFault) run(t *testing.T, url string) (outcome, []string) {
	t.Helper()
	id := teststack.Prefix(t)
	f.teach(t, url, id)
	if f.chaos != "" {
		aimock(t, url, id, "chaos", f.chaos)
	}
	base := url + "/v1"
	if f.url != "" {
		base = f.url
	}
	keys := "key_env = \"-\"\n"
	if strings.Contains(f.endpoint, "key_env") {
		keys = ""
	}
	var cases strings.Builder
	for i := range faultCases {
		fmt.Fprintf(&cases, "{\"id\": \"c%02d\", \"vars\": {\"q\": \"%s %02d.\", \"want\": \"answer %02d\"}}\n", i, id, i, i)
	}
	suite := wantsAnswer
	if f.judge != nil {
		suite = fmt.Sprintf("[judge]\nmodel = %q\n[[defaults.assert]]\ntype = \"llm-rubric\"\nvalue = \"is polite\"\n", id+"judge") + suite
	}
	dir := evaluated(t, map[string]string{
		"promptflag.toml": onFiles + fmt.Sprintf("[endpoints.openai]\nbase_url = %q\nconcurrency = 64\n%s%sheaders = { X-Test-Id = %q }\n", base, keys, f.endpoint, id),
		"prompts/a.toml":  asksQ, "prompts/a.eval.toml": suite, "prompts/a.cases.jsonl": cases.String(),
	})
	code, stdout, stderr := runIn(t, dir, nil, "eval", "--against", "none", "--parallel", "64")
	r := reportOf(t, dir)
	o := outcome{verdict: r.Verdict, exit: code}
	for fault, n := range r.Arms[0].Faults {
		o.fault = fault
		t.Logf("%d samples: %s", n, fault)
	}
	if len(r.Arms[0].Faults) > 1 {
		t.Errorf("faults %v", r.Arms[0].Faults)
	}
	t.Logf("%d calls, %s, %s", r.Calls, r.Verdict, r.Reason)
	outputs := outputsOf(t, dir)
	for _, o := range outputs {
		if strings.Contains(o, "error") && strings.Contains(o, "pass=true") {
			t.Errorf("passes without an answer: %s", o)
		}
	}
	if len(outputs) != faultCases {
		t.Errorf("%d samples in the results", len(outputs))
	}
	// What the server says is data, of which names are shown and no sentences.
	if all := stdout + stderr; strings.Contains(all, url) || strings.Contains(all, "<b>") {
		t.Errorf("what the server said is printed:\n%s", all)
	}
	return o, outputs
}

// teach tells the mock what to answer to this test.
func (f llmFault) teach(t *testing.T, url, id string) {
	t.Helper()
	var fixtures []any
	for i := range faultCases {
		question := fmt.Sprintf("%s %02d.", id, i)
		if f.which == "every" || f.which == "every fifth" && i%5 == 0 || f.which == "one" && i == 7 {
			for n := range f.often {
				fixtures = append(fixtures, map[string]any{
					"match":    map[string]any{"userMessage": question, "sequenceIndex": n},
					"response": failed(f.status),
				})
			}
		}
		answer := fmt.Sprintf("answer %02d", i)
		if i%30 == 4 {
			answer = "something else"
		}
		fixtures = append(fixtures, map[string]any{"match": map[string]any{"userMessage": question}, "response": said(answer)})
	}
	if f.judge != nil {
		fixtures = slices.Insert(fixtures, 0, any(map[string]any{"match": map[string]any{"model": id + "judge"}, "response": f.judge}))
	}
	body, err := json.Marshal(map[string]any{"fixtures": fixtures})
	if err != nil {
		t.Fatal(err)
	}
	aimock(t, url, id, "fixtures", string(body))
}

// aimock posts to the control API of the mock.
func aimock(t *testing.T, url, id, what, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/__aimock/"+what, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Test-Id", id)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", what, resp.Status)
	}
}

const (
	onFiles     = "bucket = \"file://.promptflag/bucket\"\nunleash.url = \"file://.promptflag/flags\"\n[environments.production]\n"
	asksQ       = "model = \"gpt-4o-mini\"\nvariables.q.type = \"string\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{q}}\"\n"
	wantsAnswer = "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"{{want}}\"\n[gate.pass_rate]\nmin = 0.85\n"
)

// evaluated lays out a prompts repository.
func evaluated(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// reportOf is the only report of an evaluation.
func reportOf(t *testing.T, dir string) evalkit.Report {
	t.Helper()
	var all []evalkit.Report
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, ".promptflag", "eval", "report.json"))), &all); err != nil || len(all) != 1 {
		t.Fatalf("report.json: %d reports, %v", len(all), err)
	}
	return all[0]
}

// outputsOf are the samples of prompt a, sorted, without what differs from run to
// run.
func outputsOf(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, ".promptflag", "eval", "a.results.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l evalkit.Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if s := l.Sample; s != nil && s.Fault != "" {
			out = append(out, fmt.Sprintf("%s %s %d error %s pass=%v", s.Case, s.Arm, s.Repeat, s.Fault, s.Pass))
		} else if s != nil {
			out = append(out, fmt.Sprintf("%s %s %d %q %v pass=%v", s.Case, s.Arm, s.Repeat, s.Output.Text, s.Output.Usage, s.Pass))
		}
	}
	slices.Sort(out)
	return out
}
