package suite

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/promptflag/promptflag/prompts"
)

// column is what the first line of CSV says of one.
type column struct {
	kind   string // a key of a case, or "metric" or "config"
	name   string // of a variable or of metadata
	number int    // of an assertion, from 1; __expected is 1
	list   bool   // metadata is split at commas
}

var (
	expectedColumn = regexp.MustCompile(`^__expected([1-9][0-9]{0,3})?$`)
	configColumn   = regexp.MustCompile(`^__config:__expected([1-9][0-9]{0,3})?:(.*)$`)
	// reserved are columns with two underscores; with one they are a slip.
	reserved = []string{"__expected", "__description", "__metadata", "__metric", "__threshold", "__config", "__id", "__tags", "__cluster", "__repeat"}
	refused  = map[string]string{
		"__prefix":         "write it in the prompt",
		"__suffix":         "write it in the prompt",
		"__providerOutput": "outputs are recorded by a run",
		"__metadata":       "write __metadata:key",
	}
)

// readHeader reads the first line; false ends the file.
func (c *csvReader) readHeader(fields []string) bool {
	rec := &c.record
	rec.file, rec.columns = c.file, map[string]int{}
	bad := func(i int, hint, format string, args ...any) {
		line, col := rec.place(rec.at[i][0], rec.at[i][1])
		c.findings.add(spot{c.file, line, col}.Finding(nil, hint, format, args...))
	}
	before := c.count[c.file]
	seen := map[column]bool{}
	for i, f := range fields {
		name := strings.TrimSpace(strings.Clone(f))
		col, hint, ok := columnOf(name)
		switch {
		case !utf8.ValidString(f):
			bad(i, "save the file as UTF-8", "invalid UTF-8")
		case name == "":
			bad(i, "name it, or take it out", "column %d has no name", i+1)
		case len(fields) == 1 && strings.ContainsAny(name, ";\t"):
			bad(i, "save the file with commas", "columns are separated by commas, not by %q", name[strings.IndexAny(name, ";\t")])
		case !ok:
			bad(i, hint, "unknown column %q", short(name))
		case seen[col]:
			bad(i, "", "column %q is there twice", short(name))
		}
		seen[col] = true
		c.header = append(c.header, col)
	}
	for i, col := range c.header {
		if col.kind == "config" && !seen[column{kind: "assert", number: col.number}] {
			bad(i, "", "there is no column __expected%d for it", col.number)
		}
	}
	return c.count[c.file] == before
}

// columnOf says what a column is.
func columnOf(name string) (col column, hint string, ok bool) {
	number := func(digits string) int {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return 1
		}
		return n
	}
	if m := expectedColumn.FindStringSubmatch(name); m != nil {
		return column{kind: "assert", number: number(m[1])}, "", true
	}
	if m := configColumn.FindStringSubmatch(name); m != nil {
		return column{kind: "config", number: number(m[1])}, "threshold is all that can be configured", m[2] == "threshold"
	}
	if key, found := strings.CutPrefix(name, "__metadata:"); found {
		key, list := strings.CutSuffix(key, "[]")
		return column{kind: "metadata", name: key, list: list}, "write __metadata:key", key != ""
	}
	switch name {
	case "__description", "__metric", "__threshold", "__id", "__tags", "__cluster", "__repeat":
		return column{kind: name[2:]}, "", true
	}
	if strings.HasPrefix(name, "__") {
		hint = refused[name]
		if hint == "" {
			hint = prompts.Suggest(name, reserved)
		}
		return column{}, hint, false
	}
	if slices.ContainsFunc(reserved, func(r string) bool { return r[1:] == strings.TrimRight(name, "0123456789") }) {
		return column{}, "write two underscores", false
	}
	return column{kind: "vars", name: name}, "", true
}
