package suite

import (
	"fmt"

	"github.com/promptflag/promptflag/prompts"
)

// maxFindings bounds what is said about one file: more than that help nobody.
const maxFindings = 100

// place is where something is written, and can say it of each of its parts.
// prompts.Document is one.
type place interface {
	// Finding points at a key, or at what is nearest to it.
	Finding(key []string, hint, format string, args ...any) prompts.Finding
}

// findings are collected while files are read, in no order, for several files.
type findings struct {
	list  prompts.Findings
	count map[string]int // by file, of those left out too
	total int            // those left out too
}

func (f *findings) add(finding prompts.Finding) {
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[finding.File]++
	f.total++
	if f.count[finding.File] <= maxFindings {
		f.list = append(f.list, finding)
	}
}

// full says that further findings of the file are only counted, so that no time
// goes into finding their places.
func (f *findings) full(file string) bool { return f.count[file] >= maxFindings }

// err is all findings in order, or nil. What was left out of a file is said at
// its last finding.
func (f *findings) err() error {
	if len(f.list) == 0 {
		return nil
	}
	f.list.Sort()
	var out prompts.Findings
	for i, finding := range f.list {
		out = append(out, finding)
		last := i == len(f.list)-1 || f.list[i+1].File != finding.File
		if more := f.count[finding.File] - maxFindings; last && more > 0 {
			out = append(out, prompts.Finding{File: finding.File, Line: finding.Line, Col: finding.Col, Severity: prompts.Error,
				Message: fmt.Sprintf("and %d more findings in this file", more)})
		}
	}
	return out
}

// spot is a place that is known as a line and a column, for lack of anything finer.
type spot struct {
	file      string
	line, col int // from 1; line 0 is the file as a whole
}

func (s spot) Finding(_ []string, hint, format string, args ...any) prompts.Finding {
	return prompts.Finding{File: s.file, Line: s.line, Col: s.col, Severity: prompts.Error, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (s spot) String() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// short keeps hostile or mistaken text from filling a finding.
func short(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
