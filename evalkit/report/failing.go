package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// maxFailing is how many failing cases a terminal and a comment show.
const maxFailing = 10

// failing are the cases of which the new version has an answer that fails, those
// that got worse first.
func (x *index) failing() []*entry {
	var all []*entry
	for _, e := range x.cases {
		if _, fail, _ := e.tally(0); fail > 0 {
			all = append(all, e)
		}
	}
	rank := func(e *entry) int {
		if e.flip != nil && e.flip.Regressed {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b *entry) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

// place is where a case is written; "" where that is not known.
func (e *entry) place() string {
	if e.file == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", e.file, e.line)
}

// some says how many answers to a case fail; "" for its only one.
func (e *entry) some() string {
	pass, fail, wrong := e.tally(0)
	if all := pass + fail + wrong; all > 1 {
		return fmt.Sprintf("%d of %d answers", fail, all)
	}
	return ""
}

// failing tells which cases fail and why, a few lines each.
func (p *printer) failing(r *evalkit.Report) {
	x, err := load(p.o.Open, r)
	var cases map[string]*shown
	var all []*entry
	if err == nil {
		all = x.failing()
		cases, err = texts(p.o.Open, r, x, all[:min(len(all), maxFailing)], bounds{text: 1000, samples: 1})
	}
	if err != nil {
		p.line("")
		p.wrap("", "The cases that fail cannot be told: "+err.Error())
		return
	}
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("Failed (" + plural(len(all), "case", "cases") + "):")
	for i, e := range all {
		if i == maxFailing {
			text := "and " + thousands(len(all)-i) + " more"
			if p.o.Full != "" {
				text += " in " + p.o.Full
			}
			p.line("  " + text)
			break
		}
		p.wrap("  - ", joinKnown(", ", short(e.id, 60), short(e.place(), 200), e.some()))
		if arms := cases[e.id].Arms; len(arms) > 0 && len(arms[0]) > 0 {
			why, answer := failure(arms[0][0], p.o.Width-20)
			p.wrap("      ", why)
			if answer != "" {
				p.wrap("      ", "answered: "+answer)
			}
		}
	}
}

// failure is why an answer fails, in a sentence, and limit bytes of the answer,
// unless they stand in that.
func failure(a answer, limit int) (why, answer string) {
	n := 0
	for _, c := range a.Checks {
		if c.State != checkFailed || c.Part {
			continue
		}
		if n++; n == 1 {
			why = c.Name + ": " + short(c.Reason, 240)
		}
	}
	switch {
	case n == 0:
		why = "score " + number(a.Score, 3) + ", less than the threshold of the case"
	case n > 1:
		why += fmt.Sprintf(" (and %d more)", n-1)
	}
	answer = short(said(a), limit)
	if strings.Contains(why, strings.TrimSuffix(answer, " …")) {
		answer = ""
	}
	return why, answer
}

func joinKnown(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), between)
}
