//go:build unix

package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

// The modes do not depend on the umask of who makes the bundle.
func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	b := &Bundle{Feed: []byte(emptyFeed), Blobs: map[prompts.Digest][]byte{prompts.DigestOf(nil): nil}}
	for _, mask := range []int{0o077, 0} {
		old := syscall.Umask(mask)
		err := b.Write(dir)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		got := map[fs.FileMode]int{}
		err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := os.Stat(path)
			if err == nil {
				got[info.Mode()]++
			}
			return err
		})
		if diff := cmp.Diff(map[fs.FileMode]int{fs.ModeDir | 0o755: 3, 0o644: 2}, got); diff != "" || err != nil {
			t.Errorf("umask %03o: %v, modes (-want +got)\n%s", mask, err, diff)
		}
	}
}

// Links and directories of others are foreign inside a bundle too.
func TestForeignEntries(t *testing.T) {
	for name, make := range map[string]func(dir string) error{
		"an empty directory": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "blobs", "mine"), 0o755) },
		"a linked feed": func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, feedName), dir+".json"), os.Symlink(dir+".json", filepath.Join(dir, feedName)))
		},
		"linked blobs": func(dir string) error { return os.Symlink("..", filepath.Join(dir, "blobs")) },
	} {
		dir := filepath.Join(t.TempDir(), "bundle")
		lay(t, dir, map[string]string{"feed.json": emptyFeed})
		if err := make(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir, ""); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v, want ErrForeign", name, err)
		}
	}
}
