package compare

import (
	"slices"
	"strings"
	"unicode"

	"znkr.io/diff"
)

// Op says what happened to a piece of text.
type Op string

const (
	Same     Op = "same"
	Deleted  Op = "deleted"
	Inserted Op = "inserted"
	Changed  Op = "changed" // of a line: some of its spans were deleted or inserted
)

// Span is a piece of a line. A "\n" that was deleted or inserted is part of its
// span; the one that ends a line is not.
type Span struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

// Line is one line of a compared text, or stands for lines that did not change.
type Line struct {
	Op      Op     `json:"op"`
	Spans   []Span `json:"spans,omitempty"`
	Skipped int    `json:"skipped,omitempty"` // how many same lines are left out here
}

const (
	contextLines = 3       // same lines kept around a change
	maxTokens    = 200_000 // of both sides of a block; beyond, lines are compared and words are not
)

// compareTexts aligns lines, and words in lines that changed. The time is that
// of the library's heuristics, O(n log n) for long texts.
func compareTexts(old, new string) []Line {
	var out []Line
	var gone, come []string
	flush := func() {
		out = append(out, block(gone, come)...)
		gone, come = nil, nil
	}
	a, b := lines(old), lines(new)
	var options []diff.Option
	if len(a)+len(b) > 20_000 {
		options = append(options, diff.Fast())
	}
	for _, e := range diff.Edits(a, b, options...) {
		switch e.Op {
		case diff.Delete:
			gone = append(gone, e.X)
		case diff.Insert:
			come = append(come, e.Y)
		default:
			flush()
			out = append(out, Line{Op: Same, Spans: spans(Same, e.X)})
		}
	}
	flush()
	return elide(out)
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func spans(op Op, text string) []Span {
	if text == "" {
		return nil
	}
	return []Span{{op, text}}
}

// block compares lines that were replaced word by word, if enough stayed.
func block(gone, come []string) []Line {
	x, y := tokens(strings.Join(gone, "\n")), tokens(strings.Join(come, "\n"))
	if len(gone) > 0 && len(come) > 0 && len(x)+len(y) <= maxTokens {
		var options []diff.Option
		if len(x)+len(y) > 20_000 {
			options = append(options, diff.Fast())
		}
		edits := diff.Edits(x, y, options...)
		if kept(edits)*10 >= 3*max(size(x), size(y)) {
			return wordLines(edits)
		}
	}
	var out []Line
	for _, l := range gone {
		out = append(out, Line{Op: Deleted, Spans: spans(Deleted, l)})
	}
	for _, l := range come {
		out = append(out, Line{Op: Inserted, Spans: spans(Inserted, l)})
	}
	return out
}

// tokens are words, runs of blanks, line ends and single other characters.
func tokens(s string) []string {
	var out []string
	start, last := 0, -1
	for i, r := range s {
		c := class(r)
		if i > start && (c != last || c == 0) {
			out, start = append(out, s[start:i]), i
		}
		last = c
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

func class(r rune) int {
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
		return 1
	case r != '\n' && unicode.IsSpace(r):
		return 2
	}
	return 0
}

func isWord(token string) bool { return class([]rune(token)[0]) == 1 }

func size(tokens []string) (n int) {
	for _, t := range tokens {
		n += len(strings.TrimSpace(t))
	}
	return n
}

func kept(edits []diff.Edit[string]) (n int) {
	for _, e := range edits {
		if e.Op == diff.Match {
			n += len(strings.TrimSpace(e.X))
		}
	}
	return n
}

// wordLines puts word edits back into lines.
func wordLines(edits []diff.Edit[string]) []Line {
	var out []Line
	line := Line{Op: Same}
	put := func(op Op, text string) {
		if n := len(line.Spans); n > 0 && line.Spans[n-1].Op == op {
			line.Spans[n-1].Text += text
		} else {
			line.Spans = append(line.Spans, Span{op, text})
		}
		if op != Same {
			line.Op = Changed
		}
	}
	end := func() { out, line = append(out, line), Line{Op: Same} }
	for _, e := range edits {
		op, text := Same, e.X
		switch e.Op {
		case diff.Delete:
			op = Deleted
		case diff.Insert:
			op, text = Inserted, e.Y
		}
		if text == "\n" && op == Same {
			end()
			continue
		}
		put(op, text)
		if text == "\n" {
			end()
		}
	}
	end()
	return out
}

// elide leaves out same lines that are far from a change.
func elide(all []Line) []Line {
	keep := make([]bool, len(all))
	for i, l := range all {
		if l.Op != Same {
			for j := max(0, i-contextLines); j <= min(len(all)-1, i+contextLines); j++ {
				keep[j] = true
			}
		}
	}
	var out []Line
	for i := 0; i < len(all); i++ {
		j := i
		for j < len(all) && !keep[j] {
			j++
		}
		switch {
		case j == i:
			out = append(out, all[i])
		case j-i == 1: // as long as the word about it
			out = append(out, all[i])
		default:
			out = append(out, Line{Op: Same, Skipped: j - i})
			i = j - 1
		}
	}
	return slices.Clip(out)
}

// countWords counts the words that came and went.
func countWords(text []Line) (inserted, deleted int) {
	for _, l := range text {
		for _, s := range l.Spans {
			if s.Op == Same {
				continue
			}
			for _, t := range tokens(s.Text) {
				switch {
				case !isWord(t):
				case s.Op == Inserted:
					inserted++
				default:
					deleted++
				}
			}
		}
	}
	return inserted, deleted
}
