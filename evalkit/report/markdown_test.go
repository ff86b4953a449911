package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/internal/golden"
)

func markdownOf(t *testing.T, r run, o *MarkdownOptions) string {
	t.Helper()
	return written(t, func(w io.Writer) error { return Markdown(w, r.report, r.open, o) })
}

// rendered is Markdown as GitHub renders it, before it cleans the HTML.
func rendered(t *testing.T, text string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	if err := md.Convert([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// elements of our Markdown; none has an attribute.
const markdownElements = " html head body h3 p strong code table thead tbody tr th td details summary pre ul li "

// alive is what GitHub makes a link of in a text that is not code.
var alive = regexp.MustCompile(`@|#[0-9]|(?i:gh-[0-9])|://|www\.|:[a-z0-9_+-]+:`)

func inert(t *testing.T, page *html.Node) {
	t.Helper()
	for n := range page.Descendants() {
		switch n.Type {
		case html.ElementNode:
			if !strings.Contains(markdownElements, " "+n.Data+" ") || len(n.Attr) > 0 {
				t.Errorf("<%s %v> is not ours", n.Data, n.Attr)
			}
			if n.Data == "details" && n.Parent.Data != "body" {
				t.Errorf("<details> in <%s>", n.Parent.Data)
			}
		case html.TextNode:
			if within(n, "code", "pre") {
				continue
			}
			if found := alive.FindString(n.Data); found != "" {
				t.Errorf("%q is alive in %q", found, n.Data)
			}
		case html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		}
	}
}

func within(n *html.Node, names ...string) bool {
	for a := range n.Ancestors() {
		for _, name := range names {
			if a.Data == name {
				return true
			}
		}
	}
	return false
}

// textIn is all text below a node.
func textIn(page *html.Node) string {
	var b strings.Builder
	for n := range page.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

func TestMarkdown(t *testing.T) {
	r := example("triage", 24, 0)
	text := markdownOf(t, r, nil)
	golden.Compare(t, "testdata/report.md", text)
	inert(t, rendered(t, text))
	golden.Compare(t, "testdata/models.md", written(t, func(w io.Writer) error { return ModelsMarkdown(w, example("triage", 24, 2).report, nil) }))
	none := written(t, func(w io.Writer) error { return ModelsMarkdown(w, r.report, nil) })
	if none != "" {
		t.Errorf("models without models: %q", none)
	}
}

func TestMarkdownHostile(t *testing.T) {
	for _, h := range hostile {
		r := hostileRun(h)
		text := markdownOf(t, r, nil)
		page := rendered(t, text)
		inert(t, page)
		quiet(t, text)
		if want := visible(h); !strings.Contains(textIn(page), want) && !strings.Contains(h, "\r") {
			t.Errorf("the text is not there as it was: %q\n%s", want, text)
		}
		inert(t, rendered(t, written(t, func(w io.Writer) error { return ModelsMarkdown(w, r.report, nil) })))

		r.report.Flips = nil // then the case only fails
		text = markdownOf(t, r, nil)
		if !strings.Contains(text, "ases that fail** (1)\n") {
			t.Errorf("%q: the case that fails is not there:\n%s", h, text)
		}
		inert(t, rendered(t, text))
		quiet(t, text)
	}
}

func TestMarkdownLimit(t *testing.T) {
	r := example("triage", 400, 3)
	x, err := load(r.open, r.report)
	if err != nil {
		t.Fatal(err)
	}
	fail := 0
	for _, e := range x.failing() {
		if e.flip == nil {
			fail++
		}
	}
	for _, limit := range []int{1, 4000, 5000, 8000, 20_000, 60_000, 200_000} {
		text := markdownOf(t, r, &MarkdownOptions{Limit: limit, MaxFlips: 500, Full: "https://ci.example/run/1"})
		if len(text) > max(limit, 4000) {
			t.Errorf("%d bytes, limit %d", len(text), limit)
		}
		inertBut(t, text)
		for _, want := range []string{"**Failed.** regressions:", "(<https://ci.example/run/1>)"} {
			if !strings.Contains(text, want) {
				t.Errorf("limit %d: no %q in %q", limit, want, text)
			}
		}
		worse, better := flipCount(r.report)
		shown, want := strings.Count(text, "<details>"), worse+better+fail
		if shown+leftIn(text) != want {
			t.Errorf("limit %d: %d shown and %d left out, of %d", limit, shown, leftIn(text), want)
		}
	}
}

// inertBut is inert but for the link to the whole report.
func inertBut(t *testing.T, text string) {
	t.Helper()
	inert(t, rendered(t, strings.ReplaceAll(text, "[The whole report](<https://ci.example/run/1>)", "")))
}

// leftIn is how many cases a comment says it left out.
func leftIn(text string) int {
	n := 0
	for _, m := range regexp.MustCompile(`([0-9,]+) cases? that (?:got|fail)`).FindAllStringSubmatch(text, -1) {
		k := 0
		for _, d := range strings.ReplaceAll(m[1], ",", "") {
			k = 10*k + int(d-'0')
		}
		n += k
	}
	return n
}

func TestMarkdownFull(t *testing.T) {
	r := example("triage", 3, 0)
	for _, full := range []string{"javascript:alert(1)", "https://x>)<script>", "https://x y", "https://x\n# a"} {
		if text := markdownOf(t, r, &MarkdownOptions{Full: full}); strings.Contains(text, "whole report") {
			t.Errorf("linked %q", full)
		}
	}
}

func TestMarkdownEmpty(t *testing.T) {
	var b bytes.Buffer
	err := Markdown(&b, &evalkit.Report{Prompt: "p", Verdict: evalkit.Inconclusive, Reason: "nothing was asked"}, nil, nil)
	if err != nil || !strings.Contains(b.String(), "**Could not tell.** nothing was asked") {
		t.Errorf("a report of nothing: %q, %v", b.String(), err)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		text := markdownOf(t, hostileRun(h), nil)
		inert(t, rendered(t, text))
		quiet(t, text)
	})
}

// TestTwoBaselines: production serves two versions and the new one must not be
// worse than either; a third is only shown.
func TestTwoBaselines(t *testing.T) {
	r := example("triage", 24, 0)
	p := r.report
	canary, old := p.Arms[1], p.Arms[1]
	canary.ID, canary.Title, canary.Version = "base2", "production, canary, 10 %", "0f0f0f0f0f0f"
	canary.Versus = &evalkit.Versus{Cases: 24, Same: true}
	old.ID, old.Title, old.Gates = "base3", "last week", false
	p.Arms = append(p.Arms, canary, old)
	second := p.Gates[1]
	second.Baseline = "base2"
	p.Gates = append(p.Gates, second)
	text := markdownOf(t, r, nil)
	golden.Compare(t, "testdata/two_baselines.md", text)
	inert(t, rendered(t, text))
	golden.Compare(t, "testdata/two_baselines.txt", textOf(t, p, &TextOptions{Width: 120}))
}
