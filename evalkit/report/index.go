package report

import (
	"cmp"
	"slices"

	"github.com/promptflag/promptflag/evalkit"
)

// mark is how one sample ended.
type mark uint8

const (
	missing mark = iota // not in the results
	passed
	failed
	erred
)

// maxRepeat bounds how many samples of one case and arm are counted.
const maxRepeat = 1000

// entry is one case in the index: no texts of it.
type entry struct {
	id   string
	tags []string
	file string
	line int
	// marks are by arm, in the order of the report, and repeat.
	marks   [][]mark
	seconds float64 // of the new arm's answers
	flip    *evalkit.Flip
}

// index is every case of a run with how its samples ended, in the order of the
// results. It takes about 300 bytes a case.
type index struct {
	cases []*entry
	byID  map[string]*entry
	arms  map[string]int
}

func newIndex(r *evalkit.Report) *index {
	x := &index{byID: map[string]*entry{}, arms: map[string]int{}}
	for i, a := range r.Arms {
		x.arms[a.ID] = i
	}
	return x
}

// load reads the results once.
func load(open Open, r *evalkit.Report) (*index, error) {
	x := newIndex(r)
	if open != nil {
		tags := map[string]string{} // one copy of each tag for all cases
		err := lines(open, r.Prompt, func(h *head, _ []byte) error {
			x.add(h, tags)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range r.Flips {
		f := &r.Flips[i]
		// A case may have flipped against several baselines: a regression tells more.
		if e := x.entry(f.Case); e.flip == nil || f.Regressed && !e.flip.Regressed {
			e.flip = f
		}
	}
	return x, nil
}

func (x *index) entry(id string) *entry {
	e := x.byID[id]
	if e == nil {
		e = &entry{id: id, marks: make([][]mark, len(x.arms))}
		x.byID[id] = e
		x.cases = append(x.cases, e)
	}
	return e
}

func (x *index) add(h *head, tags map[string]string) {
	if c := h.Case; c != nil {
		e := x.entry(c.ID)
		e.file, e.line = c.File, c.Line
		e.tags = e.tags[:0]
		for _, t := range c.Tags {
			if _, ok := tags[t]; !ok {
				tags[t] = t
			}
			e.tags = append(e.tags, tags[t])
		}
	}
	s := h.Sample
	if s == nil || s.Repeat < 0 || s.Repeat >= maxRepeat {
		return
	}
	arm, ok := x.arms[s.Arm]
	if !ok {
		return
	}
	e := x.entry(s.Case)
	for len(e.marks[arm]) <= s.Repeat {
		e.marks[arm] = append(e.marks[arm], missing)
	}
	e.marks[arm][s.Repeat] = markOf(s.Pass, s.Fault, s.Error)
	if arm == 0 {
		e.seconds += float64(s.Output.Latency) / 1e9
	}
}

func markOf(pass bool, fault, err string) mark {
	switch {
	case fault != "" || err != "":
		return erred
	case pass:
		return passed
	}
	return failed
}

// tally counts the samples of one arm.
func (e *entry) tally(arm int) (pass, fail, wrong int) {
	if arm >= len(e.marks) {
		return
	}
	for _, m := range e.marks[arm] {
		switch m {
		case passed:
			pass++
		case failed:
			fail++
		case erred:
			wrong++
		}
	}
	return
}

// kind is why a reader would look at a case, in the order in which they are shown.
type kind int

const (
	regressed kind = iota
	improved
	failing // a sample of the new version fails
	inError // a sample of some arm has no answer or could not be checked
	passing
)

func (k kind) String() string {
	return [...]string{"regressed", "improved", "failing", "error", "passing"}[k]
}

// kinds are all that hold of a case; the first is where it is shown.
func (e *entry) kinds() []kind {
	var all []kind
	if f := e.flip; f != nil {
		if f.Regressed {
			all = append(all, regressed)
		} else {
			all = append(all, improved)
		}
	}
	pass, fail, wrong := e.tally(0)
	if fail > 0 {
		all = append(all, failing)
	}
	for arm := 1; arm < len(e.marks); arm++ {
		_, _, w := e.tally(arm)
		wrong += w
	}
	// A case of which the new version has no answer at all was not evaluated.
	if wrong > 0 || pass+fail == 0 {
		all = append(all, inError)
	}
	if len(all) == 0 {
		all = append(all, passing)
	}
	return all
}

// choose takes the limit cases that matter most, flips first, in that order.
func (x *index) choose(limit int) []*entry {
	order := slices.Clone(x.cases)
	rank := make(map[*entry]kind, len(order))
	for _, e := range order {
		rank[e] = e.kinds()[0]
	}
	slices.SortStableFunc(order, func(a, b *entry) int { return cmp.Compare(rank[a], rank[b]) })
	return order[:min(limit, len(order))]
}
