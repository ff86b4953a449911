package wording

import (
	"fmt"
	"strings"
	"time"
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
