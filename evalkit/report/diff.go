package report

import (
	"strings"
	"unicode"
)

// span is a part of a text; Changed when the other text does not have it.
type span struct {
	Text    string
	Changed bool
}

const (
	// maxTable bounds the work for one pair of texts: words × words.
	maxTable = 1 << 18
	// minAlike is the share of words that must be the same for marks to help.
	minAlike = 0.25
)

// differences marks the words that only one of two texts has. Both are nil when
// the texts are equal, too long to compare, or have so little in common that
// marks would be all over them.
func differences(a, b string) (inA, inB []span) {
	if a == b || a == "" || b == "" {
		return nil, nil
	}
	x, y := words(a), words(b)
	start := 0
	for start < len(x) && start < len(y) && x[start] == y[start] {
		start++
	}
	end := 0
	for end < len(x)-start && end < len(y)-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	p, q := x[start:len(x)-end], y[start:len(y)-end]
	if len(p)*len(q) > maxTable {
		return nil, nil
	}
	keepX, keepY := common(p, q)
	same := start + end
	for _, k := range keepX {
		if k {
			same++
		}
	}
	if float64(same) < minAlike*float64(max(len(x), len(y))) {
		return nil, nil
	}
	return spans(x, start, end, keepX), spans(y, start, end, keepY)
}

// words splits text into words, single signs and runs of white space.
func words(text string) []string {
	var all []string
	start, last := 0, rune(-1)
	class := func(r rune) int {
		switch {
		case unicode.IsSpace(r):
			return 1
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '_':
			return 2
		}
		return 0
	}
	for i, r := range text {
		if i > 0 && (class(r) == 0 || class(r) != class(last)) {
			all = append(all, text[start:i])
			start = i
		}
		last = r
	}
	return append(all, text[start:])
}

// common is the longest common subsequence: which words of each are in it.
func common(x, y []string) (inX, inY []bool) {
	inX, inY = make([]bool, len(x)), make([]bool, len(y))
	if len(x) == 0 || len(y) == 0 {
		return inX, inY
	}
	width := len(y) + 1
	length := make([]int32, (len(x)+1)*width) // of what is common from there on
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			inX[i], inY[j] = true, true
			i, j = i+1, j+1
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return inX, inY
}

func spans(words []string, start, end int, keep []bool) []span {
	var all []span
	for i, w := range words {
		changed := i >= start && i < len(words)-end && !keep[i-start]
		if n := len(all); n > 0 && all[n-1].Changed == changed {
			all[n-1].Text += w
			continue
		}
		all = append(all, span{w, changed})
	}
	return joined(all)
}

// joined marks what is the same by chance: a few letters of one line between
// longer marks. Marks of single words in a rewritten sentence are hard to read.
func joined(all []span) []span {
	var out []span
	for i, s := range all {
		n := len(out)
		chance := !s.Changed && n > 0 && i+1 < len(all) && !strings.Contains(s.Text, "\n") &&
			len(strings.TrimSpace(s.Text)) <= min(len(out[n-1].Text), len(all[i+1].Text))/2
		switch {
		case n > 0 && (chance || s.Changed && out[n-1].Changed):
			out[n-1].Text += s.Text
		default:
			out = append(out, s)
		}
	}
	return out
}
