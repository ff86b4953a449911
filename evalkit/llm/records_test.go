package llm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestDir(t *testing.T) {
	for name, link := range map[string]func(*os.Root, string, string) error{
		"links":    (*os.Root).Link,
		"no links": func(*os.Root, string, string) error { return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			d := dir(t)
			d.link = link
			k := strings.Repeat("ab", 32)
			if _, err := d.Get(t.Context(), k); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("get of nothing: %v", err)
			}
			for _, step := range []struct {
				data    string
				replace bool
				want    string
			}{{"one", false, "one"}, {"two", false, "one"}, {"three", true, "three"}} {
				if err := d.Put(t.Context(), k, []byte(step.data), step.replace); err != nil {
					t.Fatal(err)
				}
				if got, err := d.Get(t.Context(), k); string(got) != step.want || err != nil {
					t.Errorf("after %s: %q, %v", step.data, got, err)
				}
			}
			want := filepath.Join(d.path, "ab", k+".json")
			if got := files(t, d); len(got) != 1 || got[0] != want {
				t.Errorf("files %v, want %s", got, want)
			}
		})
	}
}

func TestDirRefuses(t *testing.T) {
	d := dir(t)
	for _, k := range []string{"", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 63)} {
		if _, err := d.Get(t.Context(), k); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %q: %v", k, err)
		}
		if err := d.Put(t.Context(), k, nil, true); err == nil {
			t.Errorf("put %q: no error", k)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", file} {
		if _, err := OpenDir(path); err == nil {
			t.Errorf("OpenDir(%q): no error", path)
		}
	}
}

// TestDirLinks: a link inside that leads out is neither read nor written through.
func TestDirLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	d := dir(t)
	outside := t.TempDir()
	k := strings.Repeat("ab", 32)
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, k+".json"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(d.path, "ab")); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get(t.Context(), k); err == nil {
		t.Errorf("get = %q", got)
	}
	if err := d.Put(t.Context(), k, []byte("ours"), true); err == nil {
		t.Error("put: no error")
	}
	if b, _ := os.ReadFile(filepath.Join(outside, k+".json")); string(b) != "theirs" {
		t.Errorf("outside is now %q", b)
	}
}

// TestDirTogether: many writers of the same record; readers see none or a whole one.
func TestDirTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recorded")
	k := strings.Repeat("cd", 32)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			d, err := OpenDir(path) // as another process would
			if err != nil {
				t.Error(err)
				return
			}
			data := strings.Repeat(fmt.Sprint(i%10), 10_000)
			if err := d.Put(t.Context(), k, []byte(data), i%2 == 0); err != nil {
				t.Error(err)
			}
			got, err := d.Get(t.Context(), k)
			if err != nil || len(got) != 10_000 || strings.Trim(string(got), string(got[:1])) != "" {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}

// broken are records that cannot be read.
type broken struct{}

func (broken) Get(context.Context, string) ([]byte, error) { return nil, errors.New("bucket is down") }
func (broken) Put(context.Context, string, []byte, bool) error {
	return errors.New("bucket is down")
}

func TestLayers(t *testing.T) {
	write, git, bucket := dir(t), dir(t), dir(t)
	k, other := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	put := func(r Records, key, data string) {
		t.Helper()
		if err := r.Put(t.Context(), key, []byte(data), true); err != nil {
			t.Fatal(err)
		}
	}
	all := Layers(write, git, bucket)
	if _, err := all.Get(t.Context(), k); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get of nothing: %v", err)
	}
	want := func(data string) {
		t.Helper()
		if got, err := all.Get(t.Context(), k); string(got) != data || err != nil {
			t.Errorf("get = %q, %v; want %q", got, err, data)
		}
	}
	put(bucket, k, "bucket")
	want("bucket")
	put(git, k, "git")
	want("git")
	put(all, k, "new")
	want("new")
	if got, _ := git.Get(t.Context(), k); string(got) != "git" {
		t.Errorf("git has %q", got)
	}
	if got, err := Layers(nil, broken{}, git).Get(t.Context(), k); string(got) != "git" || err != nil {
		t.Errorf("behind a broken layer: %q, %v", got, err)
	}
	if _, err := Layers(nil, broken{}, git).Get(t.Context(), other); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a broken layer may have it: %v", err)
	}
	if err := Layers(nil, git).Put(t.Context(), k, nil, true); err == nil {
		t.Error("put without a layer to write: no error")
	}
}
