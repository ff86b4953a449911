package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var pruneTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shelf is a cache with blobs of 100 bytes, named a, b and so on; a was not used
// for the longest time: ten hours, b for nine.
type shelf struct {
	*Cache
	t   *testing.T
	all string
}

func newShelf(t *testing.T, all string, maxBytes int64) *shelf {
	t.Helper()
	s := &shelf{t: t, all: all, Cache: open(t, &Options{MaxBytes: maxBytes, Now: func() time.Time { return pruneTime }})}
	for i, name := range all {
		if err := s.PutBlob(s.digest(name), s.data(name)); err != nil {
			t.Fatal(err)
		}
		s.age(s.file(name), time.Duration(10-i)*time.Hour)
	}
	return s
}

func (s *shelf) data(name rune) []byte   { return bytes.Repeat([]byte(string(name)), 100) }
func (s *shelf) digest(name rune) string { return digestOf(s.data(name)) }
func (s *shelf) file(name rune) string {
	return filepath.Join(s.Dir(), filepath.FromSlash(blobDir), s.digest(name)[7:])
}

func (s *shelf) age(path string, d time.Duration) {
	s.t.Helper()
	if err := os.Chtimes(path, pruneTime.Add(-d), pruneTime.Add(-d)); err != nil {
		s.t.Fatal(err)
	}
}

// left are the blobs that are there.
func (s *shelf) left() (names string) {
	for _, name := range s.all {
		if _, err := os.Stat(s.file(name)); err == nil {
			names += string(name)
		}
	}
	return names
}

func (s *shelf) prune(keep string) {
	s.t.Helper()
	kept := map[string]bool{}
	for _, name := range keep {
		kept[s.digest(name)] = true
	}
	if err := s.Prune(func(digest string) bool { return kept[digest] }); err != nil {
		s.t.Fatal(err)
	}
}

func TestPrune(t *testing.T) {
	if err := open(t, nil).Prune(nil); err != nil {
		t.Errorf("Prune of nothing: %v", err)
	}
	for name, c := range map[string]struct {
		max        int64
		keep, left string
	}{
		"enough room":       {500, "", "abcde"},
		"one byte too much": {499, "", "bcde"},
		"oldest first":      {250, "", "de"},
		"not what is kept":  {250, "ac", "ac"},
		"kept counts":       {350, "a", "ade"},
		"too much is kept":  {100, "abcd", "abcd"},
		"only the kept":     {99, "c", "c"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, "abcde", c.max)
			s.prune(c.keep)
			if got := s.left(); got != c.left {
				t.Errorf("left = %s, want %s", got, c.left)
			}
		})
	}
	s := newShelf(t, "ab", 1)
	if err := s.Prune(nil); err != nil || s.left() != "" {
		t.Errorf("Prune(nil) leaves %q, %v", s.left(), err)
	}
}

// What counts as use: to be read, to be put again, to be kept by anybody.
func TestPruneLastUse(t *testing.T) {
	s := newShelf(t, "abcde", 300)
	if _, err := s.Blob(s.digest('a')); err != nil {
		t.Fatal(err)
	}
	if err := s.PutBlob(s.digest('b'), s.data('b')); err != nil {
		t.Fatal(err)
	}
	another, err := Open(s.Dir(), &Options{Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	if err := another.Prune(func(digest string) bool { return digest == s.digest('c') }); err != nil {
		t.Fatal(err)
	}
	s.prune("")
	if got := s.left(); got != "abc" {
		t.Errorf("left = %s, want abc, which were used", got)
	}
}

// Reading writes the time at most once an hour, and puts a wrong one right.
func TestRenew(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{
		59 * time.Minute:  59 * time.Minute,
		time.Hour:         0,
		-59 * time.Minute: -59 * time.Minute,
		-24 * time.Hour:   0,
	} {
		s := newShelf(t, "a", 0)
		s.age(s.file('a'), age)
		if _, err := s.Blob(s.digest('a')); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(s.file('a'))
		if err != nil {
			t.Fatal(err)
		}
		if got := pruneTime.Sub(info.ModTime()); got != want {
			t.Errorf("used %v ago and now: noted %v ago, want %v", age, got, want)
		}
	}
}

// Only blobs and the leftovers of crashes go away; of Clean, only the latter.
func TestPruneOthers(t *testing.T) {
	if err := open(t, nil).Clean(); err != nil {
		t.Errorf("Clean of nothing: %v", err)
	}
	t.Run("Prune", func(t *testing.T) { leaves(t, "", func(s *shelf) error { return s.Prune(nil) }) })
	t.Run("Clean", func(t *testing.T) { leaves(t, "a", func(s *shelf) error { return s.Clean() }) })
}

func leaves(t *testing.T, blobs string, clean func(*shelf) error) {
	s := newShelf(t, "a", 1)
	if err := s.WriteState("feed", make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"blobs/sha256/README":   true,
		"blobs/sha256/.tmp-old": false,
		"blobs/sha256/.tmp-new": true,
		"state/feed":            true,
		"state/.tmp-old":        false,
		"state/.tmp-new":        true,
		"notes":                 true,
	}
	got := map[string]bool{}
	for name := range want {
		path := filepath.Join(s.Dir(), filepath.FromSlash(name))
		if name != "state/feed" {
			if err := os.WriteFile(path, []byte("some bytes"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.age(path, 2*time.Hour)
		if filepath.Ext(name) == ".tmp-new" {
			s.age(path, time.Hour)
		}
	}
	if err := clean(s); err != nil {
		t.Fatal(err)
	}
	for name := range want {
		_, err := os.Stat(filepath.Join(s.Dir(), filepath.FromSlash(name)))
		got[name] = err == nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is there (-want +got):\n%s", diff)
	}
	if s.left() != blobs {
		t.Errorf("left = %q, want %q", s.left(), blobs)
	}
}

// States of servers that are asked no more do not stay for ever.
func TestPruneStates(t *testing.T) {
	now := time.Now()
	c := open(t, &Options{Now: func() time.Time { return now }})
	for _, name := range []string{"used", "forgotten"} {
		if err := c.WriteState(name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(staleState - time.Minute)
	if err := c.Touch("used", now); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	if err := c.Prune(nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadState("used"); err != nil {
		t.Errorf("touched: %v", err)
	}
	if _, _, err := c.ReadState("forgotten"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not touched for 90 days: %v", err)
	}
}
