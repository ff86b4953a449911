package bar

import (
	"fmt"
	"strconv"
	"strings"
)

// Move is one rule that a change moves.
type Move struct {
	Prompt string // whose rule it is; "" for promptflag.toml, which is about all
	File   string // where the rule stands, or stood, below the root of the repository
	// Loosens: it may be easier to pass now. Else it is harder.
	Loosens bool
	// Sentence is for people, begins with a verb and has the numbers: "removes 3 of
	// 40 cases: a, b, c". It quotes what people wrote: escape it where that matters.
	Sentence string
}

// Loosening are the moves that make it easier to pass.
func Loosening(all []Move) (out []Move) {
	for _, m := range all {
		if m.Loosens {
			out = append(out, m)
		}
	}
	return out
}

// moves collects those of one file.
type moves struct {
	prompt, file string
	all          []Move
}

func (m *moves) looser(format string, args ...any) {
	m.all = append(m.all, Move{m.prompt, m.file, true, fmt.Sprintf(format, args...)})
}

func (m *moves) tighter(format string, args ...any) {
	m.all = append(m.all, Move{m.prompt, m.file, false, fmt.Sprintf(format, args...)})
}

// number adds a move between two numbers that are there or not. less says that
// a smaller one asks for less. The formats take old, or old and new, as text;
// changed is what follows the verb.
func (m *moves) number(old, now *float64, less bool, text func(float64) string, gone, changed, added string) {
	switch {
	case old == nil && now == nil, old != nil && now != nil && *old == *now:
	case old != nil && now != nil:
		verb := "raises "
		if *now < *old {
			verb = "lowers "
		}
		text := verb + fmt.Sprintf(changed, text(*old), text(*now))
		m.all = append(m.all, Move{m.prompt, m.file, (*now < *old) == less, text})
	case now == nil:
		m.looser(gone, text(*old))
	default:
		m.tighter(added, text(*now))
	}
}

// maxNames is how many names a sentence has.
const maxNames = 5

// named counts things and keeps the first names.
type named struct {
	n     int
	names []string
}

func (c *named) add(name string) {
	c.n++
	if len(c.names) < maxNames {
		c.names = append(c.names, short(name))
	}
}

func (c *named) list() string {
	text := strings.Join(c.names, ", ")
	if more := c.n - len(c.names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func plain(f float64) string   { return strconv.FormatFloat(f, 'g', 6, 64) }
func percent(f float64) string { return plain(100*f) + " %" }
func points(f float64) string  { return plain(100*f) + " points" }
func dollars(f float64) string { return "$" + plain(f) }
func millis(f float64) string  { return plain(f) + " ms" }
