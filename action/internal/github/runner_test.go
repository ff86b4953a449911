package github

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptflag/promptflag/prompts"
)

func runner(t *testing.T) (r *Runner, log *bytes.Buffer, read func(string) string) {
	dir := t.TempDir()
	log = new(bytes.Buffer)
	vars := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary")}
	r = New(func(k string) string { return vars[k] }, log)
	return r, log, func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(data)
	}
}

func TestNoRunner(t *testing.T) {
	r := New(func(string) string { return "" }, nil)
	r.Notice("x")
	r.Error("x")
	r.Findings(prompts.Findings{{Message: "x"}}, "")
	if r != nil || r.Summary("x") != nil || r.Output("x", "y") != nil {
		t.Error("outside of a workflow there is a runner")
	}
}

func TestFindings(t *testing.T) {
	r, log, _ := runner(t)
	r.Findings(prompts.Findings{{File: "prompts/a,b.toml", Line: 3, Col: 7, Message: "50 % of\n::set-output name=x::y", Hint: "do"}, {File: "x.toml", Message: "m"},
		{File: "y.toml", Line: 1, Rule: "PF101", Severity: prompts.Warning, Message: "w"}, {File: "z.toml", Rule: "PF102", Severity: prompts.Note, Message: "n"}}, "sub")
	want := "::error col=7,file=sub/prompts/a%2Cb.toml,line=3::50 %25 of%0A::set-output name=x::y%0Ado\n::error file=sub/x.toml::m\n" +
		"::warning file=sub/y.toml,line=1,title=PF101::w\n::notice file=sub/z.toml,title=PF102::n\n"
	if got := log.String(); got != want {
		t.Errorf("Findings wrote %q, want %q", got, want)
	}
}

// TestQuote: the log takes no commands but ours, each on a line of its own.
func TestQuote(t *testing.T) {
	r, log, _ := runner(t)
	fmt.Fprint(r.Quote("t0ken"), "::warning::from a prompt\nno line end")
	r.Notice("ours")
	r.EndQuote()
	want := "::stop-commands::t0ken\n::warning::from a prompt\nno line end\n::t0ken::\n::notice::ours\n::stop-commands::t0ken\n::t0ken::\n"
	if got := log.String(); got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestOutput(t *testing.T) {
	r, _, read := runner(t)
	if err := r.Output("plan", `{"a":"b=c<<EOF"}`); err != nil {
		t.Error(err)
	}
	for _, bad := range [][2]string{{"plan", "a\nx=y"}, {"plan", "a\rb"}, {"a=b", "c"}, {"a<<E", "c"}, {"plan", strings.Repeat("x", MaxOutput+1)}} {
		if err := r.Output(bad[0], bad[1]); err == nil {
			t.Errorf("Output(%q, %.20q): no error", bad[0], bad[1])
		}
	}
	if got, want := read("output"), "plan={\"a\":\"b=c<<EOF\"}\n"; got != want {
		t.Errorf("outputs %q, want %q", got, want)
	}
}

func TestSummaryIsCut(t *testing.T) {
	r, _, read := runner(t)
	if err := r.Summary("head\n" + strings.Repeat("| ä row |\n", 1<<17)); err != nil {
		t.Fatal(err)
	}
	got := read("summary")
	if len(got) > 1<<20 || !utf8.ValidString(got) || !strings.HasSuffix(got, "| ä row |\n\n…cut: too long for a step summary\n\n") {
		t.Errorf("summary of %d bytes, valid %v, ends %q", len(got), utf8.ValidString(got), got[max(0, len(got)-60):])
	}
}
