package drift

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/action/internal/wording"
)

// Print writes a report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, d := range r.Done {
		b.WriteString("mended: " + wording.Line(d) + "\n")
	}
	place := ""
	for _, f := range r.Findings {
		if now := f.Prompt + " in " + f.Environment; now != place {
			place = now
			b.WriteString(wording.Line(now) + "\n")
		}
		fmt.Fprintf(&b, "  %s: %s\n    should be: %s\n    mend: %s\n", f.Kind, wording.Line(f.Is), wording.Line(f.Should), wording.Line(f.Mend))
	}
	for _, u := range r.Unread {
		fmt.Fprintf(&b, "could not be read: %s: %s\n", wording.Line(strings.TrimPrefix(u.Environment+": "+u.What, ": ")), wording.Line(u.Cause))
	}
	b.WriteString(r.Summary() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Summary is one sentence: what was found in what.
func (r *Report) Summary() string {
	looked := fmt.Sprintf("%s, %s and %s in %s",
		wording.Counted(r.Looked.Prompts, "prompt", "prompts"), wording.Counted(r.Looked.Flags, "flag", "flags"),
		wording.Counted(r.Looked.Versions, "version", "versions"), wording.Counted(r.Looked.Environments, "environment", "environments"))
	switch n, u := len(r.Findings), len(r.Unread); {
	case u > 0 && n > 0:
		return fmt.Sprintf("drift: %s, and %s could not be read; looked at %s", wording.Counted(n, "finding", "findings"), wording.Counted(u, "thing", "things"), looked)
	case u > 0:
		return fmt.Sprintf("could not tell: %s could not be read; looked at %s", wording.Counted(u, "thing", "things"), looked)
	case n > 0:
		return fmt.Sprintf("drift: %s; looked at %s", wording.Counted(n, "finding", "findings"), looked)
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
			fmt.Fprintf(&b, "\n… and %s.\n", wording.Counted(len(r.Findings)-i, "more finding", "more findings"))
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
			fmt.Fprintf(&b, "\n- … and %d more\n", len(r.Unread)-i)
			break
		}
		b.WriteString("\n- could not be read: " + escape(short(strings.TrimPrefix(u.Environment+": "+u.What+": "+u.Cause, ": "))))
	}
	if run != "" {
		b.WriteString("\n\nFrom " + escape(run))
	}
	return b.String() + "\n"
}

// short keeps a cell readable.
func short(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

func escape(s string) string { return wording.Markdown(wording.Line(s)) }
