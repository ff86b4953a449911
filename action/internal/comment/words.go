package comment

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit/report"
)

// code is a name that people wrote.
func code(s string) string { return report.Code(s, 120) }

// prose is a sentence with names in it that people wrote.
func prose(s string) string { return report.Prose(s, 500) }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// some names at most so many.
func some(names []string, most int) string {
	var out []string
	for i, n := range names {
		if i == most {
			return strings.Join(out, ", ") + " and " + thousands(len(names)-most) + " more"
		}
		out = append(out, code(n))
	}
	return strings.Join(out, ", ")
}

// address is one that can stand in Markdown as it is.
var address = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]{1,400}$`)

// link is words with an address behind them, or the words alone.
func link(words, to string) string {
	if !address.MatchString(to) {
		return words
	}
	return "[" + words + "](<" + to + ">)"
}

func (v Verdict) sign() string {
	switch v {
	case Pass:
		return "✅"
	case Fail:
		return "❌"
	case Inconclusive:
		return "❔"
	}
	return "⚪"
}

// sign is that of the verdict with a space after it; "" where nothing was to be
// judged.
func (p Prompt) sign() string {
	if p.Report == nil && p.verdict() == Pass {
		return ""
	}
	return p.verdict().sign() + " "
}

func (v Verdict) word() string {
	switch v {
	case Pass:
		return "passed"
	case Fail:
		return "failed"
	case Inconclusive:
		return "could not tell"
	}
	return "not evaluated"
}

// lines is text in the cell of a table.
func lines(parts []string) string { return strings.Join(parts, "<br>") }

func upper(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}
