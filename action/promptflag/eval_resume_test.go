package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	resumeCases    = 100
	resumeParallel = 8
	politeAnswers  = "[judge]\nmodel = \"judge\"\n[[defaults.assert]]\ntype = \"contains\"\nvalue = \"answer {{n}}\"\n" +
		"[[defaults.assert]]\ntype = \"llm-rubric\"\nvalue = \"is polite\"\n[gate.pass_rate]\nmin = 0.7\n"
)

// resumable lays out prompts of resumeCases cases, each with an answer and a
// judgement.
func resumable(t *testing.T, m *heldModel, names ...string) string {
	files := map[string]string{"promptflag.toml": m.endpointOf()}
	for i, name := range names {
		var cases strings.Builder
		for n := range resumeCases {
			fmt.Fprintf(&cases, "{\"id\": \"c%02d\", \"vars\": {\"q\": \"question %d.\", \"n\": \"%d\"}}\n", n, 1000*i+n, 1000*i+n)
		}
		files["prompts/"+name+".toml"], files["prompts/"+name+".eval.toml"], files["prompts/"+name+".cases.jsonl"] = asksQ, politeAnswers, cases.String()
	}
	return evaluated(t, files)
}

// started starts the program: this test binary under its name, see TestMain.
func started(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, slices.Concat([]string{"eval", "--against", "none", "--parallel", fmt.Sprint(resumeParallel)}, args)...)
	cmd.Args[0] = "promptflag"
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GITHUB_ACTIONS=", "OPENAI_API_KEY=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, &out
}

func finishes(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd, out := started(t, dir, args...)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out.String()
}

// comparable is report.json without what differs from run to run.
func comparable(t *testing.T, dir string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, ".promptflag", "eval", "report.json"))), &v); err != nil {
		t.Fatal(err)
	}
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range []string{"started", "seconds", "latencyMs", "calls", "recorded", "spent"} {
				delete(v, key)
			}
			for _, inner := range v {
				strip(inner)
			}
		case []any:
			for _, inner := range v {
				strip(inner)
			}
		}
	}
	strip(v)
	return v
}

// TestEvalResume kills the program when it waits for as many answers as it may
// ask for at once, so that it has all earlier ones: none of these is asked for
// again, and the report is that of a run in one go.
func TestEvalResume(t *testing.T) {
	for _, mode := range []string{"", "--record", "--refresh"} {
		t.Run("eval"+mode, func(t *testing.T) {
			t.Parallel()
			m := newHeldModel(t)
			var args []string
			if mode != "" {
				args = []string{mode}
			}
			whole, dir := resumable(t, m, "a"), resumable(t, m, "a")
			if mode == "--refresh" { // what was recorded before says something else
				finishes(t, dir, "--record")
				finishes(t, whole, "--record")
				m.reset("second")
			}
			finishes(t, whole, args...)
			if _, total := m.counts(); total != 2*resumeCases {
				t.Fatalf("%d requests in one go", total)
			}
			words := m.words
			m.reset(words)

			want := map[string]int{}
			for _, answered := range []int{10, 37, 80, 150} {
				m.hold(answered)
				cmd, out := started(t, dir, args...)
				held := m.until(t, "the run waits", func() bool { return m.answered == answered && len(m.held) == resumeParallel })
				if err := cmd.Process.Kill(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				cmd.Wait()
				m.until(t, "the connections are closed", func() bool { return len(m.held) == 0 })
				for key := range held {
					want[key]++
				}
			}
			m.hold(noHold)
			out := finishes(t, dir, args...)
			if mode != "--record" && !strings.Contains(out, "going on where an unfinished run ended, with its 150 answers") {
				t.Errorf("it does not say that it goes on:\n%s", out)
			}
			got, total := m.counts()
			for key := range got { // once, and once more for each kill that it waited through
				want[key]++
			}
			if diff := cmp.Diff(want, got); diff != "" || total != 2*resumeCases+4*resumeParallel {
				t.Errorf("%d requests (-want +got)\n%s", total, diff)
			}
			if diff := cmp.Diff(comparable(t, whole), comparable(t, dir)); diff != "" {
				t.Errorf("report.json (-in one go +resumed)\n%s", diff)
			}
			outputs := outputsOf(t, dir)
			if diff := cmp.Diff(outputsOf(t, whole), outputs); diff != "" || !strings.Contains(outputs[0], words) {
				t.Errorf("outputs, with %q (-in one go +resumed)\n%s", words, diff)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".promptflag", "eval", "*.journal")); len(left) > 0 {
				t.Errorf("%s is left", left)
			}
			if mode != "" {
				m.reset("third")
				finishes(t, dir, "--replay")
				if diff := cmp.Diff(outputs, outputsOf(t, dir)); diff != "" {
					t.Errorf("replayed (-recorded +replayed)\n%s", diff)
				}
				if _, total := m.counts(); total != 0 {
					t.Errorf("--replay asked %d times", total)
				}
			}
		})
	}
}

// TestEvalKilledAnywhere kills the program in full run: what is asked for again
// is at most what was under way.
func TestEvalKilledAnywhere(t *testing.T) {
	m := newHeldModel(t)
	dir := resumable(t, m, "a")
	points := []int{1, 23, 64, 111, 190}
	for _, answered := range points {
		m.hold(answered + resumeParallel/2) // it cannot be done before it is killed
		cmd, _ := started(t, dir)
		m.until(t, "answers", func() bool { return m.answered >= answered })
		cmd.Process.Kill()
		cmd.Wait()
		m.until(t, "the connections are closed", func() bool { return len(m.held) == 0 })
	}
	m.hold(noHold)
	finishes(t, dir)
	got, total := m.counts()
	if most := 2*resumeCases + len(points)*resumeParallel; len(got) != 2*resumeCases || total > most {
		t.Errorf("%d requests for %d answers, at most %d", total, len(got), most)
	}
	t.Logf("%d requests for %d answers after %d kills", total, len(got), len(points))
}

// TestEvalResumesLaterPrompt: the answers of prompts that were done are kept
// until the whole command is.
func TestEvalResumesLaterPrompt(t *testing.T) {
	m := newHeldModel(t)
	dir := resumable(t, m, "a", "b")
	m.hold(2*resumeCases + 30)
	cmd, out := started(t, dir)
	held := m.until(t, "the second prompt waits", func() bool { return m.answered == m.may && len(m.held) == resumeParallel })
	cmd.Process.Kill()
	cmd.Wait()
	m.until(t, "the connections are closed", func() bool { return len(m.held) == 0 })
	m.hold(noHold)
	finishes(t, dir)
	if _, total := m.counts(); total != 4*resumeCases+len(held) {
		t.Errorf("%d requests, want %d\n%s", total, 4*resumeCases+len(held), out)
	}
}

// TestEvalWriteFaults: results that cannot be written are an error of exit code
// 3, or 2 before anything was asked, and what was paid for until then is not paid
// for again.
func TestEvalWriteFaults(t *testing.T) {
	link := func(to string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	folder := func(t *testing.T, path string) {
		if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := func(t *testing.T, path string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, path string
		fault      func(t *testing.T, path string)
		args       []string
		code       int
		want       string
		none       bool // nothing is asked before the error
	}{
		{"the disk of the results is full", ".promptflag/eval/a.results.jsonl", link("/dev/full"), nil, 3, "no space left", false},
		{"no folder for the results", ".promptflag", file, nil, 2, "no place for the results", true},
		{"the results are a folder", ".promptflag/eval/a.results.jsonl", folder, nil, 3, "write results", true},
		{"the report is a folder", ".promptflag/eval/report.html", folder, nil, 3, "report.html", false},
		{"no folder for the records", "recorded", link("/proc/nothing/here"), []string{"--record"}, 3, "not recorded", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newHeldModel(t)
			dir := resumable(t, m, "a")
			path := filepath.Join(dir, filepath.FromSlash(tt.path))
			tt.fault(t, path)
			args := append([]string{"eval", "--against", "none", "--parallel", fmt.Sprint(resumeParallel)}, tt.args...)
			code, _, stderr := runIn(t, dir, nil, args...)
			if code != tt.code || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, want %d and %q in\n%s", code, tt.code, tt.want, stderr)
			}
			if _, total := m.counts(); (total == 0) != tt.none {
				t.Errorf("%d requests before the error", total)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			before, _ := m.counts()
			code, stdout, stderr := runIn(t, dir, nil, args...)
			if code != 0 {
				t.Errorf("exit code %d once it can be written\n%s%s", code, stdout, stderr)
			}
			after, total := m.counts()
			if len(after) != 2*resumeCases || total != 2*resumeCases {
				t.Errorf("%d requests for %d answers, %d of them before the error", total, len(after), len(before))
			}
			t.Logf("%d requests, %d before the error", total, len(before))
		})
	}
}

// TestEvalGoesOn: what could not tell, because some calls had no answer or the
// budget was spent, pays for the others once.
func TestEvalGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		refuses string
		args    []string
	}{
		"refused":        {refuses: "question 3"},
		"judge refused":  {refuses: "answer 3"},
		"everything":     {refuses: "3"},
		"budget":         {args: []string{"--budget", "0.0029"}},
		"budget, record": {args: []string{"--record", "--budget", "0.0029"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newHeldModel(t)
			dir := resumable(t, m, "a")
			m.refuses = tt.refuses
			args := append([]string{"eval", "--against", "none", "--parallel", fmt.Sprint(resumeParallel)}, tt.args...)
			code, stdout, stderr := runIn(t, dir, nil, args...)
			if _, total := m.counts(); code != 4 || total == 0 || total == 2*resumeCases {
				t.Errorf("exit code %d, want 4, after %d requests\n%s%s", code, total, stdout, stderr)
			}
			m.mu.Lock()
			m.refuses = ""
			m.mu.Unlock()
			if len(tt.args) > 0 {
				args[len(args)-1] = "1"
			}
			code, stdout, stderr = runIn(t, dir, nil, args...)
			if asked, total := m.counts(); code != 0 || total != 2*resumeCases {
				t.Errorf("exit code %d, %d requests, %d different ones\n%s%s", code, total, len(asked), stdout, stderr)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".promptflag", "eval", "*.journal")); len(left) > 0 {
				t.Errorf("%s is left", left)
			}
		})
	}
}
