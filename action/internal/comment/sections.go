package comment

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/promptflag/promptflag/evalkit/report"
	"github.com/promptflag/promptflag/prompts/compare"
)

// Bytes of one part, at least and at most. evalkit's report takes no less than
// 4,000.
const (
	minDiff, maxDiff       = 1000, 10_000
	minFigures, maxFigures = 4100, 16_000
)

// section is what is shown of one prompt: parts that are whole by themselves.
type section struct{ table, diff, figures string }

// head and tail of a section that is folded. What it costs is counted with the
// first part.
func (c *composer) head(p Prompt) string {
	if len(c.Prompts) <= openPrompts {
		if len(c.Prompts) == 1 {
			return ""
		}
		return "\n### " + p.sign() + code(p.Name) + "\n\n"
	}
	word := p.verdict().word()
	if p.sign() == "" {
		word = p.what()
	}
	return "<details><summary>" + p.sign() + "<b>" + html.EscapeString(p.Name) + "</b>: " + word + "</summary>\n\n"
}

func (c *composer) tail() string {
	if len(c.Prompts) <= openPrompts {
		return ""
	}
	return "</details>\n\n"
}

// sections are the prompts, one by one. What needs to be looked at is there
// whole before the rest gets anything; then the tables of the rest, then what
// changed in them, then the figures of what passed.
func (c *composer) sections() string {
	all := make([]section, len(c.Prompts))
	look := 0 // prompts to look at come first, see rank
	for look < len(c.Prompts) && c.Prompts[look].rank() < 3 {
		look++
	}
	var tables, diffs, figures int // that are left out
	table := func(i int) { tables += c.take(&all[i], i, &all[i].table, true, c.tablePart) }
	diff := func(i, others int) {
		diffs += c.take(&all[i], i, &all[i].diff, c.Prompts[i].differs(), func(i int) string { return c.diffPart(i, others) })
	}
	figure := func(i, others int) {
		figures += c.take(&all[i], i, &all[i].figures, c.Prompts[i].Report != nil, func(i int) string { return c.figuresPart(i, others) })
	}
	for i := range look {
		table(i)
		figure(i, look-i)
		diff(i, 2*(look-i))
	}
	for i := look; i < len(all); i++ {
		table(i)
	}
	for i := look; i < len(all); i++ {
		diff(i, len(all)-i)
	}
	for i := look; i < len(all); i++ {
		figure(i, 1)
	}
	c.count(tables, "the answers about 1 prompt", "the answers about %s prompts")
	c.count(diffs, "what changed word by word in 1 prompt", "what changed word by word in %s prompts")
	c.count(figures, "the figures of 1 evaluation", "the figures of %s evaluations")
	var b strings.Builder
	for i, s := range all {
		if s != (section{}) {
			b.WriteString(c.head(c.Prompts[i]) + s.table + s.diff + s.figures + c.tail())
		}
	}
	return b.String()
}

func (c *composer) count(n int, one, many string) {
	switch {
	case n == 1:
		c.left = append(c.left, one)
	case n > 1:
		c.left = append(c.left, fmt.Sprintf(many, thousands(n)))
	}
}

// take makes a part, if there is one, and keeps it if there is room; 1 says that
// it is left out. Without room nothing is made.
func (c *composer) take(s *section, i int, part *string, exists bool, build func(int) string) int {
	if !exists {
		return 0
	}
	around := 0
	if *s == (section{}) {
		around = len(c.head(c.Prompts[i])) + len(c.tail())
	}
	if c.room-around <= minDiff {
		return 1
	}
	c.room -= around
	text := build(i)
	if len(text) > c.room || text == tooLong {
		c.room += around
		return 1
	}
	c.room -= len(text)
	*part = text
	return 0
}

// tooLong stands for a part that could not be made in the room there is.
const tooLong = "too long"

func (c *composer) tablePart(i int) string { return c.table(c.Prompts[i], len(c.Prompts) == 1) }

// differs: there is something to show word by word.
func (p Prompt) differs() bool {
	return p.Changes != nil && p.Kind != Removed && len(p.Changes.Changes) > 0
}

// diffPart is what changed, word by word; others are how many parts have to
// share the room.
func (c *composer) diffPart(i, others int) string {
	p := c.Prompts[i]
	around := 200
	limit := min(maxDiff, max(minDiff, c.room/max(others, 1)), c.room-around)
	var b bytes.Buffer
	if err := p.Changes.Markdown(&b, &compare.MarkdownOptions{Limit: limit}); err != nil || b.Len() > limit {
		return tooLong
	}
	title := "What changes, word by word"
	if p.Kind == Added {
		title = "The new prompt, word by word"
	}
	open := ""
	if len(c.Prompts) == 1 && b.Len() < 4000 && p.Kind != Added {
		open = " open"
	}
	text := b.String()
	if _, rest, ok := strings.Cut(text, "</p>\n\n"); ok && len(p.Changes.Effects) == 0 {
		text = rest // without the sentence, which the table has
	}
	return fold(title, open, text)
}

// figuresPart is the evaluation: each rule, and the cases that changed with what
// was answered.
func (c *composer) figuresPart(i, others int) string {
	p := c.Prompts[i]
	around := 200
	limit := min(maxFigures, max(minFigures, c.room/max(others, 1)), c.room-around)
	if limit < minFigures {
		return tooLong
	}
	var b bytes.Buffer
	if err := report.Markdown(&b, p.Report, c.Open, &report.MarkdownOptions{Limit: limit, MaxText: 800, Inner: true}); err != nil {
		b.Reset()
		b.WriteString("The answers could not be read: " + prose(err.Error()) + "\n")
	}
	return fold("The evaluation: every rule, and the cases that failed or changed, with their answers", "", b.String())
}

func fold(title, open, body string) string {
	return "<details" + open + "><summary>" + title + "</summary>\n\n" + strings.TrimSpace(body) + "\n\n</details>\n\n"
}
