package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// generated is a file that a command writes, prints or compares.
type generated struct {
	Out   string `short:"o" placeholder:"FILE" help:"Write this file, if it would change. Without it, print."`
	Check bool   `help:"Write nothing; exit 1 if the file of --out is not what would be written."`
}

// write prints data, or brings the file to it. command is what to run when the
// file is out of date; ours says whether a file that is there may be replaced.
func (g generated) write(s *session, data []byte, command string, ours func([]byte) bool) error {
	if g.Out == "" {
		if g.Check {
			return usageError{errors.New("--check compares a file: name it with --out")}
		}
		_, err := s.Stdout.Write(data)
		return err
	}
	file := s.path(g.Out)
	before, err := os.ReadFile(file)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return usageError{fmt.Errorf("--out: %w", err)}
	case !missing && bytes.Equal(before, data):
		_, err := fmt.Fprintf(s.Stdout, "%s is up to date\n", g.Out)
		return err
	case g.Check && missing:
		return refusal{fmt.Errorf("%s does not exist: run %s", g.Out, command)}
	case g.Check:
		return refusal{fmt.Errorf("%s is out of date: run %s", g.Out, command)}
	case !missing && !ours(before):
		return usageError{fmt.Errorf("--out: %s was not written by this command: name another file, or remove it", g.Out)}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	if err := s.writeFile(g.Out, data); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "wrote %s\n", g.Out)
	return err
}
