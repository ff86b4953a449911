package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// archive packs entries as they are, good or evil.
func archive(t *testing.T, entries ...tar.Header) *bytes.Buffer {
	t.Helper()
	out := new(bytes.Buffer)
	zipped := gzip.NewWriter(out)
	w := tar.NewWriter(zipped)
	for _, h := range entries {
		text := h.Uname // carries the content of a test's file
		h.Uname, h.Size, h.Mode = "", int64(len(text)), 0o644
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		fatal(t, w.WriteHeader(&h))
		_, err := w.Write([]byte(text))
		fatal(t, err)
	}
	fatal(t, w.Close())
	fatal(t, zipped.Close())
	return out
}

func TestUnpack(t *testing.T) {
	tree, err := unpack(archive(t,
		tar.Header{Name: "r/", Typeflag: tar.TypeDir},
		tar.Header{Name: "r/p/a.toml", Uname: "a"},
		tar.Header{Name: "r/p/d/b.toml", Uname: "b"},
		tar.Header{Name: "r/p/d/e/c.toml", Uname: "c"},
		tar.Header{Name: "r/p/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		tar.Header{Name: "r/p/hard", Typeflag: tar.TypeLink, Linkname: "r/p/a.toml"},
		tar.Header{Name: "r/p/dev", Typeflag: tar.TypeChar},
		tar.Header{Name: "r/px/no", Uname: "no"},
		tar.Header{Name: "r/../../p/no"},
	), "p")
	fatal(t, err)
	if _, err := fs.ReadFile(tree, "link"); !errors.Is(err, errLink) {
		t.Errorf("the link was read: %v", err)
	}
	delete(tree.files, "link") // it cannot be opened, which fstest takes for a fault
	tree.dirs["."] = []string{"a.toml", "d"}
	if err := fstest.TestFS(tree, "a.toml", "d/b.toml", "d/e/c.toml"); err != nil {
		t.Error(err)
	}
	if len(tree.files) != 3 {
		t.Errorf("files %v", tree.files)
	}
}

func TestUnpackRefuses(t *testing.T) {
	cut := archive(t, tar.Header{Name: "r/a", Uname: strings.Repeat("x", 1<<16)})
	cut.Truncate(cut.Len() / 2)
	large := new(bytes.Buffer)
	zipped := gzip.NewWriter(large)
	fatal(t, tar.NewWriter(zipped).WriteHeader(&tar.Header{Name: "r/a", Typeflag: tar.TypeReg, Size: maxTreeBytes + 1}))
	fatal(t, zipped.Close())
	for text, in := range map[string]*bytes.Buffer{
		"invalid header":        bytes.NewBufferString("<html>this is no archive</html>"),
		"unexpected EOF":        cut,
		"more than 256 MiB":     large,
		"which is no path":      archive(t, tar.Header{Name: "r/../../etc/passwd"}),
		`"a" is there twice`:    archive(t, tar.Header{Name: "r/a"}, tar.Header{Name: "r/a"}),
		`"a" is a folder and a`: archive(t, tar.Header{Name: "r/a"}, tar.Header{Name: "r/a/b"}),
		`"b" is a folder and a`: archive(t, tar.Header{Name: "r/b/c"}, tar.Header{Name: "r/b"}),
	} {
		if _, err := unpack(in, "."); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("unpack = %v, want %q", err, text)
		}
	}
}
