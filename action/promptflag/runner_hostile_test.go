package main

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// hostile is text of prompts, cases and models that tries everything by which
// text becomes something else: commands of the runner in both forms, the
// delimiter of the library that writes outputs, ends of quotes, Markdown, HTML.
const hostile = `
::set-output name=admin::injected
::set-env name=ADMIN::injected
::add-path::/injected
::save-state name=admin::injected
::error file=injected.toml,line=1::injected
::add-mask::tickets
::stop-commands::x
::x::
##[error]injected
##[add-mask]tickets
_GitHubActionsFileCommandDelimeter_
admin=injected
admin<<EOF
injected
EOF
%0A::error::injected
</details><script>alert('injected')</script>
<!-- promptflag -->
| injected | table |
` + "```\n# injected\n[injected](javascript:alert(1)) @acme/everyone #1"

// TestRunnerHostile: such text in prompts, cases, answers, commits, branches
// and forms is shown as text by every command, and the runner takes nothing
// from it.
func TestRunnerHostile(t *testing.T) {
	model := httptest.NewServer(&scripted{rules: []rule{
		{Contains: "refuse", Status: 400, Answer: hostile},
		{Answer: "no: " + hostile},
	}})
	t.Cleanup(model.Close)
	c := newCheckout(t, t.TempDir(), "OPENAI_BASE_URL="+model.URL+"/v1")
	c.write("promptflag.toml", "bucket = \"file://"+t.TempDir()+"\"\n[unleash]\nurl = \"file://"+t.TempDir()+"\"\n[environments.production]\npercent = 10\n")
	prompt := func(more string) string {
		return "description = '''" + hostile + "'''\ntags = ['''::error::injected''']\nmodel = \"gpt-4o-mini\"\n" +
			"[variables.ticket]\ntype = \"string\"\ndescription = '''" + hostile + "'''\n" +
			"[[messages]]\nrole = \"system\"\ncontent = '''" + more + hostile + "'''\n[[messages]]\nrole = \"user\"\ncontent = \"Sort: {{ticket}}\"\n"
	}
	c.write("prompts/sort.toml", prompt("one"))
	c.write(".github/workflows/hostile.yml", hostileWorkflow)
	first := c.commit("first" + hostile)

	// A step that is what the text wants to be, to know that it would be seen.
	control := c.run("release", nil)
	if control.outputs["admin"] != "injected" || !strings.Contains(control.variables, "ADMIN=injected") || !taken.MatchString(control.log) {
		t.Fatalf("the runner takes no commands: %v\n%s\n%s", control.outputs, control.variables, control.log)
	}

	const key = "OPENAI_API_KEY=" + modelKey
	dispatch := func(fields ...string) ran {
		inputs := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			inputs[fields[i]] = fields[i+1]
		}
		return c.run("workflow_dispatch", map[string]any{"ref": "refs/heads/main", "repository": map[string]any{"full_name": "acme/prompts"}, "inputs": inputs}, key)
	}
	for _, command := range []string{"check", "plan", "publish --not-head", "show sort", "status", "list"} {
		harmless(t, command, dispatch("command", command), "sort")
	}

	// Answers of a model, which fail; so the gate stops, and says what it saw.
	c.write("prompts/sort.eval.toml", "[[defaults.assert]]\ntype = \"equals\"\nvalue = '''"+hostile+"'''\n"+
		"[[tests]]\nid = \"one\"\nvars.ticket = '''"+hostile+"'''\n[[tests]]\nid = '''::error::injected'''\nvars.ticket = \"refuse\"\n")
	c.write("prompts/sort.toml", prompt("two"))
	second := c.commit("second" + hostile)
	harmless(t, "eval", dispatch("command", "eval --against none"), "injected")
	harmless(t, "diff", dispatch("command", "diff live ."), "injected")
	harmless(t, "publish", dispatch("command", "publish --not-head"), "the evaluation says no")
	harmless(t, "a form", dispatch("command", "off", "prompt", hostile, "environment", "production", "reason", hostile), "injected")
	harmless(t, "a reason", dispatch("command", "off", "prompt", "sort", "environment", "production", "reason", hostile), "everybody gets stable")

	// What a pull request shows, from a branch that tries, too.
	c.github.Change(func(s *githubfake.State) {
		s.Pulls[7] = &githubfake.Pull{Title: hostile, Author: "eve", Base: first, Head: second, HeadRef: "x::error::injected",
			Files: []string{"prompts/sort.toml", "prompts/sort.eval.toml"}}
	})
	event := pull(7, first, second, "acme/prompts")
	event["pull_request"].(map[string]any)["title"] = hostile
	r := c.run("pull_request", event, key)
	harmless(t, "a pull request", r, "sort")
	for _, comment := range c.github.Comments(7) {
		harmless(t, "its comment", ran{summary: comment.Body}, "")
	}
	if n := len(c.github.Comments(7)); n != 1 {
		t.Errorf("%d comments; the log:\n%s", n, r.log)
	}

	// Findings carry names of people's making, on lines of their own.
	c.write("prompts/sort.toml", prompt("three")+"[\"::error::injected\\n::set-output name=admin::injected\"]\nx = 1\n")
	c.commit("third")
	r = c.run("pull_request", event, key)
	harmless(t, "findings", r, "sort.toml")
	if r.ok || !strings.Contains(r.log, "::error ") {
		t.Errorf("a broken prompt passed, or without annotation:\n%s", r.log)
	}
}

// outputs are those of action.yml.
const outputs = "changed-prompts pass-rate plan published-digests regressions report-path total-cost verdict"

// taken is how act shows an annotation of the hostile text, and a value that a
// command set. Commands that it was told to ignore look otherwise.
var taken = regexp.MustCompile(`(?m)^\[[^]]*\] +(❗ +::error file=injected\.toml[^:]*::|❗ +::error::injected|⚙ +::(set-output|set-env|save-state):: (?i:admin)|::add-path:: )`)

// verbatim is where Markdown is only text, until the first end tag.
var verbatim = regexp.MustCompile(`(?s)<pre>.*?</pre>`)

// harmless demands that a run shows a text and that nothing of what it shows
// became more than text.
func harmless(t *testing.T, what string, r ran, shows string) {
	t.Helper()
	for name, value := range r.outputs {
		if !slices.Contains(strings.Fields(outputs), name) {
			t.Errorf("%s: the output %s was injected: %q", what, name, value)
		}
	}
	for line := range strings.Lines(r.variables) {
		if strings.HasPrefix(strings.ToUpper(line), "ADMIN=") || strings.HasPrefix(line, "PATH=/injected") {
			t.Errorf("%s: the variable %q was injected", what, line)
		}
	}
	for _, command := range taken.FindAllString(r.log, -1) {
		t.Errorf("%s: the runner took %q", what, command)
	}
	for _, bad := range []string{"</details><script>", "\n::", "<!-- promptflag -->"} {
		if strings.Contains(r.summary, bad) {
			t.Errorf("%s: the summary has %q:\n%s", what, bad, r.summary)
		}
	}
	for _, bad := range []string{"\n# injected", "\n| injected |", "](javascript:"} {
		if strings.Contains(verbatim.ReplaceAllString(r.summary, ""), bad) {
			t.Errorf("%s: the summary has %q:\n%s", what, bad, r.summary)
		}
	}
	if strings.Contains(r.log, "***") || strings.Contains(r.log, "panic: ") || !strings.Contains(r.log, shows) {
		t.Errorf("%s: the log panics, is masked or does not show %q:\n%s", what, shows, r.log)
	}
	if strings.Contains(fmt.Sprint(r.log, r.summary, r.outputs), modelKey) {
		t.Errorf("%s: the key is shown", what)
	}
}

const hostileWorkflow = `on:
  pull_request:
  release:
  workflow_dispatch:
    inputs: {command: {}, prompt: {}, environment: {}, reason: {}}
jobs:
  control:
    if: github.event_name == 'release'
    runs-on: ubuntu-latest
    steps:
      - id: run
        run: |
          echo "::set-output name=admin::injected"
          echo "ADMIN=injected" >>"$GITHUB_ENV"
          echo "::error file=injected.toml,line=1::injected"
      - env:
          ALL: ${{ toJSON(steps.run.outputs) }}
        run: printf '%s\n' "$ALL" >"$SEEN/outputs"; env >"$SEEN/variables"
  promptflag:
    if: github.event_name != 'release'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./.github/promptflag
        with:
          command: ${{ inputs.command }}
          prompt: ${{ inputs.prompt }}
          environment: ${{ inputs.environment }}
          reason: ${{ inputs.reason }}
        env:
          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
      - if: always()
        run: env >"$SEEN/variables"
`
