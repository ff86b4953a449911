package suite

import (
	"bytes"
	"errors"
	"io"

	"github.com/promptflag/promptflag/prompts"
)

// jsonl reads cases, one JSON object a line, until the pass ends. The error is
// that of reading.
func (p *pass) jsonl(file string, r io.Reader) error {
	text := newLines(r)
	for {
		line, tooLong, err := text.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case tooLong:
			p.findings.add(spot{file, text.number, 1}.Finding(nil, "", "line is longer than %d bytes", maxLine))
			continue
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		doc, err := prompts.ReadJSON(file, text.number, line)
		if err != nil {
			p.unreadable(file, text.number, err)
			continue
		}
		if !p.readCase(table{findings: p.findings, place: doc, file: file, m: doc.Values}, text.number) {
			return nil
		}
	}
}

// unreadable reports a line that is not one JSON object.
func (p *pass) unreadable(file string, line int, err error) {
	var found prompts.Findings
	if !errors.As(err, &found) {
		found = prompts.Findings{spot{file, line, 1}.Finding(nil, "", "%s", err)}
	}
	for _, f := range found {
		p.findings.add(f)
	}
}
