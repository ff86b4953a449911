package assert

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// maxShown is how much of an output or of an expected text a reason shows, in
// characters.
const maxShown = 200

// maxReason bounds a reason or an error as a whole, in characters.
const maxReason = 600

// shorten cuts a text after n characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count := 0
	for i := range s {
		if count == n {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// clip bounds a reason, an error or a name.
func clip(s string) string { return shorten(s, maxReason) }

// oneLine makes an error fit for a log: it may quote a model.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

// quote shows a text of a model or of a case. It is data: whoever prints it
// escapes it.
func quote(s string) string { return `"` + shorten(s, maxShown) + `"` }

// quotes shows a list of texts.
func quotes(list []string) string {
	const most = 8
	out := make([]string, 0, most)
	for i, s := range list {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		out = append(out, `"`+shorten(s, 40)+`"`)
	}
	return strings.Join(out, ", ")
}

// binary is the result of a check that has no degrees. The reason is a fact
// about the output, so that it is true for the opposite too.
func binary(pass bool, format string, args ...any) Result {
	r := Result{Pass: pass, Reason: clip(fmt.Sprintf(format, args...))}
	if pass {
		r.Score = 1
	}
	return r
}

// scored is the result of a check with degrees: the score must reach the threshold.
func scored(name string, score, threshold float64) Result {
	than := "less than"
	if score >= threshold {
		than = "at least"
	}
	shown := fmt.Sprintf("%.4f", score)
	if rounded, _ := strconv.ParseFloat(shown, 64); (rounded >= threshold) != (score >= threshold) {
		shown = numberText(score) // it would contradict the decision
	}
	return Result{Pass: score >= threshold, Score: score,
		Reason: fmt.Sprintf("%s is %s, %s the threshold %s", name, shown, than, numberText(threshold))}
}

// orDefault is the threshold, or the type's own.
func (w *written) orDefault(d float64) float64 {
	w.standard = &d
	if w.threshold != nil {
		return *w.threshold
	}
	return d
}
