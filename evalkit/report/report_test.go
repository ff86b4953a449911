package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/golden"
)

// written is what f writes.
func written(t *testing.T, f func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSON(t *testing.T) {
	r := example("triage", 24, 0)
	text := written(t, func(w io.Writer) error { return JSON(w, r.report) })
	golden.Compare(t, "testdata/report.json", text)
	var back evalkit.Report
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r.report, back, cmp.AllowUnexported()); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
}

func TestJSONHostile(t *testing.T) {
	for _, h := range hostile {
		r := example("triage", 5, 0).report
		r.Reason, r.Prompt, r.Gates[0].Sentence = h, h, h
		text := written(t, func(w io.Writer) error { return JSON(w, r) })
		var back evalkit.Report
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatalf("%q: %v", h, err)
		}
		if back.Reason != h {
			t.Errorf("reason %q came back as %q", h, back.Reason)
		}
		quiet(t, text)
		if strings.Contains(text, "<") {
			t.Errorf("%q: a bare < in %q", h, text)
		}
	}
}

// quiet says that text may be printed to a terminal and to the log of a CI system.
func quiet(t *testing.T, text string) {
	t.Helper()
	for l := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(l), "::") || strings.Contains(l, "##[") {
			t.Errorf("a workflow command: %q", l)
		}
		if strings.ContainsFunc(l, hidden) {
			t.Errorf("a hidden character: %q", l)
		}
	}
}

type junitDocument struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Class   string `xml:"classname,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"error"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func junitOf(t *testing.T, r run) (string, junitDocument) {
	t.Helper()
	text := written(t, func(w io.Writer) error { return JUnit(w, []*evalkit.Report{r.report}, r.open) })
	var d junitDocument
	if err := xml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return text, d
}

func TestJUnit(t *testing.T) {
	r := example("triage", 24, 0)
	text, d := junitOf(t, r)
	golden.Compare(t, "testdata/report.junit.xml", text)

	r = example("triage", 200, 0)
	_, d = junitOf(t, r)
	s := d.Suites[0]
	failures, errs := 0, 0
	for _, c := range s.Cases {
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errs++
		}
	}
	if s.Tests != len(s.Cases) || s.Tests != 206 || failures != s.Failures || errs != s.Errors {
		t.Errorf("tests=%d failures=%d errors=%d, found %d, %d, %d", s.Tests, s.Failures, s.Errors, len(s.Cases), failures, errs)
	}
	if want := r.report.Arms[0].Errors + 1; errs != want {
		t.Errorf("%d errors, want %d: the cases without an answer and the gate that is inconclusive", errs, want)
	}
}

// TestJUnitHostile: the elements are those of the document, whatever the texts.
func TestJUnitHostile(t *testing.T) {
	for _, h := range hostile {
		r := hostileRun(h)
		text, d := junitOf(t, r)
		if n := len(d.Suites); n != 1 {
			t.Fatalf("%q: %d suites", h, n)
		}
		if n := len(d.Suites[0].Cases); n != 4 { // the verdict, a gate and two cases
			t.Errorf("%q: %d cases\n%s", h, n, text)
		}
		if got := d.Suites[0].Cases[1].Name; !strings.HasPrefix(got, line(h)) {
			t.Errorf("name %q, want it to begin with %q", got, line(h))
		}
		if strings.ContainsFunc(text, hidden) {
			t.Errorf("a hidden character in %q", text)
		}
	}
}

// hostileRun has h wherever a text can be.
func hostileRun(h string) run {
	r := example("triage", 8, 1)
	p := r.report
	p.Prompt, p.Reason, p.Suite.File, p.Suite.Judges = h, h, h, []string{h}
	for i := range p.Arms {
		p.Arms[i].Title, p.Arms[i].Model, p.Arms[i].Version = h, h, h
		p.Arms[i].Metrics = []evalkit.Named{{Name: h, Estimate: *p.Arms[i].PassRate}}
		p.Arms[i].Tags = p.Arms[i].Metrics
		p.Arms[i].Faults = map[string]int{h: 3}
	}
	p.Gates = []evalkit.Gated{{Name: h, Rule: h, Baseline: "base1", Verdict: evalkit.Fail, Sentence: h, Method: h}}
	p.Flips = []evalkit.Flip{{Case: h, Baseline: "base1", Regressed: true, Base: 1}}
	p.Problems = []evalkit.Problem{{Case: h, Arm: "new", Fault: h, Detail: h}}
	b := builder{}
	b.write(evalkit.Line{Case: &evalkit.CaseLine{ID: h, Tags: []string{h}, File: h, Line: 1, Vars: map[string]any{h: h, "list": []any{h}}}})
	b.write(evalkit.Line{Case: &evalkit.CaseLine{ID: "faulty", Tags: []string{h}, File: h, Line: 2}})
	for _, arm := range []string{"new", "base1", "model1"} {
		b.write(evalkit.Line{Sample: &evalkit.Sample{
			Case: h, Arm: arm, Pass: arm != "new",
			Output:  chatResponse(h + strings.Repeat(" "+arm, 3)),
			Results: resultsOf(h),
		}})
		b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "faulty", Arm: arm, Fault: h, Error: h}})
	}
	r.lines = b.lines.Bytes()
	return r
}

func TestLines(t *testing.T) {
	r := example("triage", 3, 0)
	count := func(text string) (int, error) {
		n := 0
		err := lines(run{r.report, []byte(text)}.open, "triage", func(*head, []byte) error { n++; return nil })
		return n, err
	}
	whole := string(r.lines)
	all := strings.Count(whole, "\n")
	for name, c := range map[string]struct {
		text string
		want int
		err  string
	}{
		"whole":          {whole, all, ""},
		"no last end":    {strings.TrimSuffix(whole, "\n"), all, ""},
		"cut off":        {whole[:len(whole)-20], all - 1, ""},
		"cut at a brace": {whole + "{", all, ""},
		"empty lines":    {"\n\n" + whole + "\n", all, ""},
		"nothing":        {"", 0, ""},
		"broken":         {"{\n" + whole, 0, `results of "triage", line 1: unexpected end of JSON input`},
		"not an object":  {"{}\n[]\n", 1, `results of "triage", line 2: json: cannot unmarshal array into Go value of type report.head`},
	} {
		n, err := count(c.text)
		if n != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%s: %d lines, error %v; want %d, %q", name, n, err, c.want, c.err)
		}
	}
	boom := errors.New("boom")
	err := JUnit(io.Discard, []*evalkit.Report{r.report}, func(string) (io.ReadCloser, error) { return nil, boom })
	if !errors.Is(err, boom) {
		t.Errorf("JUnit without results: %v, want %v", err, boom)
	}
}

// TestIndexResumed: samples are spread over the file, and the last one of an
// index counts.
func TestIndexResumed(t *testing.T) {
	b := builder{}
	b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "b", Arm: "new", Repeat: 1, Fault: string(chat.Unavailable)}})
	b.write(evalkit.Line{Case: &evalkit.CaseLine{ID: "a"}})
	b.write(evalkit.Line{Case: &evalkit.CaseLine{ID: "b", Tags: []string{"x"}}})
	b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "b", Arm: "new", Repeat: 0, Pass: true}})
	b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "b", Arm: "new", Repeat: 1, Pass: true}})
	b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "b", Arm: "new", Repeat: 1 << 40, Pass: true}})
	b.write(evalkit.Line{Sample: &evalkit.Sample{Case: "b", Arm: "gone", Repeat: 0}})
	r := run{&evalkit.Report{Prompt: "p", Arms: []evalkit.Arm{{ID: "new"}}}, b.lines.Bytes()}
	x, err := load(r.open, r.report)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range x.cases {
		got[e.id] = e.kinds()[0].String()
	}
	if diff := cmp.Diff(map[string]string{"a": "error", "b": "passing"}, got); diff != "" {
		t.Errorf("kinds (-want +got)\n%s", diff)
	}
}
