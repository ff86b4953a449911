package prompts

import (
	"slices"
	"strings"
)

// Mustache reads a partial by itself: a section, comment or set-delimiter tag
// that stands alone on the first or last line of the partial takes its line with
// it, and no line of the text around counts. In the expanded text these lines
// join those of the text around, if the partial's tag stands within a line.
//
// Therefore such a line is taken away here, and where the joined line would only
// now be one tag alone, an empty comment stands beside it: then it is not alone.
// Two comments stand where only another partial is: they would be with each other.

// side is what stands on one side of a tag, on the same line, up to the next
// partial there: that may turn out to be nothing, or to end the line. partial
// says that the nearest tag is one.
type side struct{ plain, tags, partial bool }

// past is the side of what comes after a tag.
func (s side) past(t tag, text string) side {
	if t.kind == '>' {
		return side{tags: true, partial: true}
	}
	return side{plain: s.plain && !strings.Contains(text[t.pos:t.end], "\n"), tags: true}
}

// sides are those of the tags of a text, by the tags' offsets.
type sides struct{ left, right map[int]side }

func sidesIn(text string) sides {
	tags, _ := allTags(text)
	s := sides{make(map[int]side, len(tags)), make(map[int]side, len(tags))}
	now, done := side{}, 0
	for _, t := range tags {
		if n := strings.LastIndexByte(text[done:t.pos], '\n'); n >= 0 {
			now, done = side{}, done+n+1
		}
		now.plain = now.plain || !isBlank(text[done:t.pos])
		s.left[t.pos] = now
		now, done = now.past(t, text), t.end
	}
	now, done = side{}, len(text)
	for _, t := range slices.Backward(tags) {
		gap, _, ended := strings.Cut(text[t.end:done], "\n")
		if ended {
			now = side{}
		}
		now.plain = now.plain || !isBlank(gap)
		s.right[t.pos] = now
		now, done = now.past(t, text), t.pos
	}
	return s
}

// inline is the text of a partial that t puts within a line, and the comments
// that go before and after it. At the end of the text no tag resets delimiters.
func (s sides) inline(t tag, partial string, atEnd bool) (head, inner, tail string) {
	left, right := s.left[t.pos], s.right[t.pos]
	comment := t.delims.open + "!" + t.delims.close
	if t.delims != mustacheDelims() { // the tags that set and reset them stand there
		left.tags, left.partial, right.tags, right.partial = true, false, !atEnd, false
	}
	several := strings.Contains(partial, "\n")
	last := partial[strings.LastIndexByte(partial, '\n')+1:]
	if !several && isBlank(partial) {
		if !left.plain && (left.tags || right.tags) {
			head = comment
		}
		if left.partial || right.partial {
			head += head
		}
		return head, partial, ""
	}
	tags, _ := allTags(partial)
	var lead strings.Builder
	alone, at := 0, 0 // tags, each alone on one of the first lines, and where these end
	for _, t := range tags {
		end := afterAlone(partial, at, t)
		if end < 0 {
			break
		}
		lead.WriteString(partial[t.pos:t.end])
		alone, at = alone+1, end
	}
	if alone > 0 && at == len(partial) {
		return "", lead.String(), ""
	}
	inner = lead.String() + partial[at:]
	next, _, more := strings.Cut(partial[at:], "\n")
	if more && isBlank(next) && !left.plain && (alone == 1 && (!left.tags || left.partial) || alone == 0 && left.tags) {
		head = comment
		if left.partial {
			head += comment
		}
	}
	switch {
	case lastAlone(partial, tags):
		inner = strings.TrimRight(inner, " \t")
		n := tags[len(tags)-1].end - tags[len(tags)-1].pos
		inner = strings.TrimRight(inner[:len(inner)-n], " \t") + inner[len(inner)-n:]
		if !right.plain && (!right.tags || right.partial) {
			tail = "{{!}}" // other delimiters would have a tag there
		}
	case isBlank(last) && several && right.tags && !right.plain:
		tail = comment
		if right.partial {
			tail += comment
		}
	}
	return head, inner, tail
}

func isBlank(s string) bool { return strings.Trim(s, " \t") == "" }

// afterAlone is where the line ends on which t is alone, if it starts at from;
// else -1.
func afterAlone(text string, from int, t tag) int {
	if !takesLine(t) || t.pos < from || !isBlank(text[from:t.pos]) {
		return -1
	}
	line, _, more := strings.Cut(text[t.end:], "\n")
	switch {
	case !isBlank(line):
		return -1
	case more:
		return t.end + len(line) + 1
	}
	return len(text)
}

// lastAlone says whether a tag is alone on the last line.
func lastAlone(text string, tags []tag) bool {
	if len(tags) == 0 {
		return false
	}
	t := tags[len(tags)-1]
	return takesLine(t) && isBlank(text[t.end:]) && isBlank(text[strings.LastIndexByte(text[:t.pos], '\n')+1:t.pos])
}

// takesLine says whether a tag that is alone on its line takes the line with it.
func takesLine(t tag) bool { return strings.IndexByte("#^/=!", t.kind) >= 0 && t.kind != 0 }
