package prompts

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxSize bounds a definition, an artifact and anything else read as one piece.
const maxSize = 1 << 20

// source is the text of one file after the byte order mark is stripped and CRLF
// has become LF. All offsets count bytes of this text.
type source struct {
	file   string
	text   string
	lines  []int  // offset of the first byte of each line
	uneven string // what about the line ends other tools stumble over; "" for nothing
}

func newSource(file string, src []byte) *source {
	s := &source{file: file, lines: []int{0}}
	src, marked := bytes.CutPrefix(src, []byte("\ufeff"))
	s.text = string(src)
	if ends := strings.Count(s.text, "\r\n"); ends > 0 {
		if ends < strings.Count(s.text, "\n") {
			s.uneven = "some lines end with CRLF, others with LF"
		}
		s.text = strings.ReplaceAll(s.text, "\r\n", "\n")
	}
	if marked {
		s.uneven = "file starts with a byte order mark"
	}
	for i := 0; ; {
		n := strings.IndexByte(s.text[i:], '\n')
		if n < 0 {
			return s
		}
		i += n + 1
		s.lines = append(s.lines, i)
	}
}

// at turns an offset into a line and a column in characters, both from 1.
func (s *source) at(offset int) (line, col int) {
	offset = max(0, min(offset, len(s.text)))
	line = sort.SearchInts(s.lines, offset+1)
	return line, utf8.RuneCountInString(s.text[s.lines[line-1]:offset]) + 1
}

// character is where the character starts that an offset is in: the libraries
// count bytes, and may stop inside of one.
func (s *source) character(offset int) int {
	offset = max(0, min(offset, len(s.text)))
	for offset > 0 && offset < len(s.text) && !utf8.RuneStart(s.text[offset]) {
		offset--
	}
	return offset
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func (s *source) invalidUTF8() int {
	if utf8.ValidString(s.text) {
		return -1
	}
	for i, r := range s.text {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s.text[i:]); size == 1 {
			return i
		}
	}
	return -1
}

// sound reports what no text file may have, and says whether the text can be used.
func (c *checker) sound() bool {
	if at := c.invalidUTF8(); at >= 0 {
		c.add(ruleEncoding, at, "save the file as UTF-8", "invalid UTF-8")
		return false
	}
	if at := strings.IndexByte(c.text, '\r'); at >= 0 {
		c.add(ruleEncoding, at, "end lines with LF or CRLF", "carriage return that does not end a line")
		return false
	}
	if c.uneven != "" {
		c.addFix(ruleLineEnds, 0, &Fix{}, "save it with one kind of line end and without a mark", "%s", c.uneven)
	}
	return true
}
