package compare

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// TextOptions say how Text writes. Nil is as the zero value.
type TextOptions struct {
	Color bool // ANSI colours; without, changes are marked [-so-] and {+so+}
}

const (
	maxLines = 400 // of one text, in Text and Markdown; the rest is counted
	maxSpan  = 240 // characters of a same span in a changed line, and of a same line
	maxWide  = 2000
)

// Text writes the changes for a terminal. Text of prompts never starts a line,
// and characters that would steer a terminal are made visible.
func (c Changes) Text(w io.Writer, o *TextOptions) error {
	if o == nil {
		o = &TextOptions{}
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, c.Sentence)
	for _, e := range c.Effects {
		fmt.Fprintf(b, "%s %s: %s\n", o.paint(color(e.Verdict), verdictWord(e.Verdict)), visible(e.Path, true), visible(e.Message, true))
	}
	for _, e := range c.Changes {
		fmt.Fprintln(b, headline(e, visiblePath))
		for i, l := range e.Text {
			if i == maxLines {
				fmt.Fprintf(b, "  … %d more lines\n", len(e.Text)-i)
				break
			}
			fmt.Fprintln(b, o.line(l))
		}
	}
	return b.Flush()
}

func visiblePath(s string) string { return visible(s, true) }

func verdictWord(v Verdict) string {
	if v == Unknown {
		return "cannot tell"
	}
	return string(v)
}

// headline is a change without its text; quote makes data safe.
func headline(e Change, quote func(string) string) string {
	path := quote(e.Path)
	switch {
	case e.Kind == Moved:
		return fmt.Sprintf("↕ %s: moved from %s to %s", path, quote(describe(e.Old)), quote(describe(e.New)))
	case e.Kind == Added && e.Text == nil:
		return fmt.Sprintf("+ %s: %s", path, quote(describe(e.New)))
	case e.Kind == Added:
		return "+ " + path
	case e.Kind == Removed && e.Text == nil:
		return fmt.Sprintf("- %s: %s", path, quote(describe(e.Old)))
	case e.Kind == Removed:
		return "- " + path
	case e.Text == nil && isSet(e.Old) && isSet(e.New):
		var out []string
		for _, v := range without(asList(e.Old), asList(e.New)) {
			out = append(out, "−"+quote(describe(v)))
		}
		for _, v := range without(asList(e.New), asList(e.Old)) {
			out = append(out, "+"+quote(describe(v)))
		}
		if n := len(out); n > 0 && n <= 20 {
			return fmt.Sprintf("~ %s: %s", path, strings.Join(out, ", "))
		}
		fallthrough
	case e.Text == nil:
		return fmt.Sprintf("~ %s: %s → %s", path, quote(describe(e.Old)), quote(describe(e.New)))
	}
	i, d := countWords(e.Text)
	if i+d == 0 {
		return fmt.Sprintf("~ %s (no words)", path)
	}
	return fmt.Sprintf("~ %s (+%d −%d words)", path, i, d)
}

// isSet reports a list of scalars, such as an enum.
func isSet(v any) bool {
	l, ok := v.([]any)
	return ok && allScalars(l)
}

var signs = map[Op]string{Same: " ", Deleted: "-", Inserted: "+", Changed: "~"}

func (o *TextOptions) line(l Line) string {
	if l.Skipped > 0 {
		return fmt.Sprintf("    … %d lines", l.Skipped)
	}
	var b strings.Builder
	b.WriteString("  " + signs[l.Op] + " │ ")
	for _, s := range l.Spans {
		text := shown(s)
		switch {
		case s.Op == Same:
			b.WriteString(text)
		case o.Color:
			b.WriteString(o.paint(map[Op]string{Deleted: "31", Inserted: "32"}[s.Op], text))
		case l.Op != Changed: // the sign says it
			b.WriteString(text)
		case s.Op == Deleted:
			b.WriteString("[-" + text + "-]")
		default:
			b.WriteString("{+" + text + "+}")
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// shown is a span's text on one line. Blanks are made visible where they are all
// that changed; long texts lose their middle.
func shown(s Span) string {
	text := s.Text
	if s.Op != Same {
		if strings.TrimSpace(text) == "" {
			text = strings.NewReplacer(" ", "·", "\t", "⇥", "\n", "⏎").Replace(text)
		} else {
			text = strings.ReplaceAll(text, "\n", "⏎")
		}
	}
	most := maxSpan
	if s.Op != Same {
		most = maxWide
	}
	if r := []rune(text); len(r) > most {
		text = fmt.Sprintf("%s … %d characters … %s", string(r[:most/2]), len(r)-most/2*2, string(r[len(r)-most/2:]))
	}
	return strings.ReplaceAll(visible(text, false), "\n", "⏎")
}

func color(v Verdict) string {
	return map[Verdict]string{Breaking: "31", Unknown: "33", Compatible: "32"}[v]
}

func (o *TextOptions) paint(code, text string) string {
	if !o.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
