package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// visible replaces by its number what a reader would not see, or what would
// change how other characters are read: control characters but tab and line feed, marks of
// writing direction, zero-width and tag characters. Joiners stay, because
// scripts and emoji need them. What is not UTF-8 becomes U+FFFD.
func visible(text string) string {
	if !strings.ContainsFunc(text, hidden) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, r := range text {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "‹U+%04X›", r)
	}
	return b.String()
}

func hidden(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == 0x200C, r == 0x200D:
		return false
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xAD, r == 0x061C, r == 0x180E:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	}
	return r == 0xFEFF || r >= 0xFFF9 && r <= 0xFFFB || r >= 0xFFFE && r <= 0xFFFF || r >= 0xE0000 && r <= 0xE0FFF
}

// line is visible text on one line.
func line(text string) string {
	return strings.Join(strings.Fields(visible(strings.Map(func(r rune) rune {
		if r == 0x2028 || r == 0x2029 || r == '\r' {
			return ' '
		}
		return r
	}, text))), " ")
}

// held is a line for a page: a number and its percent sign stay together, and so
// do the ends of an interval.
func held(text string) string {
	text = strings.ReplaceAll(line(text), " %", "\u00a0%")
	return interval.ReplaceAllString(text, "[$1,\u00a0$2]")
}

var interval = regexp.MustCompile(`\[([−+$0-9.]+), ([−+$0-9.]+)\]`)

// cut shortens text to at most limit bytes, at the end of a character, and says
// how many bytes are gone.
func cut(text string, limit int) (string, int) {
	if len(text) <= limit {
		return text, 0
	}
	end := max(limit, 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], len(text) - end
}

// short is one line of at most limit bytes or so, with an ellipsis when there is more.
func short(text string, limit int) string {
	head, _ := cut(text, 4*limit)
	head, gone := cut(line(head), limit)
	if gone > 0 || len(text) > 4*limit {
		return strings.TrimSpace(head) + " …"
	}
	return head
}
