package suite

import (
	"bufio"
	"bytes"
	"io"
)

// maxLine bounds a line of a file of cases, and a record of CSV, in bytes.
const maxLine = 1 << 20

// lines reads a text line by line.
type lines struct {
	r      *bufio.Reader
	number int    // of the line last read, from 1
	long   []byte // a line that does not fit into the buffer of r
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10)} }

// next is a line without its end, LF or CRLF, and without the byte order mark of
// the file; it is good until the next call. Of a line beyond maxLine, tooLong says
// so and there is no text. The error is io.EOF at the end.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	line, err = l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		l.long = l.long[:0]
		for part := line; ; {
			if len(l.long) <= maxLine+len("\ufeff\r\n") {
				l.long = append(l.long, part...)
			}
			if err != bufio.ErrBufferFull {
				break
			}
			part, err = l.r.ReadSlice('\n')
		}
		line = l.long
	}
	if err != nil && (err != io.EOF || len(line) == 0) {
		return nil, false, err
	}
	l.number++
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if len(line) > maxLine {
		return nil, true, nil
	}
	return line, false, nil
}
