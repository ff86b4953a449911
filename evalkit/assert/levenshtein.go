package assert

import (
	"context"
	"fmt"
)

// maxCells bounds the table of one comparison: about a second of time.
const maxCells = 200_000_000

func levenshteinKind() kind {
	return kind{name: "levenshtein", summary: "At most threshold characters (5 when not written) are to be added, dropped or changed to get this text.",
		value: "a text", threshold: numberLimit, make: makeLevenshtein}
}

func makeLevenshtein(w *written) checker {
	if t := w.textValue(); t != nil {
		return levenshtein{t, w.orDefault(5)}
	}
	return nil
}

type levenshtein struct {
	want *text
	most float64
}

func (c levenshtein) check(ctx context.Context, in Input, _ Services) (Result, error) {
	want, err := c.want.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	a, b := trimCommon([]rune(in.Output.Text), []rune(want))
	if difference := max(len(a), len(b)) - min(len(a), len(b)); float64(difference) > c.most {
		return binary(false, "distance is at least %d, more than %s, from %s: %s", difference, numberText(c.most), quote(want), quote(in.Output.Text)), nil
	}
	if len(a) > 0 && len(b) > maxCells/len(a) {
		return Result{}, fmt.Errorf("levenshtein: %d and %d characters are too many to compare", len(a), len(b))
	}
	d, err := distance(ctx, a, b)
	if err != nil {
		return Result{}, fmt.Errorf("levenshtein: %w", err)
	}
	if float64(d) <= c.most {
		return binary(true, "distance is %d, at most %s, from %s", d, numberText(c.most), quote(want)), nil
	}
	return binary(false, "distance is %d, more than %s, from %s: %s", d, numberText(c.most), quote(want), quote(in.Output.Text)), nil
}

// trimCommon drops what both begin and end with: it costs no edits.
func trimCommon(a, b []rune) ([]rune, []rune) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// distance is the Levenshtein distance in characters, one row of the table at a
// time. Only ctx can make an error.
func distance(ctx context.Context, a, b []rune) (int, error) {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range a {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		corner := row[0]
		row[0] = i + 1
		for j, s := range b {
			change := corner
			if r != s {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)], nil
}
