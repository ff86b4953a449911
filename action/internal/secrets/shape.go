package secrets

import "regexp/syntax"

// shape is what can be told of every match of a rule without running it. It is
// read off the expression, so that an updated rule brings its own.
type shape struct {
	// reach is the length in bytes of the longest match, not counting what one
	// repetition without upper limit and without white space adds to it. -1 if
	// there is no such bound: then the rule sees the whole text.
	reach int
	// slack is how much may follow such a repetition.
	slack int
	// solid: white space is possible only around what the rule looks for.
	solid bool
	// word is how many bytes without white space every match has in a row.
	word int
	// mixed: word is of token bytes, and at least one is a digit or one of =+/.
	mixed bool
	// digit: the word has a digit.
	digit bool
	// ahead is how far behind the start of its keyword the credential may start
	// at most; 0 if it may also stand before it, or contain it.
	ahead int
}

func shapeOf(expr string) (shape, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return shape{}, err
	}
	s := shape{reach: longest(re), word: wordIn(re).best, solid: onlySpaceAtEnds(re)}
	switch n := unbounded(re); {
	case n > 1:
		s.reach = -1 // maybe two long words with white space between them
	case n == 1:
		s.slack = max(s.reach, 0)
	}
	return s, nil
}

// beforeGroup is the most bytes a match has before its first group, -1 if that
// has no bound.
func beforeGroup(expr string) (int, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat {
		return -1, err
	}
	sum := 0
	for _, sub := range re.Sub {
		n := longest(sub)
		if sub.Op == syntax.OpCapture {
			return sum, nil
		}
		if n < 0 {
			break
		}
		sum += n
	}
	return -1, nil
}

// longest is the length of the longest match, or -1.
func longest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(string(re.Rune))
	case syntax.OpCharClass:
		if ascii(re) {
			return 1
		}
		return 4
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 4
	case syntax.OpConcat, syntax.OpAlternate:
		sum, most := 0, 0
		for _, sub := range re.Sub {
			n := longest(sub)
			if n < 0 {
				return -1
			}
			sum, most = sum+n, max(most, n)
		}
		if re.Op == syntax.OpConcat {
			return sum
		}
		return most
	case syntax.OpCapture, syntax.OpQuest:
		return longest(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		n := longest(re.Sub[0])
		switch {
		case n < 0:
			return -1
		case re.Op == syntax.OpRepeat && re.Max >= 0:
			return n * re.Max
		case canSpace(re.Sub[0]):
			return -1
		case re.Op == syntax.OpRepeat:
			return n * re.Min
		}
		return n
	}
	return 0
}

// unbounded counts the repetitions without upper limit.
func unbounded(re *syntax.Regexp) int {
	n := 0
	if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0 {
		n = 1
	}
	for _, sub := range re.Sub {
		n += unbounded(sub)
	}
	return n
}

// onlySpaceAtEnds reports whether white space is possible only in what a match
// begins or ends with: the delimiters around a token.
func onlySpaceAtEnds(re *syntax.Regexp) bool {
	if re.Op != syntax.OpConcat {
		return !canSpace(re)
	}
	for i, sub := range re.Sub {
		if i > 0 && i < len(re.Sub)-1 && canSpace(sub) {
			return false
		}
	}
	return true
}

func canSpace(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r < 128 && isSpace[r] {
				return true
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= min(re.Rune[i+1], ' '); c++ {
				if isSpace[c] {
					return true
				}
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	}
	for _, sub := range re.Sub {
		if canSpace(sub) {
			return true
		}
	}
	return false
}

// ascii reports whether a class is of single bytes, but for the two letters
// that fold to s and k, with which nobody writes credentials.
func ascii(re *syntax.Regexp) bool {
	for i := 0; i < len(re.Rune); i += 2 {
		if hi := re.Rune[i+1]; hi >= 128 && hi != 'ſ' && hi != '\u212A' {
			return false
		}
	}
	return true
}

// word measures bytes without white space that every match of an expression
// has in a row: at its beginning, at its end and anywhere. solid: it has no
// white space at all, so that its neighbours join.
type word struct {
	first, last, best int
	solid             bool
}

func wordIn(re *syntax.Regexp) word {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		if canSpace(re) {
			return word{}
		}
		n := max(1, len(re.Rune))
		if re.Op == syntax.OpCharClass {
			n = 1
		}
		return word{n, n, n, true}
	case syntax.OpCapture:
		return wordIn(re.Sub[0])
	case syntax.OpConcat:
		all := word{solid: true}
		for _, sub := range re.Sub {
			all = all.then(wordIn(sub))
		}
		return all
	case syntax.OpAlternate:
		all := wordIn(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			w := wordIn(sub)
			all = word{min(all.first, w.first), min(all.last, w.last), min(all.best, w.best), all.solid && w.solid}
		}
		return all
	case syntax.OpQuest, syntax.OpStar:
		return word{solid: wordIn(re.Sub[0]).solid}
	case syntax.OpPlus, syntax.OpRepeat:
		w := wordIn(re.Sub[0])
		least := 1
		if re.Op == syntax.OpRepeat {
			least = re.Min
		}
		switch {
		case least == 0:
			return word{solid: w.solid}
		case w.solid:
			return word{w.first * least, w.last * least, w.best * least, true}
		}
		return w
	}
	return word{solid: true} // what is empty: ^, $, \b
}

func (w word) then(next word) word {
	joined := word{w.first, next.last, max(w.best, next.best, w.last+next.first), w.solid && next.solid}
	if w.solid {
		joined.first = w.last + next.first
	}
	if next.solid {
		joined.last = w.last + next.first
	}
	return joined
}
