package prompts

import (
	"sort"
	"strings"
)

// text is a template as somebody wrote it: in TOML, or in a file of its own.
type text struct {
	written string
	file    string
	at      func(pos int) (line, col int) // counted as in Finding
}

// expanded is a template with its partials in it, which knows where its bytes
// come from.
type expanded struct {
	text   string
	pieces []piece
	height int // of the longest chain of partials in it
}

// piece is a run of bytes that were written together.
type piece struct {
	out, src int
	partial  string // file that the run is from; "" for the text itself
}

// origin is the offset in the text as written, of a byte of the expanded one,
// and the partial it is from. All bytes of a partial are where its tag is.
func (e expanded) origin(pos int) (src int, partial string) {
	i := sort.Search(len(e.pieces), func(i int) bool { return e.pieces[i].out > pos }) - 1
	if i < 0 {
		return pos, ""
	}
	p := e.pieces[i]
	if p.partial != "" {
		return p.src, p.partial
	}
	return p.src + pos - p.out, ""
}

// expand puts partials in the place of their tags, as Mustache says: a tag that
// stands alone on its line indents every line of its partial. A partial always
// starts with {{ and }}, whatever the delimiters around its tag are. The text of
// a partial is not whole: something may follow it. It reports whether the result
// is within maxSize.
func expand(text string, whole bool, tags []tag, find func(tag) *partial) (expanded, bool) {
	var b strings.Builder
	e := expanded{pieces: []piece{{}}}
	done, spent, around := 0, 0, sidesIn(text)
	for _, t := range tags {
		if t.kind != '>' {
			continue
		}
		p := find(t)
		if p == nil {
			continue
		}
		from, to, indent, alone := around.standalone(text, t)
		spent += len(p.text) // some of it may be left out below
		b.WriteString(text[done:from])
		e.pieces = append(e.pieces, piece{b.Len(), t.pos, p.file})
		if max(spent, b.Len()+len(p.text)+len(indent)*strings.Count(p.text, "\n")) > maxSize {
			return expanded{}, false
		}
		if alone {
			insert(&b, p.text, indent, t.delims, true, to == len(text))
		} else {
			head, inner, tail := around.inline(t, p.text, to == len(text))
			b.WriteString(head)
			insert(&b, inner, "", t.delims, false, to == len(text))
			if to < len(text) || !whole {
				b.WriteString(tail)
			}
		}
		if alone && p.text == "" && to < len(text) {
			to++ // the line end goes with the line
		}
		e.pieces = append(e.pieces, piece{b.Len(), to, ""})
		done = to
	}
	b.WriteString(text[done:])
	e.text = b.String()
	return e, len(e.text) <= maxSize
}

// clash finds a tag that neither text has by itself: braces at the end of one
// and at the start of the other. It returns where the partial's tag is, or -1.
func (e expanded) clash() int {
	tags, _ := allTags(e.text)
	for _, p := range e.pieces[1:] {
		i := sort.Search(len(tags), func(i int) bool { return tags[i].end > p.out })
		if i < len(tags) && tags[i].pos < p.out {
			return p.src
		}
	}
	return -1
}

// standalone says whether nothing but blanks is around a tag on its line, and
// what is replaced then: the blanks too, but not the line end.
func (s sides) standalone(text string, t tag) (from, to int, indent string, alone bool) {
	if s.left[t.pos] != (side{}) || s.right[t.pos] != (side{}) {
		return t.pos, t.end, "", false
	}
	from = len(strings.TrimRight(text[:t.pos], " \t"))
	to = len(text) - len(strings.TrimLeft(text[t.end:], " \t"))
	return from, to, text[from:t.pos], true
}

// insert writes a partial, between tags that set the delimiters to {{ and }}
// and back when others hold. Such tags stand on lines of their own where the
// partial does, because Mustache drops those lines. At the end of the text
// nothing is left that other delimiters could be for.
func insert(b *strings.Builder, text, indent string, around delims, alone, atEnd bool) {
	if text == "" {
		return
	}
	changed := around != mustacheDelims()
	end := ""
	if alone {
		end = "\n"
	}
	if changed {
		b.WriteString(around.open + "=" + mustacheDelims().String() + "=" + around.close + end)
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if line != "" {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	if changed && !atEnd {
		b.WriteString(end + "{{=" + around.String() + "=}}")
	}
}
