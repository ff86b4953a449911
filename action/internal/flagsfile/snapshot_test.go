package flagsfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// sameDocument compares what documents say. Raw messages that nobody is handed
// are kept with the spaces that they were first read with.
func sameDocument(a, b *document) string {
	compacted := cmp.Transformer("compact", func(raw json.RawMessage) string { return string(compact(raw)) })
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(feature{}), compacted)
}

// checkKept: what is kept is what the file holds, as if it had been read anew.
func checkKept(t *testing.T, f *File, after string) {
	t.Helper()
	data, err := os.ReadFile(f.Document())
	must(t, err)
	want, err := decode(data, f.environment)
	must(t, err)
	kept := f.recall()[0]
	if string(kept.data) != string(data) {
		t.Fatalf("after %s other bytes are kept than the file has", after)
	}
	if diff := sameDocument(want, kept.doc); diff != "" {
		t.Errorf("after %s: kept document (-file +kept):\n%s", after, diff)
	}
}

// TestKept: after each change the file has the bytes that a File writes which
// keeps nothing, the kept document is the one in the file, the one before it is as
// it was, and only the feature that changed was decoded again.
func TestKept(t *testing.T) {
	const document = `{"promptflagFlags":1,"environment":"production","revision":3,"segments":[{"id": 1}],"features":[
	  {"name":"z","project":"default","enabled":true,"tags":null,"strategies":[
	    {"id":"b","name":"flexibleRollout","sortOrder":2,"parameters":null,"constraints":[{"x": 1.50}]},
	    {"id":"a","name":"default","sortOrder":1,"variants":[{"name":"v","payload":{"type":"string","value":"1"}}]}]},
	  {"name":"gone","archived":true,"dependencies":[{"feature": "z"}]},
	  {"name":"theirs","project":"billing","strategies":[{"id":"c"}]}]}`
	steady := func(dir string) *File {
		f, err := New(dir, "production", &Options{
			Now:    func() time.Time { return time.UnixMilli(1_700_000_000_000) },
			Random: zeros{},
		})
		must(t, err)
		return f
	}
	dir, plain := t.TempDir(), t.TempDir()
	write(t, dir, document)
	write(t, plain, document)
	f, ctx := steady(dir), t.Context()
	var id string
	for _, step := range []struct {
		name string
		do   func(*File) error
	}{
		{"Create", func(f *File) error {
			return f.Create(ctx, flags.New{Name: flag, Prompt: hostile, Description: hostile})
		}},
		{"Add", func(f *File) (err error) {
			s := candidate()
			s.Title, s.Constraints = hostile, []json.RawMessage{json.RawMessage("{\n\"x\":\"\\u2028\u2028<\"}")}
			id, err = f.Add(ctx, flag, s)
			return err
		}},
		{"Switch", func(f *File) error { return f.Switch(ctx, flag, true) }},
		{"Link", func(f *File) error { return f.Link(ctx, flag, hostile, hostile) }},
		{"Patch", func(f *File) error {
			return f.Patch(ctx, flag, id, flags.Patch{Stickiness: ptr(hostile), Rollout: ptr(7)})
		}},
		{"Reorder", func(f *File) error { return f.Reorder(ctx, "z", map[string]int{"a": 3, "b": 1}) }},
		{"Delete", func(f *File) error { return f.Delete(ctx, "z", "b") }},
		{"the last Delete", func(f *File) error { return f.Delete(ctx, "z", "a") }},
		{"Switch to a new strategy", func(f *File) error { return f.Switch(ctx, "z", true) }},
		{"Archive", func(f *File) error { return f.Archive(ctx, flag) }},
	} {
		must(t, f.Ping(ctx))
		before := f.recall()[0]
		must(t, step.do(f))
		checkKept(t, f, step.name)
		must(t, step.do(steady(plain)))
		want, err := os.ReadFile(filepath.Join(plain, "production.json"))
		must(t, err)
		if diff := cmp.Diff(string(want), string(f.recall()[0].data)); diff != "" {
			t.Errorf("after %s: file (-nothing kept +kept):\n%s", step.name, diff)
		}
		was, err := decode(before.data, f.environment)
		must(t, err)
		if diff := sameDocument(was, before.doc); diff != "" {
			t.Errorf("%s changed the document that readers have (-bytes +document):\n%s", step.name, diff)
		}
	}
	before := f.recall()[0].doc
	must(t, f.Link(ctx, "z", "https://example.com/1", ""))
	same := 0
	for i, x := range f.recall()[0].doc.Features {
		if x == before.Features[i] && x.text != nil {
			same++
		}
	}
	if want := len(before.Features) - 2; same != want { // z, and the one of the change before, whose text was not known
		t.Errorf("%d features are kept over a change of one, want %d", same, want)
	}
}

// zeros are random bytes that are the same every time.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDecodesOnce: what did not change is not decoded again.
func TestDecodesOnce(t *testing.T) {
	f, ctx := newFlag(t), t.Context()
	checkRecalled := func(when string) {
		t.Helper()
		kept := f.recall()
		for range 3 {
			read(t, f)
			if _, err := f.Export(ctx); err != nil {
				t.Error(err)
			}
			must(t, f.Switch(ctx, flag, false))
		}
		if f.recall() != kept {
			t.Errorf("%s: the document was decoded again", when)
		}
	}
	checkRecalled("after a change")
	g := newFile(t, f.dir)
	must(t, g.Link(ctx, flag, "https://example.com/1", ""))
	must(t, f.Ping(ctx))
	checkRecalled("after a change of another")
	// A reader that is late has the bytes from before.
	data, err := os.ReadFile(f.Document())
	must(t, err)
	must(t, f.Link(ctx, flag, "https://example.com/2", ""))
	newer, err := os.ReadFile(f.Document())
	must(t, err)
	kept := f.recall()
	if string(kept[0].data) != string(newer) || string(kept[1].data) != string(data) {
		t.Error("the documents before and after the change are not both kept")
	}
}

// TestOthersWrite: another File, an editor and a copy put back are seen, and
// what they wrote is not lost by the next change.
func TestOthersWrite(t *testing.T) {
	f, ctx := newFlag(t), t.Context()
	g := newFile(t, f.dir)
	backup, err := os.ReadFile(f.Document())
	must(t, err)
	for i := range 3 {
		must(t, f.Create(ctx, flags.New{Name: fmt.Sprint("f", i)}))
		must(t, g.Create(ctx, flags.New{Name: fmt.Sprint("g", i)}))
	}
	count := func(f *File, want int) {
		t.Helper()
		if all, err := f.Export(ctx); len(all) != want || err != nil {
			t.Errorf("%d flags, %v; want %d", len(all), err, want)
		}
	}
	count(f, 7)
	count(g, 7)
	write(t, f.dir, string(backup))
	count(f, 1)
	must(t, g.Create(ctx, flags.New{Name: "h"}))
	count(f, 2)
	must(t, os.Remove(f.Document()))
	count(f, 0)
	must(t, f.Create(ctx, flags.New{Name: "i"}))
	checkKept(t, f, "a removed document")
	write(t, f.dir, "")
	if err := f.Ping(ctx); err == nil || !strings.Contains(err.Error(), "unexpected end") {
		t.Errorf("Ping of an empty file: %v", err)
	}
}

// TestFailedWrite: a change that did not reach the file is not kept as one that
// did.
func TestFailedWrite(t *testing.T) {
	f, ctx := newFlag(t), t.Context()
	id := add(t, f, stable())
	before := read(t, f)
	block := f.Document() + ".tmp"
	must(t, os.MkdirAll(block+"/x", 0o755))
	if err := f.Patch(ctx, flag, id, flags.Patch{Title: ptr("lost")}); err == nil {
		t.Fatal("Patch with a folder in the way: no error")
	}
	if err := f.Reorder(ctx, flag, map[string]int{id: 5, "x": 6}); !errors.Is(err, flags.ErrNotFound) {
		t.Errorf("Reorder: %v, want ErrNotFound", err)
	}
	if _, err := f.Add(ctx, flag, flags.Strategy{Name: "x", Constraints: []json.RawMessage{json.RawMessage("{")}}); err == nil {
		t.Error("Add of a broken constraint: no error")
	}
	if diff := cmp.Diff(before, read(t, f)); diff != "" {
		t.Errorf("after changes that failed (-want +got):\n%s", diff)
	}
	must(t, os.RemoveAll(block))
	must(t, f.Link(ctx, flag, "https://example.com/1", ""))
	checkKept(t, f, "a failed change")
	if diff := cmp.Diff(before, read(t, f)); diff != "" {
		t.Errorf("after the next change (-want +got):\n%s", diff)
	}
}

// TestUnreadableChange: a constraint that the strict reader refuses is found by
// the next read, as it would be by another process.
func TestUnreadableChange(t *testing.T) {
	for _, constraint := range []string{`{"a":1,"a":2}`, "\"\xff\""} {
		f := newFlag(t)
		add(t, f, flags.Strategy{Name: "x", Constraints: []json.RawMessage{json.RawMessage(constraint)}})
		want := newFile(t, f.dir).Ping(t.Context())
		if err := f.Ping(t.Context()); err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("Ping = %v, want %v", err, want)
		}
	}
}

// TestHandedOut: callers own what they get and what they gave.
func TestHandedOut(t *testing.T) {
	f, ctx := newFlag(t), t.Context()
	s := candidate()
	s.Constraints, s.Segments = []json.RawMessage{json.RawMessage(`{"a":1}`)}, []int{1}
	id := add(t, f, s)
	want, wantDocument := read(t, f), f.recall()[0].data
	spoil := func(x flags.Flag) {
		x.Tags[0].Value = "spoilt"
		for _, s := range x.Strategies {
			s.Constraints[0][0], s.Segments[0], s.Parameters["rollout"] = '!', 9, "spoilt"
			s.Variants[0].Payload.Value, s.Variants[0].Name = "spoilt", "spoilt"
		}
	}
	spoil(flags.Flag{Tags: []flags.Tag{{}}, Strategies: []flags.Strategy{s}})
	spoil(read(t, f))
	all, err := f.Export(ctx)
	must(t, err)
	spoil(all[flag])
	if diff := cmp.Diff(want, read(t, f)); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	must(t, f.Patch(ctx, flag, id, flags.Patch{}))
	checkKept(t, f, "spoiling what was handed out")
	got := strings.Replace(string(f.recall()[0].data), `"revision": 3`, `"revision": 2`, 1)
	if diff := cmp.Diff(string(wantDocument), got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// TestReadersAndWriters: whoever reads sees one change or none; the rest is the
// race detector's.
func TestReadersAndWriters(t *testing.T) {
	f, ctx := newFlag(t), t.Context()
	id := add(t, f, candidate())
	other := newFile(t, f.dir)
	stops := []func(){readAllTheTime(t, f), readAllTheTime(t, other)}
	var writers sync.WaitGroup
	for w, file := range []*File{f, f, other} {
		writers.Go(func() {
			for i := range 10 {
				text := fmt.Sprint(w, " ", i)
				if err := file.Patch(ctx, flag, id, flags.Patch{Title: &text, Parameters: map[string]*string{"note": &text}}); err != nil {
					t.Error(err)
				}
				all, err := file.Export(ctx)
				if err != nil {
					t.Error(err)
				}
				for _, s := range all[flag].Strategies {
					if s.Title != s.Parameters["note"] {
						t.Errorf("title %q with note %q: half a change", s.Title, s.Parameters["note"])
					}
				}
			}
		})
	}
	writers.Wait()
	for _, stop := range stops {
		stop()
	}
	if got, want := revision(t, f), int64(2+30); got != want {
		t.Errorf("revision = %d, want %d", got, want)
	}
}
