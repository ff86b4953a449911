package repocheck

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// rules are all rules by name.
var rules = map[string]func(*Repo) []Finding{
	"floors":   checkFloors,
	"imports":  checkImports,
	"module":   checkModule,
	"size":     checkSize,
	"packages": checkPackages,
	"code":     checkCode,
	"layout":   checkLayout,
	"text":     checkText,
	"image":    checkImage,
}

// root is the repository as seen from this package.
const root = "../.."

// TestRepository: this repository keeps every rule.
func TestRepository(t *testing.T) {
	r, err := Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Go) == 0 {
		t.Fatal("no Go files: is this the root of the repository?")
	}
	for name, check := range rules {
		t.Run(name, func(t *testing.T) {
			for _, f := range check(r) {
				t.Error(f)
			}
		})
	}
}

// load makes a repository of the files, which are those of a good one where
// they say nothing.
func load(t *testing.T, files map[string]string) *Repo {
	t.Helper()
	fsys := fstest.MapFS{".gitignore": {Data: []byte("/bin/\nnode_modules/\n*.prof\n")}}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	r, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expect runs a rule and compares what it finds, as text in file order.
func expect(t *testing.T, rule string, files map[string]string, want ...string) {
	t.Helper()
	var got []string
	for _, f := range rules[rule](load(t, files)) {
		got = append(got, f.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rule %s (-want +got):\n%s", rule, diff)
	}
}

func TestLoad(t *testing.T) {
	r := load(t, map[string]string{
		"bin/promptflag":                    "x",
		"provider/bin/kept.txt":             "x",
		"internal/node_modules/a/broken.go": "not Go",
		"cpu.prof":                          "x",
		"store/cpu.prof":                    "x",
		"store/store.go":                    "package store\n",
		"store/testdata/broken.go":          "not Go",
		".git/config":                       "x",
		"README.md":                         "x",
	})
	var files []string
	for name := range r.Files {
		files = append(files, name)
	}
	slices.Sort(files)
	want := []string{".gitignore", "README.md", "provider/bin/kept.txt", "store/store.go", "store/testdata/broken.go"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".gitignore", "README.md", "internal", "provider", "store"}, r.Top); diff != "" {
		t.Errorf("top level (-want +got):\n%s", diff)
	}
	if len(r.Go) != 1 || r.Go[0].Package != "store" {
		t.Errorf("Go files = %v, want store/store.go", r.Go)
	}
}

func TestLoadRefuses(t *testing.T) {
	for want, files := range map[string]fstest.MapFS{
		"expected 'package'":     {".gitignore": {}, "a.go": {Data: []byte("broken")}},
		"reads plain names only": {".gitignore": {Data: []byte("a/b\n")}},
		fs.ErrNotExist.Error():   {},
	} {
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: error %v, want %q", err, want)
		}
	}
}
