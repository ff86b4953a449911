package prompts

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// What the files of a prompt end in. The rest of their path, below the folder of
// the prompts, is its name.
const (
	Extension      = ".toml"      // the definition
	SuiteExtension = ".eval.toml" // its evaluation
)

// NameOf is the name of the prompt whose definition or suite a file is, by its
// path; "" for a path that is not below root, or ends in something else. The slashes
// of a path are dots of the name, as its own dots are.
func NameOf(root, file, extension string) string {
	below, ok := file, true
	if root != "." {
		below, ok = strings.CutPrefix(file, root+"/")
	}
	name, ends := strings.CutSuffix(below, extension)
	if !ok || !ends || extension == Extension && strings.HasSuffix(file, SuiteExtension) {
		return ""
	}
	return strings.ReplaceAll(name, "/", ".")
}

// FileOf is where the definition or the suite of a prompt is; exists is false for
// where it would be. A file that cannot be read exists; that of a name which no
// prompt may have does not.
func FileOf(fsys fs.FS, root, name, extension string) (file string, exists bool) {
	if ValidName(name) == nil {
		if files := candidates(fsys, root, strings.Split(name, "."), extension); len(files) > 0 {
			return files[0], true
		}
	}
	return fileFor(root, name, extension), false
}

func fileFor(root, name, extension string) string {
	return path.Join(root, strings.ReplaceAll(name, ".", "/")+extension)
}

// candidates are the files in a folder that give a name, in the order of a walk.
func candidates(fsys fs.FS, folder string, segments []string, extension string) (out []string) {
	for i := 1; i < len(segments); i++ {
		below := path.Join(folder, strings.Join(segments[:i], "."))
		if info, err := fs.Lstat(fsys, below); err == nil && info.IsDir() {
			out = append(out, candidates(fsys, below, segments[i:], extension)...)
		}
	}
	file := path.Join(folder, strings.Join(segments, ".")+extension)
	if extension == Extension && strings.HasSuffix(file, SuiteExtension) {
		return out
	}
	if info, err := fs.Stat(fsys, file); !errors.Is(err, fs.ErrNotExist) && (err != nil || !info.IsDir()) {
		out = append(out, file)
	}
	return out
}
