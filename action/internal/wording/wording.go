package wording

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Counted is a number with its noun: "1 prompt", "2 prompts".
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Few are names in one sentence: the first ten, and how many more there are.
func Few(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Moment is a time to the minute, in UTC wherever it is read.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Line is text of others on one line of a terminal, a log or a record: words with
// single spaces between them, without what controls a terminal or does not show.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
