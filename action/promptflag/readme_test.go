package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/cli"
	"github.com/promptflag/promptflag/action/internal/config"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks are the fenced pieces of the README in one language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(read(t, "../../README.md"), -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return out
}

// TestReadmeConsole holds that everything the README shows as output is output.
func TestReadmeConsole(t *testing.T) {
	p := cli.FromOS()
	var out bytes.Buffer
	dir := filepath.Join(t.TempDir(), "demo")
	p.Args, p.Stdout, p.Stderr = []string{"demo", "--dir", dir}, &out, &out
	if code := cli.Main(context.Background(), p); code != 0 {
		t.Fatalf("demo: exit code %d\n%s", code, out.String())
	}
	shown := map[string]bool{}
	sources := []string{out.String()}
	scripts, err := filepath.Glob("../testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts found: %v", err)
	}
	for _, script := range scripts {
		sources = append(sources, read(t, script))
	}
	for _, source := range sources {
		for line := range strings.Lines(source) {
			shown[generic(line)] = true
		}
	}
	for _, block := range blocks(t, "console") {
		for line := range strings.Lines(block) {
			if strings.TrimSpace(line) != "" && !shown[generic(line)] {
				t.Errorf("no command prints this line of the README:\n%s", line)
			}
		}
	}
}

var (
	moment = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d UTC`)
	spaces = regexp.MustCompile(` +`)
)

// generic takes out of a line what differs between runs, and column widths.
func generic(line string) string {
	line = moment.ReplaceAllString(line, "TIME")
	return strings.TrimSpace(spaces.ReplaceAllString(line, " "))
}

// TestReadmeQuickStart holds that the service's quick start compiles: it is
// part of this package.
func TestReadmeQuickStart(t *testing.T) {
	source := read(t, "quickstart_test.go")
	for _, block := range blocks(t, "go") {
		if !strings.Contains(source, strings.TrimSpace(block)) {
			t.Errorf("not in quickstart_test.go:\n%s", block)
		}
	}
}

// TestReadmeLocal: what the quick start does without servers serves what publish
// published.
func TestReadmeLocal(t *testing.T) {
	t.Setenv("PROMPTFLAG_CACHE_DIR", t.TempDir())
	dir := copyExample(t)
	if err := withoutSuites(dir); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := runIn(t, dir, nil, "publish"); code != 0 {
		t.Fatalf("publish: exit code %d\n%s%s", code, stdout, stderr)
	}
	client, err := local(dir)
	defer openfeature.Shutdown()
	if err != nil {
		t.Fatal(err)
	}
	messages, err := ask(t.Context(), client, "user-1", "acme", "My card was charged twice")
	if err != nil || len(messages) == 0 || messages[len(messages)-1].Content != "My card was charged twice" {
		t.Errorf("ask = %v, %v", messages, err)
	}
}

// TestReadmeFiles holds that the files it quotes are in the example.
func TestReadmeFiles(t *testing.T) {
	triage, err := fs.ReadFile(example.FS(), "prompts/support/triage.toml")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := fs.ReadFile(example.FS(), "prompts/support/reply.toml")
	if err != nil {
		t.Fatal(err)
	}
	toml := blocks(t, "toml")
	if len(toml) != 6 {
		t.Fatalf("the README has %d blocks of TOML, this test knows 6", len(toml))
	}
	suite, err := fs.ReadFile(example.FS(), "prompts/support/triage.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(toml[3], "\n\n") {
		if !strings.Contains(string(suite), strings.TrimSpace(block)) {
			t.Errorf("not in the example's triage.eval.toml:\n%s", block)
		}
	}
	if !bytes.HasPrefix(triage, []byte(toml[0])) {
		t.Errorf("the prompt in the README is not the beginning of the example's triage.toml")
	}
	if !bytes.Contains(reply, []byte(toml[1])) {
		t.Errorf("the messages in the README are not in the example's reply.toml")
	}
	if !strings.Contains(read(t, "../testdata/script/check_exceptions.txtar"), toml[2]) {
		t.Errorf("the exceptions in the README are not those of check_exceptions.txtar")
	}
	if _, err := config.Parse([]byte(toml[4]), "/repo"); err != nil {
		t.Errorf("the promptflag.toml in the README: %v", err)
	}
	if _, err := config.Parse([]byte("bucket = \"mem://\"\nunleash.url = \"https://u\"\n"+toml[5]), "/repo"); err != nil {
		t.Errorf("the settings in the README: %v", err)
	}
}

// TestReadmeRules holds that README and changelog count the rules.
func TestReadmeRules(t *testing.T) {
	n := len(check.Rules())
	for file, sentence := range map[string]string{
		"../../README.md":    fmt.Sprintf("has all %d, each with an example", n),
		"../../CHANGELOG.md": fmt.Sprintf("with line and column: %d rules,", n),
	} {
		if !strings.Contains(read(t, file), sentence) {
			t.Errorf("%s does not say %q", file, sentence)
		}
	}
}

// TestReadmeAt holds that the reason it quotes of at is one that the tool gives.
func TestReadmeAt(t *testing.T) {
	const why = "falls on 64 of 100, the candidate had 50 % → stable"
	if !strings.Contains(read(t, "../../README.md"), `("`+why+`")`) {
		t.Errorf("the README does not quote %q", why)
	}
	if !strings.Contains(read(t, "../testdata/script/history_embedded.txtar"), why+"$") {
		t.Errorf("history_embedded.txtar does not hold %q", why)
	}
}

// TestReadmeFaults holds that the fault matrix is the one that was measured.
func TestReadmeFaults(t *testing.T) {
	measured := read(t, "../../internal/faultmatrix/testdata/faults.md")
	table := strings.TrimSpace(measured[strings.Index(measured, "| where |"):])
	if !strings.Contains(read(t, "../../README.md"), "\n\n"+table+"\n\n") {
		t.Error("the README's fault matrix is not that of internal/faultmatrix/testdata/faults.md")
	}
}

// TestReadmeWorkflow: what the README shows of the workflow is in that of the
// example, to the letter.
func TestReadmeWorkflow(t *testing.T) {
	workflow := read(t, "../example/.github/workflows/prompts.yml")
	for _, block := range blocks(t, "yaml") {
		if !strings.Contains(workflow, block) {
			t.Errorf("not in prompts.yml:\n%s", block)
		}
	}
}
