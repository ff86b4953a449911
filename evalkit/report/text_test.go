package report

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/golden"
)

func textOf(t *testing.T, r *evalkit.Report, o *TextOptions) string {
	t.Helper()
	return written(t, func(w io.Writer) error { return Text(w, r, o) })
}

func TestText(t *testing.T) {
	whole := example("triage", 24, 0)
	r := whole.report
	golden.Compare(t, "testdata/report_cases.txt", textOf(t, r, &TextOptions{Open: whole.open}))
	golden.Compare(t, "testdata/report.txt", textOf(t, r, &TextOptions{Width: 120}))
	golden.Compare(t, "testdata/report80.txt", textOf(t, r, nil))
	golden.Compare(t, "testdata/models.txt", written(t, func(w io.Writer) error {
		return ModelsText(w, example("triage", 24, 2).report, &TextOptions{Width: 140})
	}))

	plain, color := textOf(t, r, nil), textOf(t, r, &TextOptions{Color: true})
	if strings.Contains(plain, "\x1b") || !strings.Contains(color, "\x1b[1;31mFAILED\x1b[0m: triage: ") {
		t.Errorf("colored: %q", color)
	}
	if got := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(color, ""); got != plain {
		t.Errorf("colors change the text: %q", got)
	}
}

func TestTextHostile(t *testing.T) {
	for _, h := range hostile {
		for _, width := range []int{40, 80, 200} {
			r := hostileRun(h)
			text := textOf(t, r.report, &TextOptions{Width: width, Open: r.open, Full: "page.html"})
			if !strings.Contains(text, "\nFailed (1 case):\n") {
				t.Errorf("%q: the case that fails is not told:\n%s", h, text)
			}
			quiet(t, text)
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, "FAILED: ") {
				t.Errorf("%q: the last line is %q", h, last)
			}
		}
	}
}

func TestTextEmpty(t *testing.T) {
	got := textOf(t, &evalkit.Report{Prompt: "p", Verdict: evalkit.Inconclusive, Reason: "nothing was asked"}, nil)
	if !strings.HasSuffix(got, "\nCOULD NOT TELL: p: nothing was asked\n") {
		t.Errorf("a report of nothing: %q", got)
	}
}

// A terminal tells ten cases, and where the others are.
func TestTextFailing(t *testing.T) {
	r := example("triage", 400, 0)
	x, err := load(r.open, r.report)
	if err != nil {
		t.Fatal(err)
	}
	all := len(x.failing())
	text := textOf(t, r.report, &TextOptions{Open: r.open, Full: "out/report.html"})
	for _, want := range []string{fmt.Sprintf("\nFailed (%d cases):\n", all), fmt.Sprintf("\n  and %d more in out/report.html\n", all-maxFailing)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	text = textOf(t, r.report, &TextOptions{Open: func(string) (io.ReadCloser, error) { return nil, errors.New("gone") }})
	if !strings.Contains(text, "cannot be told: open the results") || !strings.Contains(text, "\nFAILED: ") {
		t.Errorf("without results:\n%s", text)
	}
}

func TestFailure(t *testing.T) {
	answer := strings.Repeat("long ", 60)
	for _, c := range []struct {
		sample      evalkit.Sample
		why, answer string
	}{
		{
			evalkit.Sample{Output: chat.Response{Text: "no\nway", Finish: "stop"}, Results: []assert.Result{{Type: "contains", Weight: 1, Reason: `does not contain "x"`}}},
			`contains: does not contain "x"`, "no way",
		},
		{
			evalkit.Sample{Output: chat.Response{Text: answer, Finish: "stop"}, Results: []assert.Result{
				{Type: "similar", Reason: "measured"}, {Type: "contains", Weight: 1, Reason: `does not contain "x": "` + answer[:200] + `…"`},
				{Type: "assert-set", Weight: 1, Reason: "1 of 2 pass", Parts: []assert.Result{{Type: "equals", Weight: 1}}},
			}},
			`contains: does not contain "x": "` + strings.TrimSpace(answer[:200]) + ` …" (and 1 more)`, "",
		},
		{
			evalkit.Sample{Score: .5, Output: chat.Response{Text: "yes", Finish: "stop"}, Results: []assert.Result{{Type: "equals", Weight: 1, Pass: true, Score: .5}}},
			"score 0.500, less than the threshold of the case", "yes",
		},
	} {
		why, answer := failure(answerOf(&c.sample, bounds{text: 1000}), 60)
		if why != c.why || answer != c.answer {
			t.Errorf("failure = %q, %q, want %q, %q", why, answer, c.why, c.answer)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünï 👩\u200d🚀\ttab\nnext": "plain ünï 👩\u200d🚀\ttab\nnext",
		"a\x00b\x1b[0m\x7f":             "a‹U+0000›b‹U+001B›[0m‹U+007F›",
		"\u202eabc\u2069":               "‹U+202E›abc‹U+2069›",
		"a\r\nb\rc":                     "a\nb‹U+000D›c",
		"x\xffy":                        "x\ufffdy",
		"\ufeff\U000E0041":              "‹U+FEFF›‹U+E0041›",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
		if got := visible(want); got != want {
			t.Errorf("visible(%q) = %q, want it unchanged", want, got)
		}
	}
	if got := short(strings.Repeat("é", 100), 11); got != "ééééé …" || !utf8.ValidString(got) {
		t.Errorf("short = %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{percent(.945), "94.5 %"}, {percent(1), "100.0 %"},
		{money(0), "$0"}, {money(12.5), "$12.50"}, {money(.4183), "$0.42"}, {money(.000123), "$0.00012"}, {money(.01), "$0.0100"},
		{duration(840.4), "840 ms"}, {duration(1840), "1.84 s"},
		{seconds(12.34), "12.3 s"}, {seconds(3700), "61 min 40 s"},
		{thousands(1234567), "1,234,567"}, {thousands(123), "123"}, {thousands(-1234), "-1,234"},
		{number(-.0001, 2), "0.00"}, {number(-.5, 2), "−0.50"},
		{share.estimate(nil), "not known"}, {kilo(nil), "not known"},
		{share.estimate(&evalkit.Estimate{Value: .945, Lower: .902, Upper: .97}), "94.5 % [90.2, 97.0]"},
		{share.difference(&evalkit.Estimate{Value: -.03, Lower: -.07, Upper: .01}), "−3.0 points [−7.0, +1.0]"},
		{score.difference(&evalkit.Estimate{Value: .03, Lower: 0, Upper: .06}), "+0.030 [0.000, +0.060]"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
