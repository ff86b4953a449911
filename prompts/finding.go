package prompts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Finding is one thing to say about a definition. Line and Col count from 1, Col
// in characters; 0 means that the finding is about the file as a whole.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Col      int      `json:"col,omitempty"`
	Rule     string   `json:"rule"` // "PF006"; the rules of this package are listed by Rules
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"` // what to do about it; may be empty
	Fix      *Fix     `json:"-"`              // a change that mends it; nil when a person has to decide
}

// Fix is a change to the text of a file, after its byte order mark is dropped
// and CRLF has become LF.
type Fix struct {
	Start, End int    // bytes [Start, End) are replaced
	Text       string // by this
}

// String is "file:line:col: PF006 message (hint)", without the parts that are not known.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Col)
	}
	b.WriteString(": ")
	if f.Severity != "" && f.Severity != Error {
		b.WriteString(string(f.Severity) + " ")
	}
	if f.Rule != "" {
		b.WriteString(f.Rule + " ")
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString(" (" + f.Hint + ")")
	}
	return b.String()
}

// Findings is the error of Parse and Load: everything that is wrong, ordered by
// file, line and column.
type Findings []Finding

// Error is one finding per line.
func (fs Findings) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Sort puts findings into the order of file, line, column and rule.
func (fs Findings) Sort() {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Rule, b.Rule),
		)
	})
}

// Errors are the findings that stop a change.
func (fs Findings) Errors() Findings {
	var out Findings
	for _, f := range fs {
		if f.Severity == Error {
			out = append(out, f)
		}
	}
	return out
}
