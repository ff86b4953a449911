package suite

import (
	"io/fs"
	"iter"
)

// source is where the cases come from.
type source struct{}

func (s *source) all() iter.Seq2[*Case, error] { panic("not yet") }

// Load reads and checks the suite in file, a path below fsys, and every case
// of it. The error is prompts.Findings with everything that is wrong, each at
// its file and line, in JSONL and CSV too; or what fsys says.
func Load(fsys fs.FS, file string) (*Suite, error) { panic("not yet") }

// Find lists the suites below root, a folder of fsys: the files *.eval.toml,
// passing over what prompts.Load passes over; sorted.
func Find(fsys fs.FS, root string) ([]string, error) { panic("not yet") }
