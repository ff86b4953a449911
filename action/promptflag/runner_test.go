// A prompts repository whose workflow runs on act, a runner by other people:
// the workflow of the example as it is, but the action is a composite one around
// the same binary, as this machine runs no containers.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/internal/githubfake"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
)

// checkout is the repository and what a run of its workflow has.
type checkout struct {
	*testing.T
	act    string
	dir    string
	seen   string // folder in which a run leaves what it saw
	github *githubfake.Fake
	env    []string
}

// ran is one run of a workflow.
type ran struct {
	ok      bool
	log     string
	summary string
	// outputs and variables of the last step of the action, as the runner took
	// them: every one, not only those that action.yml names.
	outputs   map[string]string
	variables string
}

func newCheckout(t *testing.T, dir string, env ...string) *checkout {
	c := &checkout{T: t, act: teststack.Runner(t), dir: dir, seen: t.TempDir(), github: githubfake.New("acme/prompts")}
	server := httptest.NewServer(c.github)
	t.Cleanup(server.Close)
	program, err := exec.LookPath("promptflag") // this test, under the name of the program
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	c.env = append([]string{
		"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + home,
		"GIT_CONFIG_NOSYSTEM=1", "GITHUB_TOKEN=of-the-run", "GITHUB_API_URL=" + server.URL, "GITHUB_REPOSITORY=acme/prompts",
		"GITHUB_ACTOR=ada", "SEEN=" + c.seen, "GORACE=atexit_sleep_ms=0",
	}, env...)
	c.write(".github/promptflag/action.yml", composite(t))
	c.write(".github/keep/action.yml", "name: keep\ndescription: Stands for upload-artifact.\ninputs:\n  name: {description: x}\n  path: {description: x}\n"+
		"runs:\n  using: composite\n  steps:\n    - shell: bash\n      env: {KEEP: '${{ inputs.path }}'}\n      run: echo \"kept $KEEP\"\n")
	c.git("init", "-q", "-b", "main")
	return c
}

// composite makes an action out of action.yml that has its inputs and outputs
// and runs the binary. The last step writes down what the runner took from it.
func composite(t *testing.T) string {
	src, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(src), "\nruns:\n")
	inputs, outputs, both := strings.Cut(head, "\noutputs:\n")
	if !ok || !both {
		t.Fatal("action.yml has no outputs or no runs")
	}
	names := regexp.MustCompile(`(?m)^  ([a-z-]+):\n`)
	outputs = names.ReplaceAllString(outputs, "  $1:\n    value: $${{ steps.run.outputs.$1 }}\n")
	var env strings.Builder
	_, declared, _ := strings.Cut(inputs, "\ninputs:\n")
	for _, m := range names.FindAllStringSubmatch(declared, -1) {
		fmt.Fprintf(&env, "        INPUT_%s: ${{ inputs.%s }}\n", strings.ToUpper(m[1]), m[1])
	}
	return inputs + "\noutputs:\n" + outputs + `
runs:
  using: composite
  steps:
    - id: run
      shell: bash
      env:
` + env.String() + `      run: promptflag; code=$?; cat "$GITHUB_STEP_SUMMARY" >>"$SEEN/summary"; exit $code
    - if: always()
      shell: bash
      env:
        ALL: ${{ toJSON(steps.run.outputs) }}
      run: printf '%s\n' "$ALL" >"$SEEN/outputs"; env >"$SEEN/variables"
`
}

func (c *checkout) write(name, text string) {
	c.Helper()
	file := filepath.Join(c.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		c.Fatal(err)
	}
}

func (c *checkout) git(args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@acme.invalid", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits everything; GitHub has it then, on the branch that is checked
// out.
func (c *checkout) commit(message string) (sha string) {
	c.Helper()
	c.git("add", "-A")
	c.git("commit", "-q", "--allow-empty", "-m", message)
	sha = c.git("rev-parse", "HEAD")
	tree := map[string]string{}
	for _, name := range strings.Fields(c.git("ls-tree", "-r", "--name-only", "HEAD")) {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			c.Fatal(err)
		}
		tree[name] = string(data)
	}
	branch, changed := c.git("branch", "--show-current"), strings.Fields(c.git("show", "--name-only", "--format=", "HEAD"))
	c.github.Change(func(s *githubfake.State) {
		s.Branches[branch], s.Trees[sha] = sha, tree
		if branch == "main" {
			s.History = append(s.History, githubfake.Commit{SHA: sha, Files: changed})
		}
	})
	return sha
}

// run gives an event to the workflow. Secrets are variables that it may read.
func (c *checkout) run(event string, payload map[string]any, secrets ...string) ran {
	c.Helper()
	data, err := json.Marshal(payload)
	if err != nil {
		c.Fatal(err)
	}
	file := filepath.Join(c.seen, "event.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		c.Fatal(err)
	}
	for _, name := range []string{"summary", "outputs", "variables"} {
		os.Remove(filepath.Join(c.seen, name))
	}
	args := []string{event, "-e", file, "-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "-s", "GITHUB_TOKEN"}
	env := slices.Clone(c.env)
	for _, v := range env {
		if name, _, _ := strings.Cut(v, "="); name != "PATH" && name != "HOME" {
			args = append(args, "--env", v)
		}
	}
	for _, s := range secrets {
		name, _, _ := strings.Cut(s, "=")
		env, args = append(env, s), append(args, "-s", name)
	}
	cmd := exec.CommandContext(c.Context(), c.act, args...)
	cmd.Dir, cmd.Env = c.dir, env
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	begin := time.Now()
	err = cmd.Run()
	c.Logf("%s: %.1f s", event, time.Since(begin).Seconds())
	r := ran{ok: err == nil, log: log.String(), outputs: map[string]string{}}
	read := func(name string) string {
		data, _ := os.ReadFile(filepath.Join(c.seen, name))
		return string(data)
	}
	r.summary, r.variables = read("summary"), read("variables")
	if all := read("outputs"); all != "" {
		if err := json.Unmarshal([]byte(all), &r.outputs); err != nil {
			c.Fatalf("outputs: %v\n%s", err, all)
		}
	}
	return r
}

// want demands how a run ended, and texts.
func (c *checkout) want(what string, r ran, ok bool, in string, texts ...string) {
	c.Helper()
	for _, text := range texts {
		if !strings.Contains(in, text) {
			c.Errorf("%s: no %q in\n%s", what, text, in)
		}
	}
	if r.ok != ok {
		c.Errorf("%s: success %v, want %v; the log:\n%s", what, r.ok, ok, r.log)
	}
}

// pull is the payload of a pull request.
func pull(number int, base, head, headRepository string) map[string]any {
	side := func(ref, sha, repository string) map[string]any {
		return map[string]any{"ref": ref, "sha": sha, "repo": map[string]any{"full_name": repository, "fork": repository != "acme/prompts"}}
	}
	return map[string]any{
		"action": "opened", "number": number,
		"repository": map[string]any{"full_name": "acme/prompts", "default_branch": "main"},
		"sender":     map[string]any{"login": "ada"},
		"pull_request": map[string]any{
			"number": number, "state": "open", "user": map[string]any{"login": "ada"},
			"base": side("main", base, "acme/prompts"), "head": side("change", head, headRepository),
		},
	}
}

// TestRunner: the workflow of the example, event by event, on a real Unleash
// and a real S3 server.
func TestRunner(t *testing.T) {
	w := newTeam(t)
	workflow := ".github/workflows/prompts.yml"
	c := newCheckout(t, w.dir)
	src, err := os.ReadFile(filepath.Join(w.dir, workflow))
	if err != nil {
		t.Fatal(err)
	}
	c.write(workflow, strings.NewReplacer("promptflag/promptflag@v0", "./.github/promptflag", "actions/upload-artifact@v4", "./.github/keep").Replace(string(src)))
	first := c.commit("first prompts")
	secrets := []string{"UNLEASH_ADMIN_TOKEN=" + w.unleash.AdminToken,
		"AWS_ACCESS_KEY_ID=" + os.Getenv("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY=" + os.Getenv("AWS_SECRET_ACCESS_KEY")}
	live := func() (stable string, percent int) {
		t.Helper()
		f, err := w.admin().Read(t.Context(), w.prefix+triage)
		if err != nil {
			t.Fatal(err)
		}
		r := flags.Recognise(f, triage, "production")
		if r.Candidate == nil {
			return version(r.Stable.Ref()), -1
		}
		return version(r.Stable.Ref()), r.Candidate.Rollout()
	}
	push := func(sha string) map[string]any {
		return map[string]any{"ref": "refs/heads/main", "before": strings.Repeat("0", 40), "after": sha,
			"repository": map[string]any{"full_name": "acme/prompts", "default_branch": "main"}, "sender": map[string]any{"login": "ada"}}
	}

	r := c.run("push", push(first), secrets...)
	c.want("first push", r, true, r.summary, "### What was published")
	stable, percent := live()
	if percent != -1 || !strings.Contains(w.promptflag("show", triage, "-e", "production", "--at", "stable"), stable) {
		t.Errorf("after the first push: stable %s, candidate at %d %%", stable, percent)
	}

	// A pull request says what merging will do, and does nothing.
	c.git("checkout", "-q", "-b", "change")
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "Look")
	second := c.commit("look it up always")
	c.github.Change(func(s *githubfake.State) {
		s.Pulls[7] = &githubfake.Pull{Author: "ada", Base: first, Head: second, HeadRef: "change", Files: []string{"prompts/support/triage.toml"}}
	})
	before := w.events(w.prefix + triage)
	r = c.run("pull_request", pull(7, first, second, "acme/prompts"), secrets...)
	c.want("pull request", r, true, r.summary, "support.triage", "10 %")
	comments := func() (bodies []string) {
		for _, comment := range c.github.Comments(7) {
			bodies = append(bodies, comment.Body)
		}
		return bodies
	}
	if all := comments(); len(all) != 1 || !strings.Contains(all[0], "support.triage") || !strings.Contains(all[0], "10 %") || !strings.Contains(all[0], "1 message changed") {
		t.Errorf("comments after a pull request: %q", all)
	}
	if r.outputs["changed-prompts"] != `["support.triage"]` || !strings.HasPrefix(r.outputs["plan"], `{"items":[{`) {
		t.Errorf("outputs of a pull request: %q", r.outputs)
	}
	if n := w.events(w.prefix+triage) - before; n != 0 {
		t.Errorf("a pull request wrote to the flag %d times", n)
	}

	// One of a fork has no secrets: what is wrong stands on its line all the same.
	w.edit("prompts/support/triage.toml", `role    = "user"`, `role    = "usr"`)
	broken := c.commit("broken")
	r = c.run("pull_request", pull(8, first, broken, "eve/prompts"))
	c.want("fork", r, false, r.log, "::error ", "file=prompts/support/triage.toml,line=28")

	// The merge starts the canary.
	c.git("checkout", "-q", "-f", "main")
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "Look")
	merge := c.commit("look it up always (#7)")
	c.github.Change(func(s *githubfake.State) {
		at := time.Now()
		s.Pulls[7].MergeCommit, s.Pulls[7].MergedAt, s.Pulls[7].MergedBy = merge, &at, "ada"
	})
	r = c.run("push", push(merge), secrets...)
	c.want("merge", r, true, r.summary, "### What was published")
	if all := comments(); !strings.Contains(strings.Join(all, "\n"), "What was published") {
		t.Errorf("comments after the merge: %q", all)
	}
	if !strings.HasPrefix(r.outputs["published-digests"], `{"support.triage":"sha256:`) {
		t.Errorf("outputs of the merge: %q", r.outputs)
	}
	if again, percent := live(); again != stable || percent != 10 {
		t.Errorf("after the merge: stable %s, was %s; candidate at %d %%", again, stable, percent)
	}

	// A form is one word a field.
	form := func(fields ...string) ran {
		inputs := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			inputs[fields[i]] = fields[i+1]
		}
		return c.run("workflow_dispatch", map[string]any{"ref": "refs/heads/main", "inputs": inputs, "sender": map[string]any{"login": "ada"},
			"repository": map[string]any{"full_name": "acme/prompts"}}, secrets...)
	}
	r = form("command", "dial", "prompt", triage, "environment", "production", "percent", "50", "reason", "it's \"good\"; $(touch "+c.seen+"/pwned)")
	c.want("dial", r, true, r.summary, "### What was done")
	if _, percent := live(); percent != 50 {
		t.Errorf("after the dial: candidate at %d %%", percent)
	}
	r = form("command", "off", "prompt", triage+"' --help\n\"", "environment", "production", "reason", "`touch "+c.seen+"/pwned`")
	c.want("a prompt that is none", r, false, r.log, "--help")
	if _, err := os.Stat(filepath.Join(c.seen, "pwned")); err == nil {
		t.Error("a field of the form was run")
	}
	r = form("command", "rollback", "prompt", triage, "environment", "production")
	c.want("rollback", r, true, r.summary, "### What was done")
	if f, err := w.admin().Read(t.Context(), w.prefix+triage); err != nil || !f.Strategies[0].Disabled {
		t.Errorf("after the rollback the candidate is enabled: %v", err)
	}
}

// version is that of a ref as a flag carries it.
func version(ref string) string {
	r, err := prompts.ParseRef(ref)
	if err != nil {
		return err.Error()
	}
	return r.Version()
}
