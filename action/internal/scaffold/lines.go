package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// line is one of a list; is says whether a line that is there does its work.
type line struct {
	text string
	is   func(string) bool
}

// ignored are results of evaluations, and the embedded default.
func (l *layout) ignored() []line {
	return []line{{".promptflag/", func(s string) bool {
		return strings.Trim(s, "/") == ".promptflag"
	}}}
}

// OwnersFile is the file in which GitHub looks for owners, below the root of a
// checkout: the first that there is, or "".
func OwnersFile(top fs.FS) string {
	for _, name := range []string{defaultOwners, "CODEOWNERS", "docs/CODEOWNERS"} {
		if _, err := fs.Stat(top, name); err == nil {
			return name
		}
	}
	return ""
}

const defaultOwners = ".github/CODEOWNERS"

// owned are prompts and what decides who gets them.
func (l *layout) owned() []line {
	about := func(p string) line {
		pattern := "/" + strings.ReplaceAll(p, " ", `\ `)
		return line{pattern + " " + l.Owner, func(s string) bool {
			// The rule of a pattern, whoever it names.
			rest, ok := strings.CutPrefix("/"+strings.TrimLeft(s, "/"), strings.TrimSuffix(pattern, "/"))
			rest = strings.TrimLeft(rest, "/*")
			return ok && (rest == "" || strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t"))
		}}
	}
	cfg := l.result.Config
	return []line{about(l.below + below(cfg.Prompts, "")), about(l.below + "promptflag.toml")}
}

// lines adds to a file those lines that it lacks, with its own line ends.
func (l *layout) lines(root *os.Root, up, name string, want []line) error {
	before, err := read(root, name)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return fmt.Errorf("look at %s: %w", up+name, err)
	}
	end := "\n"
	if bytes.Contains(before, []byte("\r\n")) {
		end = "\r\n"
	}
	var add strings.Builder
	have := strings.Split(string(before), "\n")
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || w.is(strings.TrimSpace(h))
		}
		if !found {
			add.WriteString(w.text + end)
		}
	}
	state := Appended
	switch {
	case add.Len() == 0:
		state = Same
	case missing:
		state = Wrote
	}
	if state != Same {
		text := string(before)
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += end
		}
		if err := write(root, name, []byte(text+add.String())); err != nil {
			return fmt.Errorf("write %s: %w", up+name, err)
		}
	}
	l.result.Files = append(l.result.Files, File{up + name, state})
	return nil
}
