package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// unknown stands where there is no number. It is never 0.
const unknown = "not known"

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// number writes v with so many decimals and a minus that is as wide as a plus.
func number(v float64, decimals int) string {
	if !finite(v) {
		return unknown
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if digits, negative := strings.CutPrefix(text, "-"); negative {
		if strings.Trim(digits, "0.") == "" {
			return digits
		}
		return "−" + digits
	}
	return text
}

func percent(v float64) string {
	if !finite(v) {
		return unknown
	}
	return number(100*v, 1) + " %"
}

// money writes USD with the digits that matter of small amounts.
func money(v float64) string {
	size := math.Abs(v)
	switch {
	case !finite(v):
		return unknown
	case v == 0:
		return "$0"
	case size >= 1:
		return "$" + number(v, 2)
	}
	return "$" + number(v, min(2-int(math.Ceil(math.Log10(size))), 12))
}

// duration writes milliseconds.
func duration(ms float64) string {
	switch {
	case !finite(ms):
		return unknown
	case ms >= 1000:
		return number(ms/1000, 2) + " s"
	}
	return number(ms, 0) + " ms"
}

// seconds writes how long a run took.
func seconds(s float64) string {
	if finite(s) && s >= 90 {
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	}
	return number(s, 1) + " s"
}

// unit is how a number is written.
type unit int

const (
	score   unit = iota // from 0 to 1
	share               // from 0 to 1, written as percent
	count               // whole
	dollars             // USD
	millis
)

func (u unit) text(v float64) string {
	switch u {
	case share:
		return percent(v)
	case count:
		return number(v, 0)
	case dollars:
		return money(v)
	case millis:
		return duration(v)
	}
	return number(v, 3)
}

func (u unit) optional(v *float64) string {
	if v == nil {
		return unknown
	}
	return u.text(*v)
}

// bare is without the sign of the unit, for the ends of an interval.
func (u unit) bare(v float64) string {
	if u == share {
		return number(100*v, 1)
	}
	return u.text(v)
}

// estimate is a value with its interval: "94.5 % [90.2, 97.0]".
func (u unit) estimate(e *evalkit.Estimate) string {
	if e == nil {
		return unknown
	}
	return u.text(e.Value) + " [" + u.bare(e.Lower) + ", " + u.bare(e.Upper) + "]"
}

// difference is as estimate, with signs, and points where the unit is percent.
func (u unit) difference(e *evalkit.Estimate) string {
	if e == nil {
		return unknown
	}
	text := u.signed(e.Value)
	if u == share {
		text += " points"
	}
	return text + " [" + u.signed(e.Lower) + ", " + u.signed(e.Upper) + "]"
}

func (u unit) signed(v float64) string {
	if text := u.bare(v); v <= 0 || !finite(v) {
		return text
	} else {
		return "+" + text
	}
}

// kilo is the cost of 1,000 calls.
func kilo(q *evalkit.Quantiles) string {
	if q == nil {
		return unknown
	}
	return money(1000 * q.Mean)
}

// plural is "1 case", "2 cases".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands is 12,345.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
