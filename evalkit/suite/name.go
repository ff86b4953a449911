package suite

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Extension is what the names of all suites end in.
const Extension = ".eval.toml"

// PromptOf is the name of the prompt that a suite is of, by the suite's path; ""
// for a path that is not of a suite below root. Dots of the name are slashes of the
// path, or dots, as with prompts.
func PromptOf(root, file string) string {
	below, ok := file, true
	if root != "." {
		below, ok = strings.CutPrefix(file, root+"/")
	}
	name, suite := strings.CutSuffix(below, Extension)
	if !ok || !suite {
		return ""
	}
	return strings.ReplaceAll(name, "/", ".")
}

// File is where the suite of a prompt is; exists is false for where it would be.
func File(fsys fs.FS, root, prompt string) (file string, exists bool) {
	segments := strings.Split(prompt, ".")
	if file, exists = find(fsys, root, segments); !exists {
		file = path.Join(root, path.Join(segments...)+Extension)
	}
	return file, exists
}

func find(fsys fs.FS, folder string, segments []string) (string, bool) {
	for i := 1; i < len(segments); i++ {
		below := path.Join(folder, strings.Join(segments[:i], "."))
		if info, err := fs.Lstat(fsys, below); err == nil && info.IsDir() {
			if file, ok := find(fsys, below, segments[i:]); ok {
				return file, true
			}
		}
	}
	file := path.Join(folder, strings.Join(segments, ".")+Extension)
	_, err := fs.Stat(fsys, file)
	return file, !errors.Is(err, fs.ErrNotExist)
}
