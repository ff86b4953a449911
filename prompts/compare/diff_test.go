package compare

import (
	"bytes"
	"encoding/json"
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/prompts"
)

// TestDiff compares the pairs of testdata/diff. A pair without an old or a new
// file is a prompt that is new or gone. UPDATE=1 writes what is expected.
func TestDiff(t *testing.T) {
	files, err := filepath.Glob("testdata/diff/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			pair, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a, b := side(t, pair, "old.toml"), side(t, pair, "new.toml")
			c := Changes{}
			if a != nil && b != nil {
				c.Effects = contract(a, b)
			}
			c.compare(a, b)
			for extension, got := range forms(t, c) {
				golden.Compare(t, strings.TrimSuffix(file, "txtar")+extension, got)
			}
			checkMarkdown(t, string(forms(t, c)["md"]))
		})
	}
}

func side(t *testing.T, pair *txtar.Archive, name string) map[string]any {
	for _, f := range pair.Files {
		if f.Name == name && len(f.Data) > 0 {
			return artifact(t, string(f.Data))
		}
	}
	return nil
}

func forms(t *testing.T, c Changes) map[string][]byte {
	t.Helper()
	var text, markdown bytes.Buffer
	if err := c.Text(&text, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Markdown(&markdown, nil); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"txt": text.Bytes(), "md": markdown.Bytes(), "json": append(data, '\n')}
}

var (
	ourTags = regexp.MustCompile(`</?(p|code|b|del|ins|pre|summary|details|details open)>`)
	pres    = regexp.MustCompile(`(?s)<pre>\n.*?</pre>\n`)
	codes   = regexp.MustCompile(`<code>[^\n]*?</code>`)
)

// checkMarkdown holds for every output: no tag but ours, data only inside pre
// and code, blocks that Markdown leaves alone, no workflow command in any line.
func checkMarkdown(t *testing.T, md string) {
	t.Helper()
	if strings.ContainsAny(ourTags.ReplaceAllString(md, ""), "<>") {
		t.Errorf("a tag that is not ours in\n%s", md)
	}
	for _, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a workflow command: %q", line)
		}
	}
	rest := codes.ReplaceAllString(pres.ReplaceAllString(md, ""), "")
	for _, line := range strings.Split(rest, "\n") {
		if line != "" && line[0] != '<' {
			t.Errorf("a line that Markdown reads: %q", line)
		}
		if text := html.UnescapeString(ourTags.ReplaceAllString(line, "")); strings.ContainsAny(text, "@#`[]<>$") {
			t.Errorf("data outside of pre and code: %q", line)
		}
	}
	for _, tag := range []string{"p", "code", "del", "ins", "pre", "summary", "details"} {
		open := strings.Count(md, "<"+tag+">") + strings.Count(md, "<"+tag+" open>")
		if n := strings.Count(md, "</"+tag+">"); n != open {
			t.Errorf("%d <%s> and %d </%s>", open, tag, n, tag)
		}
	}
}

// FuzzMarkdown: whatever stands in texts and names, the output stays ours.
func FuzzMarkdown(f *testing.F) {
	f.Add("a b c", "a </pre> c", "x")
	f.Add("", "::error::x\n\n```\n@all", "</code>")
	f.Add("a\u2028b", "\x00\r\n\x1b[0m", "##[x]")
	f.Fuzz(func(t *testing.T, old, new, name string) {
		c := Changes{}
		message := func(s string) map[string]any {
			return map[string]any{"name": name + s, "model": s, "variables": map[string]any{name + s: map[string]any{"type": s}}, "messages": []any{map[string]any{"role": name, "content": s}}}
		}
		c.Effects = contract(message(old), message(new))
		c.compare(message(old), message(new))
		checkMarkdown(t, string(forms(t, c)["md"]))
		for line := range strings.SplitSeq(string(forms(t, c)["txt"]), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("a workflow command: %q", line)
			}
		}
		checkText(t, old, new)
	})
}

// checkText: what is same or deleted is the old text, what is same or inserted the new.
func checkText(t *testing.T, old, new string) {
	t.Helper()
	side := func(op Op) (string, bool) {
		var b strings.Builder
		for _, l := range compareTexts(old, new) {
			if l.Skipped > 0 {
				return "", false
			}
			ended := false
			for _, s := range l.Spans {
				if s.Op == Same || s.Op == op {
					b.WriteString(s.Text)
				}
				ended = strings.HasSuffix(s.Text, "\n") && s.Op != Same && l.Op == Changed
			}
			if l.Op != Deleted && l.Op != Inserted && !ended || l.Op == op {
				b.WriteString("\n")
			}
		}
		return strings.TrimSuffix(b.String(), "\n"), true
	}
	for op, want := range map[Op]string{Deleted: old, Inserted: new} {
		if got, all := side(op); all && strings.TrimRight(got, "\n") != strings.TrimRight(want, "\n") {
			t.Errorf("%s side of %q, %q = %q", op, old, new, got)
		}
	}
}

// TestLimit: Markdown keeps to its limit and says what is missing.
func TestLimit(t *testing.T) {
	a := artifact(t, "")
	text := strings.Repeat("one line of words, at some length\n", 30_000)
	b := map[string]any{"messages": []any{map[string]any{"role": "user", "content": text}, map[string]any{"role": "user", "content": strings.Repeat("a b\n\n", 200_000)}}}
	c := Changes{}
	c.compare(a, b)
	for _, limit := range []int{200, 5000, 60_000} {
		var out bytes.Buffer
		if err := c.Markdown(&out, &MarkdownOptions{Limit: limit}); err != nil || out.Len() > limit {
			t.Errorf("Markdown(%d) = %d bytes, %v", limit, out.Len(), err)
		}
		checkMarkdown(t, out.String())
	}
}

// TestLongTexts: a mebibyte against another of the same words is compared.
func TestLongTexts(t *testing.T) {
	for name, step := range map[string]int{"shuffled": 7919, "same": 1} {
		var a, b strings.Builder
		for i := range 1 << 17 {
			a.WriteString(string(rune('a'+i%26)) + "bcdef ")
			b.WriteString(string(rune('a'+i*step%1021%26)) + "bcdef ")
		}
		if got := compareTexts(a.String(), b.String()); len(got) == 0 {
			t.Errorf("%s: nothing", name)
		}
	}
}

// TestNilSides: a prompt that is new, one that is gone, and none at all.
func TestNilSides(t *testing.T) {
	p, err := prompts.Decode([]byte(`{"promptflag":1,"name":"a","model":"m","messages":[{"role":"user","content":"hi"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new *prompts.Prompt
		want     string
	}{
		{nil, p, "new prompt: 1 message added"}, {p, nil, "prompt removed"}, {p, p, "nothing changed"}, {nil, nil, "no prompt"},
	} {
		got := Diff(c.old, c.new)
		if got.Summary() != c.want || len(got.Effects) > 0 || (got.Old == "") != (c.old == nil) || (got.New == "") != (c.new == nil) {
			t.Errorf("Diff(%v, %v) = %+v, want %q", c.old, c.new, got, c.want)
		}
	}
}
