package drift

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Print writes a report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, d := range r.Done {
		b.WriteString("mended: " + line(d) + "\n")
	}
	place := ""
	for _, f := range r.Findings {
		if now := f.Prompt + " in " + f.Environment; now != place {
			place = now
			b.WriteString(line(now) + "\n")
		}
		fmt.Fprintf(&b, "  %s: %s\n    should be: %s\n    mend: %s\n", f.Kind, line(f.Is), line(f.Should), line(f.Mend))
	}
	for _, u := range r.Unread {
		fmt.Fprintf(&b, "could not be read: %s: %s\n", line(strings.TrimPrefix(u.Environment+": "+u.What, ": ")), line(u.Cause))
	}
	b.WriteString(r.Summary() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Summary is one sentence: what was found in what.
func (r *Report) Summary() string {
	looked := fmt.Sprintf("%s, %s and %s in %s", plural(r.Looked.Prompts, "prompt"), plural(r.Looked.Flags, "flag"), plural(r.Looked.Versions, "version"), plural(r.Looked.Environments, "environment"))
	switch n, u := len(r.Findings), len(r.Unread); {
	case u > 0 && n > 0:
		return fmt.Sprintf("drift: %s, and %s could not be read; looked at %s", plural(n, "finding"), plural(u, "thing"), looked)
	case u > 0:
		return fmt.Sprintf("could not tell: %s could not be read; looked at %s", plural(u, "thing"), looked)
	case n > 0:
		return fmt.Sprintf("drift: %s; looked at %s", plural(n, "finding"), looked)
	}
	return "no drift: git, bucket and flags agree; looked at " + looked
}

// maxListed bounds the findings in an issue, which takes 65,536 characters.
const maxListed = 60

// Markdown is the report for an issue or a summary; run is the address of this
// run, "" for none. Everything that people wrote shows as it is.
func (r *Report) Markdown(run string) string {
	var b strings.Builder
	b.WriteString(escape(r.Summary()) + "\n")
	for _, d := range r.Done {
		b.WriteString("\n- mended: " + escape(d))
	}
	if len(r.Findings) > 0 {
		b.WriteString("\n| prompt | environment | what | is | should be | how to mend it |\n|---|---|---|---|---|---|\n")
	}
	for i, f := range r.Findings {
		if i == maxListed {
			fmt.Fprintf(&b, "\n… and %s.\n", plural(len(r.Findings)-i, "more finding"))
			break
		}
		cells := []string{f.Prompt, f.Environment, string(f.Kind), f.Is, f.Should, f.Mend}
		for j, c := range cells {
			cells[j] = escape(short(c))
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	for i, u := range r.Unread {
		if i == maxListed {
			fmt.Fprintf(&b, "\n- … and %s\n", plural(len(r.Unread)-i, "more"))
			break
		}
		b.WriteString("\n- could not be read: " + escape(short(strings.TrimPrefix(u.Environment+": "+u.What+": "+u.Cause, ": "))))
	}
	if run != "" {
		b.WriteString("\n\nFrom " + escape(run))
	}
	return b.String() + "\n"
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// short keeps a cell readable.
func short(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// line is text of others on one line of a terminal.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
}

// markup is what Markdown or HTML would take as more than text.
var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;",
	"[", "&#91;", "]", "&#93;", "@", "&#64;&#8203;", "#", "&#35;", "\\", "&#92;", "~", "&#126;", ":", "&#58;", "$", "&#36;",
	"www.", "www&#46;",
)

func escape(s string) string { return markup.Replace(line(s)) }
