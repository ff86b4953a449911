package assert

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxHTML bounds what is read as HTML, in bytes.
const maxHTML = 10 << 20

func htmlKinds() []kind {
	return []kind{
		{name: "is-html", summary: "The output as a whole is HTML: it has an element of HTML, and no text outside of elements.", make: makeHTML},
		{name: "contains-html", summary: "The output has at least two signs of HTML: tags, attributes, entities, comments, a DOCTYPE.", make: makeHTML},
	}
}

func makeHTML(w *written) checker {
	w.noValue()
	return htmlCheck{whole: w.kind == "is-html"}
}

type htmlCheck struct{ whole bool }

func (c htmlCheck) check(_ context.Context, in Input, _ Services) (Result, error) {
	if len(in.Output.Text) > maxHTML {
		return Result{}, errors.New("the output is too long to be read as HTML")
	}
	if c.whole {
		fault, err := htmlFault(strings.TrimSpace(in.Output.Text))
		switch {
		case err != nil:
			return Result{}, err
		case fault != "":
			return binary(false, "is not HTML (%s): %s", fault, quote(in.Output.Text)), nil
		}
		return binary(true, "is HTML"), nil
	}
	n := htmlSigns(in.Output.Text)
	if n >= 2 {
		return binary(true, "contains HTML"), nil
	}
	return binary(false, "contains no HTML: %s", quote(in.Output.Text)), nil
}

// htmlElements are the elements of the HTML standard and of its recent past.
const htmlElements = " html head title base link meta style body article section nav aside h1 h2 h3 h4 h5 h6 header footer address p hr pre blockquote ol ul li dl dt dd " +
	"figure figcaption main div a em strong small s cite q dfn abbr ruby rt rp data time code var samp kbd sub sup i b u mark bdi bdo span br wbr img iframe embed " +
	"object param picture source video audio track map area svg math script noscript canvas ins del table caption colgroup col tbody thead tfoot tr td th form label input " +
	"button select datalist optgroup option textarea output progress meter fieldset legend details summary dialog menu slot template "

// htmlFault says why a text is not HTML as a whole; "" when it is. The parser
// takes everything, and adds html, head and body where they are not written.
func htmlFault(s string) (string, error) {
	switch {
	case s == "":
		return "it is empty", nil
	case len(s) >= 5 && strings.EqualFold(s[:5], "<?xml"):
		return "it is XML", nil
	}
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return "", fmt.Errorf("is-html: %w", err)
	}
	wrappers := writtenWrappers(s)
	known := len(wrappers) > 0
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode, n.Data == "html", n.Data == "head":
		case n.Data == "body":
			if !slices.Contains(wrappers, "body") && hasText(n) {
				return "there is text outside of elements", nil
			}
		default:
			known = known || strings.Contains(n.Data, "-") || strings.Contains(htmlElements, " "+n.Data+" ")
		}
	}
	if !known {
		return "it has no element of HTML", nil
	}
	return "", nil
}

// writtenWrappers are those of html, head and body that are written where they
// begin: after anything that belongs into the next one the parser drops them.
func writtenWrappers(s string) (out []string) {
	const before = " title base link meta style script noscript template "
	z := html.NewTokenizer(strings.NewReader(s))
	inside, rank := "", map[string]int{"html": 1, "head": 2, "body": 3}
	for last := 0; last < rank["body"]; {
		token := z.Next()
		raw, _ := z.TagName()
		name := string(raw)
		switch {
		case token == html.ErrorToken:
			return out
		case token == html.EndTagToken:
			if inside == "" && (name == "body" || name == "html" || name == "br") {
				return out // the parser begins a body by itself
			}
			if name == inside {
				inside = ""
			}
		case inside != "":
		case token == html.TextToken && strings.TrimSpace(string(z.Raw())) != "":
			return out
		case token != html.StartTagToken && token != html.SelfClosingTagToken:
		case rank[name] > last:
			out, last = append(out, name), rank[name]
		case rank[name] > 0:
		case !strings.Contains(before, " "+name+" "):
			return out
		default:
			last = max(last, rank["head"])
			if strings.Contains(" title style script noscript template ", " "+name+" ") {
				inside = name
			}
		}
	}
	return out
}

func hasText(n *html.Node) bool {
	for child := range n.ChildNodes() {
		if child.Type == html.TextNode && strings.TrimSpace(child.Data) != "" {
			return true
		}
	}
	return false
}

var (
	htmlOpening     = regexp.MustCompile(`<[a-zA-Z][a-zA-Z0-9-]*(?:\s[^>]*)?>`)
	htmlClosing     = regexp.MustCompile(`</[a-zA-Z][a-zA-Z0-9-]*\s*>`)
	htmlSelfClosing = regexp.MustCompile(`<[a-zA-Z][a-zA-Z0-9-]*(?:\s[^>]*)?/>`)
	htmlEntity      = regexp.MustCompile(`&(?:[a-zA-Z]+|#[0-9]+|#x[0-9a-fA-F]+);`)
	htmlDoctype     = regexp.MustCompile(`(?i)<!DOCTYPE\s+html`)
	htmlComment     = regexp.MustCompile(`(?s)<!--.*?-->`)
	htmlAttribute   = regexp.MustCompile(`\s[a-zA-Z-]+=\s*["'][^"']*["']`)
	htmlCommon      = regexp.MustCompile(`(?i)<(html|head|body|div|span|p|a|img|h[1-6]|ul|ol|li|table|tr|td|th|form|input|button|script|style|link|meta|br|hr)\b`)
)

// htmlSigns counts signs as promptfoo does: two are enough.
func htmlSigns(s string) (n int) {
	opening, closing := htmlOpening.MatchString(s), htmlClosing.MatchString(s)
	for _, sign := range []struct {
		found bool
		worth int
	}{
		{opening, 1}, {closing, 1}, {htmlSelfClosing.MatchString(s), 1}, {htmlEntity.MatchString(s), 1}, {htmlDoctype.MatchString(s), 2},
		{htmlComment.MatchString(s), 1}, {htmlAttribute.MatchString(s), 1}, {htmlCommon.MatchString(s), 2},
	} {
		if sign.found {
			n += sign.worth
		}
	}
	return n
}
