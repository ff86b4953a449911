package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Stretch ends the names of figures that are wishes.
const Stretch = "_stretch"

// Figure says what is measured and how much of it is allowed.
type Figure struct {
	Name string
	Unit string
	Goal float64 // the most that is ok; 0: none, the figure is there to be read
}

// Short says whether v misses the goal. What is not a number misses every one.
func (f Figure) Short(v float64) bool { return f.Goal != 0 && !(v <= f.Goal) }

// Line is the figure with a value, without an end of line.
func (f Figure) Line(v float64) string {
	goal, state := "-", "ok"
	if f.Goal != 0 {
		goal = "<= " + number(f.Goal)
	}
	if f.Short(v) {
		state = "short"
	}
	return strings.Join([]string{f.Name, number(v) + " " + f.Unit, goal, state}, "\t")
}

// number is v with at most three decimals.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// Report prints figures as they come. It is not for use by several goroutines.
type Report struct {
	w        io.Writer
	figures  []Figure
	printed  map[string]bool
	short    int
	failures int
}

// NewReport prints to w; figures are all that may be printed.
func NewReport(w io.Writer, figures []Figure) *Report {
	return &Report{w: w, figures: figures, printed: map[string]bool{}}
}

// Print writes one line. A name that is not among the figures, or was printed
// before, is an error: a goal would be missed without anybody seeing it.
func (r *Report) Print(name string, v float64) error {
	for _, f := range r.figures {
		if f.Name != name {
			continue
		}
		if r.printed[name] {
			return fmt.Errorf("print figure %s: printed before", name)
		}
		r.printed[name] = true
		if f.Short(v) && !strings.HasSuffix(name, Stretch) {
			r.short++
		}
		_, err := fmt.Fprintln(r.w, f.Line(v))
		return err
	}
	return fmt.Errorf("print figure %s: not in the table", name)
}

// Fail notes that figures could not be measured.
func (r *Report) Fail() { r.failures++ }

// Missing are the names that were not printed.
func (r *Report) Missing() (names []string) {
	for _, f := range r.figures {
		if !r.printed[f.Name] {
			names = append(names, f.Name)
		}
	}
	return names
}

// Code is what a command that printed the report ends with.
func (r *Report) Code() int {
	switch {
	case r.failures > 0:
		return 2
	case r.short > 0:
		return 1
	}
	return 0
}
