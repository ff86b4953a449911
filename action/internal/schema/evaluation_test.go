package schema

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/llm"
	"github.com/promptflag/promptflag/evalkit/stats"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// TestEvaluationPage: the page about evaluations says what the schema, package
// assert, the gates and the tables of other tests say. UPDATE=1 writes it from
// testdata/evaluation.md, where a line with @@ stands for one of these.
func TestEvaluationPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "evaluation.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := shown(t)
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		line = strings.ReplaceAll(line, "@@date", llm.PricesDate)
		command, ok := strings.CutPrefix(line, "@@ ")
		if !ok {
			b.WriteString(line)
			continue
		}
		what, name, _ := strings.Cut(strings.TrimSpace(command), " ")
		switch what + " " + name {
		case "keys suite":
			rows(&b, Suite())
		case "keys assertion":
			rows(&b, assertion())
		case "keys config":
			rows(&b, evaluationKeys())
		case "types ":
			writeTypes(t, &b)
		case "unsupported ":
			writeUnsupported(t, &b)
		case "sentences ":
			writeSentences(t, &b)
		case "faults ":
			b.WriteString(quoted(t, "../../../evalkit/testdata/faults.md"))
		case "promptfoo ":
			writeDifferences(t, &b)
		default:
			src, err := files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "`%s`\n\n```%s\n%s```\n", name, strings.TrimPrefix(filepath.Ext(name), "."), src)
		}
	}
	file := filepath.Join("..", "..", "example", "docs", "evaluation.md")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("UPDATE=1 writes it: %v", err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func quoted(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// shown are the files that the page shows: a suite in order, of a prompt that it
// fits.
func shown(t *testing.T) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "evaluation.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	const name = "prompts/support/triage.eval.toml"
	s, err := suite.Load(files, "prompts", name)
	if err != nil {
		t.Fatal(err)
	}
	src, err := fs.ReadFile(example.FS(), "prompts/support/triage.toml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := prompts.Parse("triage.toml", "support.triage", src)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := evalkit.Check(s, d.Prompt); err != nil || len(found) > 0 || s.Cases != 5 {
		t.Errorf("%d cases, %v %v", s.Cases, found, err)
	}
	v, err := instance(files[name].Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, Suite()).Validate(v); err != nil {
		t.Error(err)
	}
	return files
}

// TestPageTOML: what the page shows of promptflag.toml is in order.
func TestPageTOML(t *testing.T) {
	page := quoted(t, "testdata/evaluation.md")
	_, rest, _ := strings.Cut(page, "```toml\n")
	src, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no TOML")
	}
	src = "bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.e]\n" + src
	c, err := config.Parse([]byte(src), "/repo")
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Evaluation.Lookup("llama3.1:8b"); e.Name != "local" {
		t.Errorf("%+v", e)
	}
}

// TestPageNumbers: what the page says about how many cases it takes.
func TestPageNumbers(t *testing.T) {
	if stats.NoFlips(73, 0.95) >= 0.05 || stats.NoFlips(72, 0.95) < 0.05 {
		t.Error("73 cases are not what a margin of 5 points takes")
	}
	if w := stats.NoFlips(50, 0.95); w < 0.065 || w > 0.075 {
		t.Errorf("50 cases leave %v open", w)
	}
	if drop, ok := stats.DetectableDrop(50, 0, 0.05, 0.8); !ok || drop < 0.125 || drop > 0.135 {
		t.Errorf("50 cases find a drop of %v", drop)
	}
}

// evaluationKeys are those of promptflag.toml that evaluations need.
func evaluationKeys() Node {
	keys := Node{}
	for _, key := range []string{"gate", "endpoints", "models", "prices", "recorded"} {
		keys[key] = Config()["properties"].(Node)[key]
	}
	return Node{"properties": keys}
}

func writeTypes(t *testing.T, b *strings.Builder) {
	for _, k := range assert.Kinds() {
		src, ok := examples[k.Name]
		if !ok {
			t.Errorf("%s has no example: write one into examples_test.go", k.Name)
		}
		var v map[string]any
		if _, err := toml.Decode(src, &v); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
		a, problems := assert.Parse(v)
		if len(problems) > 0 || a.Type != k.Name {
			t.Errorf("%s: %v", k.Name, problems)
		}
		fmt.Fprintf(b, "#### %s\n\n%s\n", k.Name, k.Summary)
		var facts []string
		if k.Value != "" {
			facts = append(facts, "Value: "+k.Value+".")
		}
		if k.Threshold {
			facts = append(facts, threshold(k))
		}
		switch {
		case k.Judge && k.Embedder:
			facts = append(facts, "Needs `[judge]` and `[embeddings]`.")
		case k.Judge:
			facts = append(facts, "Needs `[judge]`.")
		case k.Embedder:
			facts = append(facts, "Needs `[embeddings]`.")
		}
		more := slices.DeleteFunc(slices.Clone(k.Members), func(m string) bool { return m == "assert" })
		if len(more) > 0 {
			facts = append(facts, "Also takes `"+strings.Join(more, "`, `")+"`.")
		}
		if len(facts) > 0 {
			fmt.Fprintf(b, "\n%s\n", strings.Join(facts, " "))
		}
		fmt.Fprintf(b, "\n```toml\n%s\n```\n\n", src)
	}
	for name := range examples {
		if !slices.ContainsFunc(assert.Kinds(), func(k assert.Kind) bool { return k.Name == name }) {
			t.Errorf("an example of %s, which is no type", name)
		}
	}
	trimEnd(b)
}

// trimEnd drops the empty line after the last part.
func trimEnd(b *strings.Builder) {
	text := strings.TrimRight(b.String(), "\n") + "\n"
	b.Reset()
	b.WriteString(text)
}

func threshold(k assert.Kind) string {
	bounds := "0 or more"
	if k.Score {
		bounds = "0 to 1"
	}
	if k.AboveZero {
		bounds = "above 0, 1 at most"
	}
	switch {
	case k.Required:
		return "Threshold: " + bounds + ", required."
	case k.Default != nil:
		return "Threshold: " + bounds + ", default " + strconv.FormatFloat(*k.Default, 'f', -1, 64) + "."
	}
	return "Threshold: " + bounds + ", optional."
}

func writeUnsupported(t *testing.T, b *strings.Builder) {
	var hints []string
	types := map[string][]string{}
	for _, name := range []string{"javascript", "python", "ruby", "webhook", "is-sql", "contains-sql", "meteor", "rouge-l", "rouge-s", "moderation", "classifier", "guardrails", "pi", "agent-rubric", "search-rubric",
		"conversation-relevance", "select-best", "max-score", "human", "skill-used", "similar:dot", "similar:euclidean", "trajectory:tool-used", "trace-span-count", "promptfoo:redteam:pii"} {
		_, problems := assert.Parse(map[string]any{"type": name, "value": "x"})
		if len(problems) != 1 || !strings.Contains(problems[0].Message, "is not supported") {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		hint := problems[0].Hint
		if len(types[hint]) == 0 {
			hints = append(hints, hint)
		}
		types[hint] = append(types[hint], "`"+name+"`")
	}
	for _, hint := range hints {
		fmt.Fprintf(b, "- %s: %s\n", strings.Join(types[hint], ", "), hint)
	}
}

// writeDifferences are the reasons why assertions say something else than
// promptfoo's, with the number of pairs that each explains.
func writeDifferences(t *testing.T, b *strings.Builder) {
	page := quoted(t, "../../../evalkit/assert/testdata/promptfoo.md")
	head := regexp.MustCompile(`promptfoo \S+ and this package say about \d+ pairs of output and assertion: \d+ differ, \d+ of them unexplained`).FindString(page)
	if head == "" {
		t.Fatal("the table of differences has another head")
	}
	fmt.Fprintf(b, "What %s. The reasons:\n\n", strings.Replace(head, "this package", "promptflag", 1))
	count, reasons := map[string]int{}, []string{}
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(line), " |"), " | ")
		if len(cells) < 5 || cells[len(cells)-1] == "Why" {
			continue
		}
		why := cells[len(cells)-1]
		if count[why]++; count[why] == 1 {
			reasons = append(reasons, why)
		}
	}
	for _, why := range reasons {
		fmt.Fprintf(b, "- %s (%d)\n", why, count[why])
	}
	b.WriteString("\nEach pair is in [evalkit/assert/testdata/promptfoo.md](../../../evalkit/assert/testdata/promptfoo.md).\n")
}

// recited is a model that answers by a function of version and case.
type recited func(version string, question int) (string, error)

func (f recited) Complete(_ context.Context, r chat.Request) (chat.Response, error) {
	n, err := strconv.Atoi(r.Messages[1].Content)
	if err != nil {
		return chat.Response{}, err
	}
	text, err := f(r.Messages[0].Content, n)
	return chat.Response{Text: text, Finish: "stop", Model: r.Model, Latency: 100 * time.Millisecond}, err
}

// writeSentences runs a suite of 120 cases of which production gets 114 right.
func writeSentences(t *testing.T, b *strings.Builder) {
	version := func(system string) *prompts.Prompt {
		d, err := prompts.Parse("a.toml", "a", []byte("model = \"m\"\nvariables.q.type = \"string\"\n[[messages]]\nrole = \"system\"\ncontent = \""+system+"\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{q}}\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		return d.Prompt
	}
	var cases strings.Builder
	for i := range 120 {
		fmt.Fprintf(&cases, "{\"vars\":{\"q\":\"%d\"}}\n", i)
	}
	s, err := suite.Load(fstest.MapFS{
		"a.eval.toml":   {Data: []byte("[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\nmetric = \"accuracy\"\n[gate.metrics.accuracy]\nmargin = 0.05\n")},
		"a.cases.jsonl": {Data: []byte(cases.String())},
	}, ".", "a.eval.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		wrong int // cases from 6 on that the new version gets wrong
		lost  int // the case without an answer
		want  evalkit.Verdict
	}{{0, -1, evalkit.Pass}, {3, -1, evalkit.Inconclusive}, {16, -1, evalkit.Fail}, {0, 40, evalkit.Inconclusive}} {
		model := recited(func(version string, q int) (string, error) {
			switch {
			case q == run.lost && version == "new":
				return "", &chat.Error{Fault: chat.Unavailable, Attempts: 5}
			case q < 6, version == "new" && q < 6+run.wrong:
				return "no", nil
			}
			return "ok", nil
		})
		report, err := evalkit.Run(t.Context(), evalkit.Plan{
			Suite: s, New: evalkit.Version{Prompt: version("new"), Title: "this change"},
			Baselines: []evalkit.Version{{Prompt: version("old"), Title: "production", Gates: true}},
		}, evalkit.Services{Model: model})
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != run.want {
			t.Errorf("%s, want %s", report.Verdict, run.want)
		}
		fmt.Fprintf(b, "- `%s`\n", report.Reason)
	}
}
