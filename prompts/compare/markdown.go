package compare

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"
)

// MarkdownOptions say how Markdown writes. Nil is as the zero value.
type MarkdownOptions struct {
	// Limit is the most bytes that are written; what does not fit is counted in a
	// last line. 0 means 60,000, which leaves room in a comment on GitHub.
	Limit int
}

// Markdown writes the changes for a comment on GitHub. Nothing that comes from a
// prompt is Markdown or HTML there: it stands escaped inside code and pre
// elements of HTML blocks, where no mention, reference, link, image or formula is
// looked for, and it can neither start nor contain a workflow command.
func (c Changes) Markdown(w io.Writer, o *MarkdownOptions) error {
	limit := 60_000
	if o != nil && o.Limit > 0 {
		limit = o.Limit
	}
	pieces := []string{"<p>" + code(c.Sentence) + "</p>\n"}
	if len(c.Effects) > 0 {
		pieces = append(pieces, "")
		for _, e := range c.Effects {
			pieces = append(pieces, fmt.Sprintf("<p>%s %s</p>\n", badge(e.Verdict), code(e.Message)))
		}
	}
	for _, e := range c.Changes {
		pieces = append(pieces, markdownChange(e))
	}
	var b bytes.Buffer
	for i, p := range pieces {
		note := fmt.Sprintf("\n<p>… %d more</p>\n", len(pieces)-i)
		if b.Len()+len(p)+len(note)+1 > limit {
			b.WriteString(note)
			break
		}
		b.WriteString(p)
		if p != "" {
			b.WriteByte('\n')
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func badge(v Verdict) string {
	return map[Verdict]string{Breaking: "❌ <b>breaking</b>", Unknown: "❔ <b>cannot be told</b>", Compatible: "ℹ️ compatible"}[v]
}

const foldAfter = 12 // lines of a text that are shown without a click

func markdownChange(e Change) string {
	head := headline(e, code)
	if e.Text == nil {
		return "<p>" + head + "</p>\n"
	}
	var b strings.Builder
	open := " open"
	if len(e.Text) > foldAfter {
		open = ""
	}
	// the blank lines let the pre start a block of its own, which blank lines inside do not end
	fmt.Fprintf(&b, "<details%s><summary>%s</summary>\n\n<pre>\n", open, head)
	for i, l := range e.Text {
		if i == maxLines {
			fmt.Fprintf(&b, "… %d more lines\n", len(e.Text)-i)
			break
		}
		b.WriteString(markdownLine(l) + "\n")
	}
	b.WriteString("</pre>\n\n</details>\n")
	return b.String()
}

func markdownLine(l Line) string {
	if l.Skipped > 0 {
		return fmt.Sprintf("  … %d lines", l.Skipped)
	}
	var b strings.Builder
	b.WriteString(signs[l.Op] + " ")
	for _, s := range l.Spans {
		text := escape(shown(s))
		switch s.Op {
		case Deleted:
			text = "<del>" + text + "</del>"
		case Inserted:
			text = "<ins>" + text + "</ins>"
		}
		b.WriteString(text)
	}
	return strings.TrimRight(b.String(), " ")
}

// code is data on one line inside an HTML block.
func code(s string) string { return "<code>" + escape(visible(s, true)) + "</code>" }

// escape makes text safe in HTML, and in the log of a workflow: commands start
// with :: or ##[ there.
func escape(s string) string {
	s = html.EscapeString(s)
	return strings.NewReplacer("::", "&#58;&#58;", "##[", "&#35;&#35;[", "@", "&#64;").Replace(s)
}
