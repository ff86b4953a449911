package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eval", "a.journal")
	ctx := t.Context()
	j := openJournal(t, path, 0)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			if err := j.Put(ctx, fmt.Sprintf("key%d", i), fmt.Appendf(nil, "{\n\"n\": %d}", i), false); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	holds(t, j, 50)
	if _, err := j.Get(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get of nothing: %v", err)
	}
	j.Close()

	// The process was killed while it wrote the next line.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, `{"key":"key50","data":{"n":5`)
	f.Close()
	j = openJournal(t, path, 50)
	holds(t, j, 50)
	if err := j.Put(ctx, "key50", []byte(`{"n":50}`), false); err != nil {
		t.Fatal(err)
	}
	holds(t, j, 51)
	j.Close()
	j = openJournal(t, path, 51)
	holds(t, j, 51)
	if err := j.Put(ctx, "key3", []byte("no json"), false); err == nil {
		t.Error("Put of what is no JSON")
	}
	if err := errors.Join(j.Close(), j.Remove()); err != nil {
		t.Fatal(err)
	}
	openJournal(t, path, 0).Close()
}

// TestJournalOfTwo: two processes on one file do not hurt each other.
func TestJournalOfTwo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	a, b := openJournal(t, path, 0), openJournal(t, path, 0)
	for i := range 20 {
		j := a
		if i%2 == 1 {
			j = b
		}
		if err := j.Put(t.Context(), fmt.Sprintf("key%d", i), fmt.Appendf(nil, `{"n":%d}`, i), false); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	b.Close()
	holds(t, openJournal(t, path, 20), 20)
}

func openJournal(t *testing.T, path string, left int) *Journal {
	t.Helper()
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if j.Left() != left {
		t.Errorf("%d answers left, want %d", j.Left(), left)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func holds(t *testing.T, j *Journal, n int) {
	t.Helper()
	for i := range n {
		data, err := j.Get(context.Background(), fmt.Sprintf("key%d", i))
		if want := fmt.Sprintf(`{"n":%d}`, i); string(data) != want || err != nil {
			t.Errorf("Get(%d) = %q, %v; want %q", i, data, err, want)
		}
	}
}
