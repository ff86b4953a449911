package report

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/internal/golden"
)

func pageOf(t *testing.T, r run, o *HTMLOptions) string {
	t.Helper()
	return written(t, func(w io.Writer) error { return HTML(w, []*evalkit.Report{r.report}, r.open, o) })
}

func TestHTML(t *testing.T) {
	golden.Compare(t, "testdata/report.html", pageOf(t, example("triage", 12, 0), nil))
	if dir := os.Getenv("PAGES"); dir != "" { // to be looked at
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("page200.html", pageOf(t, example("triage", 200, 0), nil))
		write("models200.html", pageOf(t, example("triage", 200, 2), nil))
		write("hostile.html", pageOf(t, hostileRun(strings.Join(hostile, "\n")), nil))
	}
}

// shape is the elements and attributes of a page in order, without texts. The
// values of attributes that hold texts are left out.
func shape(t *testing.T, text string) []string {
	t.Helper()
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := range page.Descendants() {
		switch n.Type {
		case html.ElementNode:
			s := n.Data
			for _, a := range n.Attr {
				s += " " + a.Key
				if a.Key != "aria-label" {
					s += "=" + a.Val
				}
			}
			all = append(all, s)
		case html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		}
	}
	return all
}

// TestHTMLHostile: a page of hostile texts has the same elements and attributes,
// in the same order, as a page of harmless ones.
func TestHTMLHostile(t *testing.T) {
	for _, h := range hostile {
		// As many lines and as different between arms as the hostile text.
		harmless := strings.Map(func(r rune) rune {
			if r == '\n' {
				return r
			}
			return 'x'
		}, visible(h))
		want := shape(t, withoutMarks(pageOf(t, hostileRun(harmless), nil)))
		text := pageOf(t, hostileRun(h), nil)
		if got := shape(t, withoutMarks(text)); !slices.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%q: element %d is %q, want %q", h, i, got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
		}
		page, err := html.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(textIn(page), visible(h)) {
			t.Errorf("the text is not there as it was: %q", h)
		}
		if strings.ContainsFunc(text, hidden) {
			t.Errorf("%q: a hidden character", h)
		}
	}
}

// withoutMarks takes away the marks of words that differ.
func withoutMarks(text string) string {
	return strings.NewReplacer("<ins>", "", "</ins>", "", "<del>", "", "</del>", "").Replace(text)
}

// TestHTMLAlone: nothing on a page is fetched, and nothing runs but our script.
func TestHTMLAlone(t *testing.T) {
	text := pageOf(t, example("triage", 200, 2), nil)
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids, scripts, policy := map[string]bool{}, 0, ""
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			scripts++
			if n.FirstChild == nil || !strings.Contains(policy, "script-src "+hashOf(n.FirstChild.Data)+";") {
				t.Errorf("the policy %q has not the hash of the script", policy)
			}
		case "style":
			if !strings.Contains(policy, "style-src "+hashOf(n.FirstChild.Data)+";") {
				t.Errorf("the policy %q has not the hash of the style", policy)
			}
		case "link", "img", "iframe", "object", "embed", "base", "image", "use", "video", "audio", "source", "foreignObject":
			t.Errorf("<%s %v>", n.Data, n.Attr)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "content" && strings.HasPrefix(a.Val, "default-src 'none'; "):
				policy = a.Val
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
			case a.Key == "src", a.Key == "href", a.Key == "style", a.Key == "action", a.Key == "srcset", strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case a.Key == "id":
				if ids[a.Val] {
					t.Errorf("id %q is there twice", a.Val)
				}
				ids[a.Val] = true
			}
		}
	}
	if scripts != 1 {
		t.Errorf("%d scripts, want 1", scripts)
	}
	if strings.Contains(pageStyle, "url(") || strings.Contains(pageStyle, "@import") {
		t.Error("the style sheet fetches something")
	}
}

// TestHTMLOrder: changed cases first, and what is left out is said.
func TestHTMLOrder(t *testing.T) {
	r := example("triage", 200, 0)
	rank := map[string]int{"regressed": 0, "improved": 1, "failing": 2, "error": 3, "passing": 4}
	for _, limit := range []int{1, 10, 50, 2000} {
		text := pageOf(t, r, &HTMLOptions{MaxCases: limit})
		page, err := html.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, 0
		for e := range page.Descendants() {
			for _, a := range e.Attr {
				if a.Key != "data-kind" {
					continue
				}
				n++
				now := rank[strings.Fields(a.Val)[0]]
				if now < last {
					t.Errorf("limit %d: case %d is %q, after %d", limit, n, a.Val, last)
				}
				last = now
			}
		}
		if want := min(limit, 200); n != want {
			t.Errorf("limit %d: %d cases on the page", limit, n)
		}
		if said := strings.Contains(text, "not on this page"); said != (limit < 200) {
			t.Errorf("limit %d: says that some are left out: %v", limit, said)
		}
	}
}

func TestHTMLSeveral(t *testing.T) {
	a, b := example("triage", 30, 0), example("support/answer", 30, 0)
	open := func(prompt string) (io.ReadCloser, error) {
		if prompt == "triage" {
			return a.open(prompt)
		}
		return b.open(prompt)
	}
	text := written(t, func(w io.Writer) error {
		return HTML(w, []*evalkit.Report{a.report, b.report}, open, &HTMLOptions{MaxCases: 45})
	})
	if n := strings.Count(text, `<details class="case"`); n != 45 {
		t.Errorf("%d cases on the page, want 45", n)
	}
	for _, want := range []string{`<a href="#report-1">triage</a>`, `<a href="#report-2">support/answer</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestHTMLEmpty(t *testing.T) {
	text := written(t, func(w io.Writer) error {
		return HTML(w, []*evalkit.Report{{Prompt: "p", Verdict: evalkit.Inconclusive, Reason: "nothing was asked"}}, nil, nil)
	})
	if !strings.Contains(text, "<strong>Could not tell</strong>") || !strings.Contains(text, "nothing was asked") {
		t.Errorf("a report of nothing: %s", text)
	}
}

// TestContrast: letters are readable on their ground in both schemes, as WCAG 2
// level AA asks.
func TestContrast(t *testing.T) {
	pairs := []string{
		"ink paper", "ink wash", "ink field", "soft paper", "soft wash", "soft field", "accent paper", "accent wash", "paper accent",
		"good good-wash", "bad bad-wash", "open open-wash", "open paper", "good paper", "bad paper", "ink good-wash", "ink bad-wash", "ink open-wash",
		"ink ins", "ink del",
	}
	schemes := strings.Split(pageStyle, "@media (prefers-color-scheme: dark)")
	if len(schemes) != 2 {
		t.Fatal("no dark scheme")
	}
	for i, scheme := range schemes {
		colors := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, p := range pairs {
			a, b, _ := strings.Cut(p, " ")
			x, okA := colors[a]
			y, okB := colors[b]
			if got := (max(x, y) + .05) / (min(x, y) + .05); !okA || !okB || got < 4.5 {
				t.Errorf("scheme %d: %s on %s has contrast %.2f, want 4.5", i, a, b, got)
			}
		}
	}
}

// luminance is the relative luminance of an sRGB color (WCAG 2.1).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(c uint64) float64 {
		v := float64(c&255) / 255
		if v <= .04045 {
			return v / 12.92
		}
		return math.Pow((v+.055)/1.055, 2.4)
	}
	return .2126*linear(n>>16) + .7152*linear(n>>8) + .0722*linear(n)
}

func TestDifferences(t *testing.T) {
	show := func(all []span) string {
		var b strings.Builder
		for _, s := range all {
			if s.Changed {
				b.WriteString("[" + s.Text + "]")
			} else {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	for _, c := range []struct{ a, b, inA, inB string }{
		{"the cat sat", "the dog sat", "the [cat] sat", "the [dog] sat"},
		{"a b c", "a b c d", "a b c", "a b c[ d]"},
		{"same", "same", "", ""},
		{"", "x", "", ""},
		{"one two three", "vier fünf sechs", "[one two three]", "[vier fünf sechs]"},
		{"nothing", "alike", "", ""},
		{`{"a": "x y"}`, `{"a": "x z"}`, `{"a": "x [y]"}`, `{"a": "x [z]"}`},
	} {
		inA, inB := differences(c.a, c.b)
		if show(inA) != c.inA || show(inB) != c.inB {
			t.Errorf("differences(%q, %q) = %q, %q; want %q, %q", c.a, c.b, show(inA), show(inB), c.inA, c.inB)
		}
	}
	long := strings.Repeat("word ", 5000)
	if a, _ := differences("x "+long+" y", "z "+strings.Repeat("other ", 5000)+" w"); a != nil {
		t.Error("compared texts that are too long")
	}
}
