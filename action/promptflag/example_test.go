package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/cli"
)

// TestExampleReplays: who has only the files of the example, no key and no
// network, evaluates it. UPDATE=1 records the answers of a stand-in anew.
func TestExampleReplays(t *testing.T) {
	dir := copyExample(t)
	if os.Getenv("UPDATE") != "" {
		recordExample(t)
		dir = t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.FromSlash("../example"))); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := runIn(t, dir, nil, "eval", "--replay")
	if code != 0 || !strings.Contains(stdout, "3 prompts: 3 pass") {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	validReports(t, filepath.Join(dir, ".promptflag", "eval", "report.json"))
	// The second version of the demonstration.
	change(t, dir)
	if code, stdout, stderr := runIn(t, dir, nil, "eval", "--replay", "support.triage"); code != 0 {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// withoutSuites removes the suites from a copy of the example.
func withoutSuites(dir string) error {
	return filepath.WalkDir(filepath.Join(dir, "prompts"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".eval.toml") || strings.HasSuffix(path, ".cases.jsonl")) {
			err = os.Remove(path)
		}
		return err
	})
}

func copyExample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, example.FS()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// change makes the second version of support.triage, as the demonstration does.
func change(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "prompts", "support", "triage.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const old = "If you are not sure, look the\nproblem up in the knowledge base first."
	const new = "Look the problem up in the knowledge\nbase first. Refunds are always billing, urgency 3 or more."
	if !strings.Contains(string(text), old) {
		t.Fatal("the example has changed")
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// validReports holds a file of reports to the schema that is published for them.
func validReports(t *testing.T, file string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../evalkit/report/testdata/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var reports []any
	if err := json.Unmarshal([]byte(read(t, file)), &reports); err != nil || len(reports) == 0 {
		t.Fatalf("%s: %d reports, %v", file, len(reports), err)
	}
	for i, r := range reports {
		if err := schema.Validate(r); err != nil {
			t.Errorf("report %d: %v", i, err)
		}
	}
}

func runIn(t *testing.T, dir string, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(context.Background(), cli.Process{
		Args: args, Dir: dir, Getenv: func(key string) string { return env[key] },
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Now: time.Now, NewID: func() string { return "0123456789ab" },
	})
	return code, out.String(), errs.String()
}

// recordExample asks the stand-in for everything that both versions of the
// demonstration are asked.
func recordExample(t *testing.T) {
	server := standin(t)
	env := map[string]string{"OPENAI_BASE_URL": server.URL + "/v1", "OPENAI_API_KEY": "none"}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.FromSlash("../example"))); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Join(dir, "recorded"))
	for range 2 {
		if code, stdout, stderr := runIn(t, dir, env, "eval", "--record", "--against", "none"); code == 2 || code == 3 {
			t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
		}
		if strings.Contains(read(t, filepath.Join(dir, "prompts", "support", "triage.toml")), "If you are not sure") {
			change(t, dir)
		}
	}
	target := filepath.FromSlash("../example/recorded")
	os.RemoveAll(target)
	if err := os.CopyFS(target, os.DirFS(filepath.Join(dir, "recorded"))); err != nil {
		t.Fatal(err)
	}
	var files int
	fs.WalkDir(os.DirFS(target), ".", func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			files++
		}
		return nil
	})
	t.Logf("%d answers recorded", files)
}
