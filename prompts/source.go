package prompts

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxSize bounds a definition, an artifact and anything else read as one piece.
const maxSize = 1 << 20

// source is the text of one definition after the byte order mark is stripped
// and CRLF has become LF. All offsets count bytes of this text.
type source struct {
	file  string
	text  string
	lines []int // offset of the first byte of each line
}

func newSource(file string, src []byte) *source {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	s := &source{file: file, text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// at turns an offset into a line and a column in characters, both from 1.
func (s *source) at(offset int) (line, col int) {
	offset = max(0, min(offset, len(s.text)))
	line = sort.SearchInts(s.lines, offset+1)
	return line, utf8.RuneCountInString(s.text[s.lines[line-1]:offset]) + 1
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func (s *source) invalidUTF8() int {
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
