package comment

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

// hostile are texts that try to be more than text.
var hostile = []string{
	"</script><img src=https://evil.example/x.png onerror=alert(1)>",
	"::error file=a.go,line=1::owned\n::add-mask::x\n##[set-output name=a]b",
	"```\n# Heading\n```\n~~~\n````html\n<script>alert(1)</script>",
	"</details></summary></pre></code></td></table><h1>Passed</h1>",
	"@everyone @promptflag/owners fixes #1, see GH-2 and a@evil.example, www.evil.example http://evil.example/a ![i](http://evil.example/i.png) [l](javascript:alert(1)) <http://evil.example>",
	"bidi \u202egnp.exe\u202c zero\u200bwidth nul \x00 esc \x1b[31mred",
	"a | b | c\n|---|---|\n| `x` | \\| |\n\n1. one\n- two\n> three\n    four\n---\n***\n[x]: http://evil.example",
	"$x^2$ $`y`$ $$z$$ :tada: 0123456789abcdef0123456789abcdef01234567 acme/prompts#1 acme/prompts@0123456",
	"--> <!-- promptflag:pull --> <style>*{display:none}</style><iframe src=//evil.example></iframe>",
}

// converted is Markdown as GitHub renders it, before it cleans the HTML.
func converted(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	if err := md.Convert([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rendered(t *testing.T, text string) *html.Node {
	t.Helper()
	page, err := html.Parse(bytes.NewReader(converted(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

const elements = " html head body h2 h3 p strong b code table thead tbody tr th td details summary pre ul li a sub br ins del "

// alive is what GitHub makes more of in a text that is not code.
var alive = regexp.MustCompile(`@|#[0-9]|(?i:gh-[0-9])|://|www\.|:[a-z0-9_+-]+:|\$[^0-9]|[0-9a-f]{7}`)

// inert says that nothing in a page is anything but ours.
func inert(t *testing.T, page *html.Node) {
	t.Helper()
	for n := range page.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Errorf("a hidden comment: %q", n.Data)
		case html.ElementNode:
			if !strings.Contains(elements, " "+n.Data+" ") {
				t.Errorf("<%s> is not ours", n.Data)
			}
			for _, a := range n.Attr {
				ours := n.Data == "details" && a.Key == "open" || (n.Data == "td" || n.Data == "th") && a.Key == "style" ||
					n.Data == "a" && a.Key == "href" && strings.HasPrefix(a.Val, "https://github.com/acme/prompts/")
				if !ours {
					t.Errorf("<%s %s=%q> is not ours", n.Data, a.Key, a.Val)
				}
			}
		case html.TextNode:
			code := false
			for p := n.Parent; p != nil; p = p.Parent {
				code = code || p.Data == "code" || p.Data == "pre"
			}
			if found := alive.FindString(n.Data); found != "" && !code {
				t.Errorf("%q is alive in %q", found, n.Data)
			}
		}
	}
}

// whole says that a text ends everything that it begins.
func whole(t *testing.T, text string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(bytes.NewReader(converted(t, text)))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		tag, _ := z.TagName()
		switch name := string(tag); {
		case kind == html.StartTagToken && name != "br":
			open = append(open, name)
		case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != name):
			t.Errorf("</%s> ends nothing, open are %v", name, open)
		case kind == html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not ended: %v", open)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a command to the runner: %q", line)
		}
	}
}

// everywhere is an input in which a text stands wherever people or models write.
func everywhere(t *testing.T, h string) Input {
	t.Helper()
	r := results{}
	p := r.changed(t, "support.triage", longer+h, 20, gate, sorter{map[string]int{"prefer": 3}}, 0.15)
	p.Report.Reason, p.Report.Gates[0].Sentence, p.Report.Gates[0].Rule, p.Report.Arms[1].Title = h, h, h, h
	p.Report.Flips[0].Case = h
	p.Live[0].Title = h
	p.Items[0].Kind, p.Items[0].Why, p.Items[0].Warnings = "stopped", h, []string{h}
	p.Breaks = []Break{{Effect: compare.Effect{Verdict: compare.Breaking, Message: h}, Of: h, Accepted: h}}
	q := p
	q.Name, q.Report, q.NotEvaluated, q.File = "other", nil, h, "prompts/"+h
	in := input(r, p, q)
	in.Findings = prompts.Findings{{File: h, Message: h, Hint: h, Severity: prompts.Error}, {File: h, Message: h, Severity: prompts.Warning}}
	in.Moves = []bar.Move{{Prompt: h, File: h, Loosens: true, Sentence: h}, {File: h, Sentence: h}}
	in.Partials = []Partial{{File: h, Prompts: []string{h}}}
	in.NotRun, in.Notes, in.PlanUnknown = []string{h}, []string{h}, h
	in.RunURL, in.Base, in.Head = h, h, h
	return in
}

// TestHostile: text stays text, in comments of any length.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		in := everywhere(t, h)
		for _, limit := range []int{4000, 9000, limit} {
			text := Markdown(in, limit)
			whole(t, text)
			inert(t, rendered(t, text))
			if t.Failed() {
				t.Fatalf("%q, at most %d:\n%s", h, limit, text)
			}
		}
	}
}

func TestStoriesAreInert(t *testing.T) {
	for name, in := range stories(t) {
		text := Markdown(in, limit)
		whole(t, text)
		inert(t, rendered(t, text))
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// TestLimit: ten thousand prompts fit, the ones that failed first, and the text
// says what it lacks and where that is.
func TestLimit(t *testing.T) {
	r := results{}
	many := []Prompt{r.changed(t, "a", longer+strings.Repeat("long ", 4000), 40, gate, sorter{map[string]int{"prefer": 3}}, 0.15)}
	plain := r.changed(t, "b", longer, 40, gate, sorter{}, 0.15)
	for i := range 10_000 {
		p := plain
		p.Name = fmt.Sprintf("team.prompt%05d", i)
		many = append(many, p)
	}
	in := input(r, many...)
	for i := range 1000 {
		in.Moves = append(in.Moves, bar.Move{Prompt: "b", Loosens: true, Sentence: strings.Repeat("removes 𝕏 ", 100)})
		in.Findings = append(in.Findings, prompts.Finding{File: "x.toml", Line: i, Severity: prompts.Error, Message: strings.Repeat("m ", 900)})
		in.Partials = append(in.Partials, Partial{File: "p", Prompts: []string{"a", "b"}})
	}
	for _, limit := range []int{0, 9000, 65_336} {
		text := Markdown(in, limit)
		if n := len(utf16.Encode([]rune(text))); len(text) > max(limit, minLimit) || n > len(text) {
			t.Errorf("limit %d: %d bytes, %d UTF-16 units", limit, len(text), n)
		}
		whole(t, text)
		inert(t, rendered(t, text))
		for _, want := range []string{"## ❌ Failed", "eft out here, because a comment can only be so long", "https://github.com/acme/prompts/actions/runs/4711"} {
			if !strings.Contains(text, want) {
				t.Errorf("limit %d: no %q", limit, want)
			}
		}
	}
}

// TestVerdict: passed is only what was evaluated, all of it.
func TestVerdict(t *testing.T) {
	r := results{}
	good := r.changed(t, "a", longer, 60, gate, sorter{}, 0.15)
	bad := r.changed(t, "b", longer, 40, gate, sorter{map[string]int{"prefer": 3}}, 0.15)
	none := r.changed(t, "c", longer, 0, "", sorter{}, 0)
	refused := none
	refused.Refused = true
	gone := Prompt{Name: "d", Kind: Removed}
	for name, test := range map[string]struct {
		in   Input
		want Verdict
	}{
		"nothing":    {Input{}, NotEvaluated},
		"passed":     {Input{Prompts: []Prompt{good, gone}}, Pass},
		"one failed": {Input{Prompts: []Prompt{none, good, bad}}, Fail},
		"no suite":   {Input{Prompts: []Prompt{good, none}}, NotEvaluated},
		"refused":    {Input{Prompts: []Prompt{good, refused}}, Fail},
		"mistakes":   {Input{Prompts: []Prompt{good}, Findings: prompts.Findings{{Message: "x", Severity: prompts.Error}}}, Fail},
		"no secrets": {Input{Prompts: []Prompt{good}, NotRun: []string{"x"}}, NotEvaluated},
		"only gone":  {Input{Prompts: []Prompt{gone}}, NotEvaluated},
	} {
		if got := test.in.Verdict(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
