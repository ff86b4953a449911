package suite

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/promptflag/promptflag/prompts"
)

// csvReader reads cases from CSV with promptfoo's columns: __expected and
// __expected1 …, __description, __metadata:key and __metadata:key[], __metric,
// __threshold, __config:__expected1:threshold. Ours are __id, __tags, __cluster
// and __repeat. Every other column is a variable, as text.
type csvReader struct {
	*pass
	file    string
	text    *lines
	feed    feed
	records *csv.Reader
	header  []column
	record  csvRecord
}

// feed gives the CSV reader one record at a time, so that it never reads more
// than was measured.
type feed struct{ rest []byte }

func (f *feed) Read(b []byte) (int, error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// csvRecord is one record, and the place of what it says.
type csvRecord struct {
	file    string
	line    int    // where it starts
	text    []byte // lines as they are, ends as LF
	at      [][2]int
	columns map[string]int // by the path of what they become
}

// csv reads cases until the pass ends. The error is that of reading.
func (p *pass) csv(file string, r io.Reader) error {
	c := &csvReader{pass: p, file: file, text: newLines(r)}
	c.records = csv.NewReader(&c.feed)
	c.records.FieldsPerRecord = -1
	c.records.ReuseRecord = true
	for {
		fields, err := c.next()
		var syntax *csv.ParseError
		switch {
		case err == io.EOF:
			if c.header == nil {
				p.findings.add(spot{file, 0, 0}.Finding(nil, "the first line names the columns", "file is empty"))
			}
			return nil
		case errors.As(err, &syntax):
			c.syntax(syntax)
			return nil // what comes next could be anything
		case err == errTooLong:
			p.findings.add(spot{file, c.record.line, 1}.Finding(nil, "a quotation mark that is not closed takes in all that follows", "record is longer than %d bytes", maxLine))
			return nil
		case err != nil:
			return err
		}
		switch {
		case c.header == nil:
			if !c.readHeader(fields) {
				return nil
			}
		case blank(fields): // as spreadsheets leave them behind
		case !c.readRecord(fields):
			return nil
		}
	}
}

var errTooLong = errors.New("record is too long")

// next is the fields of the next record that is not blank.
func (c *csvReader) next() ([]string, error) {
	rec := &c.record
	rec.text = rec.text[:0]
	for open := false; ; {
		line, tooLong, err := c.text.next()
		if err == io.EOF && open {
			break // and let the CSV reader say so
		}
		if err != nil {
			return nil, err
		}
		if !open {
			if len(line) == 0 && !tooLong {
				continue
			}
			rec.line = c.text.number
		}
		if tooLong || len(rec.text)+len(line) > maxLine {
			return nil, errTooLong
		}
		rec.text = append(append(rec.text, line...), '\n')
		if bytes.Count(line, []byte(`"`))%2 == 1 {
			open = !open
		}
		if !open {
			break
		}
	}
	c.feed.rest = rec.text
	fields, err := c.records.Read()
	if err == io.EOF {
		return nil, nil // nothing but a carriage return
	}
	if err != nil {
		return nil, err
	}
	rec.at = rec.at[:0]
	first, _ := c.records.FieldPos(0)
	for i := range fields {
		line, col := c.records.FieldPos(i)
		rec.at = append(rec.at, [2]int{line - first, col})
	}
	return fields, nil
}

// syntax reports what is not CSV; the lines of err count from the start of the
// record only in their difference.
func (c *csvReader) syntax(err *csv.ParseError) {
	rec := &c.record
	message, hint := err.Err.Error(), ""
	switch {
	case errors.Is(err.Err, csv.ErrBareQuote):
		message, hint = `quotation mark in a field that is not quoted`, `quote the whole field, and write "" for each mark in it`
	case errors.Is(err.Err, csv.ErrQuote):
		message, hint = `quoted field does not end where it should`, `write "" for each quotation mark in it`
	}
	line, col := rec.place(err.Line-err.StartLine, err.Column)
	c.findings.add(spot{c.file, line, col}.Finding(nil, hint, "%s", message))
}

// place turns a line of the record, from 0, and a byte of it, from 1, into a line
// and a column in characters.
func (r *csvRecord) place(below, col int) (int, int) {
	text := r.text
	line := r.line
	for ; below > 0; below-- {
		n := bytes.IndexByte(text, '\n')
		if n < 0 || n == len(text)-1 {
			break
		}
		text = text[n+1:]
		line++
	}
	if n := bytes.IndexByte(text, '\n'); n >= 0 {
		text = text[:n]
	}
	return line, utf8.RuneCount(text[:max(0, min(col-1, len(text)))]) + 1
}

func (r *csvRecord) Finding(key []string, hint, format string, args ...any) prompts.Finding {
	line, col := r.line, 1
	for n := len(key); n > 0; n-- {
		if i, ok := r.columns[strings.Join(key[:n], "\x00")]; ok && i < len(r.at) {
			line, col = r.place(r.at[i][0], r.at[i][1])
			break
		}
	}
	return spot{r.file, line, col}.Finding(nil, hint, format, args...)
}

func blank(fields []string) bool {
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// readRecord reads one case; false ends the pass.
func (c *csvReader) readRecord(fields []string) bool {
	rec := csvRecord{file: c.file, line: c.record.line, text: c.record.text, at: c.record.at, columns: map[string]int{}}
	t := table{findings: c.findings, place: &rec, file: c.file, m: map[string]any{}}
	if len(fields) != len(c.header) {
		t.addHere(`quote a field that has a comma: "a, b"`, "record has %d fields, and the first line %d", len(fields), len(c.header))
		return true
	}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			line, col := rec.place(rec.at[i][0], rec.at[i][1])
			c.findings.add(spot{c.file, line, col}.Finding(nil, "save the file as UTF-8", "invalid UTF-8"))
			return true
		}
	}
	b := &csvCase{csvRecord: &rec, table: t}
	for i, col := range c.header {
		b.take(col, i, strings.Clone(fields[i]))
	}
	b.finish()
	return c.readCase(t, rec.line)
}

// csvCase puts the fields of a record together.
type csvCase struct {
	*csvRecord
	table
	metric     string
	asserts    []csvAssert
	thresholds map[int]csvThreshold // by the number of the column of the assertion
}

type csvAssert struct {
	text           string
	number, column int
}

type csvThreshold struct {
	value  any
	column int
}

func (b *csvCase) take(col column, i int, value string) {
	set := func(path ...string) { b.columns[strings.Join(path, "\x00")] = i }
	if col.kind == "vars" {
		vars, _ := b.m["vars"].(map[string]any)
		if vars == nil {
			vars = map[string]any{}
			b.m["vars"] = vars
		}
		vars[col.name] = value
		set("vars", col.name)
		return
	}
	if value = strings.TrimSpace(value); value == "" {
		return
	}
	set(col.kind)
	switch col.kind {
	case "assert":
		b.asserts = append(b.asserts, csvAssert{value, col.number, i})
	case "metric":
		b.metric = value
	case "config":
		if b.thresholds == nil {
			b.thresholds = map[int]csvThreshold{}
		}
		b.thresholds[col.number] = csvThreshold{number(value), i}
	case "metadata":
		metadata, _ := b.m["metadata"].(map[string]any)
		if metadata == nil {
			metadata = map[string]any{}
			b.m["metadata"] = metadata
		}
		metadata[col.name] = any(value)
		if col.list {
			metadata[col.name] = splitList(value)
		}
		set("metadata", col.name)
	case "tags":
		b.m["tags"] = splitList(value)
	case "threshold", "repeat":
		b.m[col.kind] = number(value)
	default: // id, description, cluster
		b.m[col.kind] = value
	}
}

// finish makes the assertions.
func (b *csvCase) finish() {
	if b.asserts == nil {
		return
	}
	list := make([]any, len(b.asserts))
	for i, a := range b.asserts {
		at := "assert\x00" + strconv.Itoa(i)
		b.columns[at] = a.column
		e := expected{Text: a.text, Metric: b.metric}
		if t, ok := b.thresholds[a.number]; ok {
			e.Threshold = t.value
			b.columns[at+"\x00threshold"] = t.column
		}
		list[i] = e
	}
	b.m["assert"] = list
}

// number is a number if it looks like one, so that a wrong one is found where all
// are.
func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}

// splitList splits at commas; "\," is one in an item.
func splitList(text string) []any {
	var out []any
	for rest := text; ; {
		item := ""
		for {
			before, after, found := strings.Cut(rest, ",")
			rest = after
			if inner, escaped := strings.CutSuffix(before, `\`); escaped && found {
				item += inner + ","
				continue
			}
			item += before
			if !found {
				return append(out, strings.TrimSpace(item))
			}
			break
		}
		out = append(out, strings.TrimSpace(item))
	}
}
