package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

const emptyFeed = `{"version":2,"features":[]}`

func lay(t *testing.T, dir string, content map[string]string) {
	t.Helper()
	for path, text := range content {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Nothing but a bundle is replaced: neither Read nor Write takes anything else
// for one, and what was there is there still.
func TestForeign(t *testing.T) {
	hex := strings.Repeat("ab", 32)
	for name, content := range map[string]map[string]string{
		"somebody's files":        {"main.go": "package main"},
		"one more file":           {"feed.json": emptyFeed, "notes.txt": ""},
		"no feed":                 {"blobs/sha256/" + hex: ""},
		"a broken feed":           {"feed.json": `{`},
		"another feed":            {"feed.json": `{"title":"news"}`},
		"a file among blobs":      {"feed.json": emptyFeed, "blobs/sha256/" + hex: "", "blobs/sha256/notes.txt": "mine"},
		"a directory in blobs":    {"feed.json": emptyFeed, "blobs/mine/x": "mine"},
		"a blob that is too deep": {"feed.json": emptyFeed, "blobs/sha256/" + hex + "/x": "mine"},
		"blobs is a file":         {"feed.json": emptyFeed, "blobs": "mine"},
		"feed is a directory":     {"feed.json/feed.json": emptyFeed},
		"a hidden file":           {"feed.json": emptyFeed, ".gitattributes": "mine"},
	} {
		dir := filepath.Join(t.TempDir(), "bundle")
		lay(t, dir, content)
		if _, err := Read(dir, ""); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: Read: %v, want ErrForeign", name, err)
		}
		if err := (&Bundle{Feed: []byte(emptyFeed)}).Write(dir); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: Write: %v, want ErrForeign", name, err)
		}
		if diff := cmp.Diff(content, files(t, dir)); diff != "" {
			t.Errorf("%s: afterwards (-want +got)\n%s", name, diff)
		}
		alone(t, dir)
	}
}

// alone demands that nothing is beside dir.
func alone(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("beside %s: %v, %v", dir, left, err)
	}
}

func TestForeignPath(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"file": "mine", "bundle/feed.json": emptyFeed})
	paths := []string{filepath.Join(dir, "file")}
	if runtime.GOOS != "windows" { // making links needs a right there
		for from, to := range map[string]string{"link": "bundle", "dangling": "nowhere"} {
			if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, filepath.Join(dir, from))
		}
	}
	for _, path := range paths {
		if _, err := Read(path, ""); !errors.Is(err, ErrForeign) {
			t.Errorf("Read(%s): %v, want ErrForeign", path, err)
		}
		before, _ := os.Lstat(path)
		if err := (&Bundle{Feed: []byte(emptyFeed)}).Write(path); !errors.Is(err, ErrForeign) {
			t.Errorf("Write(%s): %v, want ErrForeign", path, err)
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if got, err := Read(dir, ""); err != nil || got != nil {
			t.Errorf("Read(%s) = %v, %v", dir, got, err)
		}
	}
}

// A write that fails leaves what was there, and nothing beside it.
func TestWriteFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	lay(t, dir, map[string]string{"feed.json": emptyFeed})
	bad := &Bundle{Feed: []byte("new"), Blobs: map[prompts.Digest][]byte{"sha256:no/such/directory": nil}}
	if err := bad.Write(dir); err == nil {
		t.Fatal("Write gives no error")
	}
	if diff := cmp.Diff(map[string]string{"feed.json": emptyFeed}, files(t, dir)); diff != "" {
		t.Errorf("afterwards (-want +got)\n%s", diff)
	}
	alone(t, dir)
}

func TestSwap(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	lay(t, dir, map[string]string{"bundle/feed.json": "old"})
	if err := swap(at("nothing"), at("bundle"), at("old")); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, errLost) {
		t.Errorf("without a new one: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"bundle/feed.json": "old"}, files(t, dir)); diff != "" {
		t.Errorf("put back (-want +got)\n%s", diff)
	}
}

func TestCompare(t *testing.T) {
	before := []Prompt{{"a", []string{"1"}}, {"b", []string{"1"}}, {"d", []string{"1"}}}
	after := []Prompt{{"a", []string{"1"}}, {"c", []string{"1"}}, {"d", []string{"2", "1"}}}
	want := []Change{
		{Name: "a", Versions: []string{"1"}, Was: []string{"1"}},
		{Name: "b", Versions: []string{}, Was: []string{"1"}},
		{Name: "c", Versions: []string{"1"}},
		{Name: "d", Versions: []string{"2", "1"}, Was: []string{"1"}},
	}
	got := Compare(before, after)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Compare (-want +got)\n%s", diff)
	}
	for i, same := range []bool{true, false, false, false} {
		if got[i].Same() != same {
			t.Errorf("%s: Same = %t", got[i].Name, !same)
		}
	}
}
