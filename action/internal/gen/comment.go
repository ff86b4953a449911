package gen

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxDoc    = 600 // characters of a description that comments repeat
	lineWidth = 96  // characters after which a comment goes on in the next line
)

// comment is a text of ours that may quote a description as a Go comment: line
// comments only, each with a space after the slashes, so that nothing in it is
// code or a directive.
func comment(indent string, paragraphs ...string) string {
	var b strings.Builder
	for i, p := range paragraphs {
		if i > 0 {
			b.WriteString(indent + "//\n")
		}
		for _, line := range wrap(plain(p), lineWidth) {
			b.WriteString(indent + "// " + line + "\n")
		}
	}
	return b.String()
}

// plain makes one line of a text and drops what source code may not hold.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, s)
	return shorten(strings.Join(strings.Fields(s), " "), maxDoc)
}

func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}

// wrap breaks before words that start with a letter: a line that starts with
// another sign could be a list, a heading or a build constraint.
func wrap(s string, width int) []string {
	var lines []string
	line, length := "", 0
	for word := range strings.SplitSeq(s, " ") {
		r, _ := utf8.DecodeRuneInString(word)
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width && unicode.IsLetter(r) {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}

// sentence ends a text that is shown as one.
func sentence(s string) string {
	s = plain(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
