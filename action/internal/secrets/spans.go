package secrets

// isSpace is what \s means: what no token contains.
var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\f': true, '\r': true}

// isMixed marks the bytes of a token that words do not have.
var isMixed = [256]bool{'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true,
	'8': true, '9': true, '=': true, '+': true, '/': true}

// shortest is how long a word must be to be looked at. Shorter credentials than
// this are not found.
const shortest = 8

// span is a part of a text in which one rule may match.
type span struct {
	rule     *rule
	from, to int
}

// isToken are the bytes of the tokens that generic rules look for.
func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isMixed[c] || c == '_' || c == '.' || c == '-'
}

// run is a stretch of text without white space.
type run struct {
	start, end int
	mixed      int // bytes of the longest token with a mixed byte in it
	digit      bool
}

// around follows one rule through a text: its hits come in order.
type around struct {
	run   int // the first run that is not left of all hits to come
	open  int // 1 + number of its span in the list; 0 for none
	right int // the white space that ends the reach of the last hit
}

// scratch is what one Find needs and gives back.
type scratch struct {
	lower []byte
	runs  []run
	state []around
}

// spans finds where rules are worth running: around their keywords, as far as a
// match can reach, if a word long enough for the rule is there. Prose has
// keywords in every sentence and hardly ever such words.
func (d *Detector) spans(text string) []span {
	s := d.scratch.Get().(*scratch)
	defer d.scratch.Put(s)
	s.prepare(text, len(d.rules))
	if len(s.runs) == 0 {
		return nil
	}
	var spans []span
	for _, i := range d.bare {
		for _, w := range s.runs {
			if w.end-w.start >= d.rules[i].shape.word {
				spans = append(spans, span{d.rules[i], max(w.start-1, 0), min(w.end+1, len(text))})
			}
		}
	}
	d.trie.Walk(s.lower, func(end, n, keyword int64) bool {
		for _, i := range d.keywords[keyword] {
			spans = d.hit(spans, s, text, i, int(end-n)+1)
		}
		return true
	})
	return spans
}

func (s *scratch) prepare(text string, rules int) {
	s.runs, s.state = s.runs[:0], append(s.state[:0], make([]around, rules)...)
	s.lower = append(s.lower[:0], text...)
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case isSpace[c]:
			s.add(text, start, i)
			start = i + 1
		case c >= 'A' && c <= 'Z':
			s.lower[i] = c + 'a' - 'A'
		}
	}
	s.add(text, start, len(text))
}

// add notes text[start:end] if it is long enough.
func (s *scratch) add(text string, start, end int) {
	if end-start < shortest {
		return
	}
	r := run{start: start, end: end}
	token, mixed := start, false
	for i := start; i <= end; i++ {
		if i < end && isToken(text[i]) {
			mixed = mixed || isMixed[text[i]]
			r.digit = r.digit || text[i] >= '0' && text[i] <= '9'
			continue
		}
		if mixed {
			r.mixed = max(r.mixed, i-token)
		}
		token, mixed = i+1, false
	}
	s.runs = append(s.runs, r)
}

// hit notes that a keyword of rule number i stands at text[at:].
func (d *Detector) hit(spans []span, s *scratch, text string, i int32, at int) []span {
	r, st := d.rules[i], &s.state[i]
	reach := r.shape.reach
	switch {
	case r.shape.solid:
		return s.solid(spans, r, st, len(text), at)
	case reach < 0:
		if st.open == 0 && s.fits(r, st, 0, len(text)) {
			st.open = len(spans) + 1
			spans = append(spans, span{r, 0, len(text)})
		}
		return spans
	case st.open > 0 && at+reach <= st.right:
		return spans
	}
	left, right := at-reach, at+reach
	if ahead := r.shape.ahead; ahead > 0 {
		// The credential is in a word that begins not far behind the keyword,
		// and the name around the keyword begins not far before it.
		left, right, reach = at, at+ahead+1, ahead+64
	}
	if !s.fits(r, st, left, right) {
		return spans
	}
	// A match ends inside the word at the end of its reach, or not far behind.
	st.right = toSpace(text, max(st.right, min(right, len(text))))
	to := toSpace(text, min(st.right+r.shape.slack, len(text)))
	bound := 0
	if st.open > 0 {
		last := &spans[st.open-1]
		if at-reach <= last.to {
			last.to = to
			return spans
		}
		bound = last.to
	}
	from := backToSpace(text, bound, max(at-reach, bound))
	from = backToSpace(text, bound, max(from-r.shape.slack, bound))
	st.open = len(spans) + 1
	return append(spans, span{r, from, to})
}

// solid is hit for rules whose matches are in one word: it is the one with the
// keyword.
func (s *scratch) solid(spans []span, r *rule, st *around, size, at int) []span {
	for st.run < len(s.runs) && s.runs[st.run].end <= at {
		st.run++
	}
	if st.run == len(s.runs) || st.open == st.run+1 {
		return spans
	}
	w := s.runs[st.run]
	if w.start > at || !w.fits(r.shape) {
		return spans
	}
	st.open = st.run + 1
	return append(spans, span{r, max(w.start-1, 0), min(w.end+1, size)})
}

// fits reports whether a word such as the rule needs touches text[from:to].
func (s *scratch) fits(r *rule, st *around, from, to int) bool {
	// Hits come in order of their ends: the next may start a little before.
	for st.run < len(s.runs) && s.runs[st.run].end <= from-64 {
		st.run++
	}
	if r.shape.word < shortest {
		return true
	}
	for _, w := range s.runs[st.run:] {
		if w.start >= to {
			return false
		}
		if w.end > from && w.fits(r.shape) {
			return true
		}
	}
	return false
}

func (w run) fits(s shape) bool {
	return w.end-w.start >= s.word && (!s.mixed || w.mixed >= s.word) && (!s.digit || w.digit)
}

// toSpace is the end of the first white space at or after at.
func toSpace(text string, at int) int {
	for at < len(text) && !isSpace[text[at]] {
		at++
	}
	return min(at+1, len(text))
}

// backToSpace is the start of the last white space before at, not below bound.
func backToSpace(text string, bound, at int) int {
	for at > bound && !isSpace[text[at]] {
		at--
	}
	return at
}
