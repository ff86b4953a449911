package evalkit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func (g *ruled) value(e *Estimate) {
	if e != nil {
		g.Value = &e.Value
	}
}

func (g *ruled) start(e *Estimate) string {
	switch {
	case e == nil && g.missing == 0:
		return g.Name + ": no case counts for it"
	case e == nil:
		return g.Name + ": no case was answered"
	}
	return fmt.Sprintf("%s %s (n=%d)", g.Name, number(e.Value), e.N)
}

func (j *judgement) between(e *Estimate) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf(", %s %% [%s, %s]", percent(j.confidence), number(e.Lower), number(e.Upper))
}

// end is the verdict as the end of a sentence.
func (g *ruled) end() string {
	s := ": " + string(g.Verdict)
	switch {
	case g.missing == 1:
		s += "; 1 case has no answer"
	case g.missing > 1:
		s += fmt.Sprintf("; %d cases have no answer", g.missing)
	case g.More > 0:
		s += fmt.Sprintf("; about %d more cases would decide", g.More)
	}
	return s
}

// called is what a sentence calls a baseline: by its place when there are more.
func (j *judgement) called(base int) string {
	n := 0
	for _, a := range j.arms {
		if a.Role == Baseline {
			n++
		}
	}
	if n < 2 {
		return "baseline"
	}
	return j.arms[base].Title
}

func mean(values []float64) *float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	sum /= float64(len(values))
	return &sum
}

// number writes what people read: two decimals, more where three digits would
// be lost, but no more than eight.
func number(v float64) string {
	abs := math.Abs(v)
	if abs < 1e-8 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(math.Round(v), 'g', -1, 64)
	}
	if abs >= 0.1 {
		s := strconv.FormatFloat(v, 'f', 2, 64)
		return strings.TrimSuffix(s, ".00")
	}
	decimals := min(8, 2-int(math.Floor(math.Log10(abs))))
	return strings.TrimRight(strconv.FormatFloat(v, 'f', decimals, 64), "0")
}

// signed writes negative numbers with a minus sign, which a hyphen is not.
func signed(v float64) string { return strings.Replace(number(v), "-", "−", 1) }

func percent(confidence float64) string { return number(100 * confidence) }
