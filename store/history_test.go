package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var historyStart = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func historyRecord(name, environment, action string, hour int, phase Phase) Record {
	return Record{
		ID: fmt.Sprintf("%04x", hour), Phase: phase, Time: historyStart.Add(time.Duration(hour) * time.Hour),
		Name: name, Environment: environment, Action: action,
		Ref: name + "@sha256:" + strings.Repeat(fmt.Sprintf("%x", hour%16), 64), Actor: "ada",
	}
}

func TestOperations(t *testing.T) {
	mem := NewMem()
	b := New(mem)
	for _, r := range []Record{
		historyRecord("b", "prod-eu", "create", 1, Intent), historyRecord("b", "prod-eu", "create", 1, Done),
		historyRecord("a", "dev", "dial", 3, Intent),
		historyRecord("a", "dev", "create", 2, Intent), historyRecord("a", "dev", "create", 2, Done),
		historyRecord("a", "dev", "off", 9, Intent), historyRecord("a", "dev", "off", 9, Done),
		historyRecord("a.b", "dev", "create", 4, Done),
	} {
		if err := b.PutRecord(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	broken := mustKey(t, historyRecord("a", "dev", "on", 5, Done))
	for _, key := range []string{broken, "releases/a/notes.txt", "blobs/x"} {
		if err := mem.Create(t.Context(), key, []byte("{"), CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name   string
		period Period
		want   []string
	}{
		{"all", Period{}, []string{"a.b create done", "a create done", "a dial intent", "a on broken", "a off done", "b create done"}},
		{"one name", Period{Name: "a"}, []string{"a create done", "a dial intent", "a on broken", "a off done"}},
		{"one environment", Period{Environment: "prod-eu"}, []string{"b create done"}},
		{"from its first moment to before its last", Period{Since: historyStart.Add(3 * time.Hour), Until: historyStart.Add(9 * time.Hour)},
			[]string{"a.b create done", "a dial intent", "a on broken"}},
		{"nothing", Period{Name: "c"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for o, err := range b.Operations(t.Context(), c.period) {
				if err != nil {
					t.Fatal(err)
				}
				word := "intent"
				switch {
				case o.Err != nil:
					word = "broken"
				case !o.Finished.IsZero() && o.Record.Phase == Done && o.Record.Actor == "ada":
					word = "done"
				}
				got = append(got, o.Key.Name+" "+o.Key.Action+" "+word)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Operations = %q, want %q", got, c.want)
			}
		})
	}
	var names []string
	for n, err := range b.ReleasedNames(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	if want := []string{"a.b", "a", "b"}; !slices.Equal(names, want) {
		t.Errorf("ReleasedNames = %q, want %q", names, want)
	}
}

func mustKey(t *testing.T, r Record) string {
	t.Helper()
	key, err := recordKey(r)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// many is a listing of n operations that nobody keeps, and how many records are
// read at most ahead of what was taken.
type many struct {
	Backend
	n     int
	read  chan struct{}
	fault error
}

func (m many) List(_ context.Context, _ string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for i := range m.n {
			at := historyStart.Add(time.Duration(i) * time.Second).Format(recordTime)
			base := "releases/a/" + at + "-dev-dial-0123456789ab-01-"
			if !yield(Object{Key: base + "done.json"}, nil) || !yield(Object{Key: base + "intent.json"}, nil) {
				return
			}
		}
		if m.fault != nil {
			yield(Object{}, m.fault)
		}
	}
}

func (m many) Get(_ context.Context, key string, _ int64) ([]byte, error) {
	if m.read != nil {
		m.read <- struct{}{}
		return nil, ErrNotFound
	}
	k, _ := parseRecordKey(key)
	_, data, err := encodeRecord(Record{
		ID: k.ID, Phase: k.Phase, Time: k.Time, Name: k.Name, Environment: k.Environment, Action: k.Action,
		Ref: k.Name + "@sha256:0123456789ab" + strings.Repeat("0", 52), Reason: strings.Repeat("why ", 200),
	})
	return data, err
}

// TestOperationsMemory: what is kept does not grow with what was read.
func TestOperationsMemory(t *testing.T) {
	const n, limit = 5_000, 2 << 20
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	start, count, most := live(), 0, uint64(0)
	for o, err := range New(many{n: n}).Operations(t.Context(), Period{Since: historyStart}) {
		if err != nil || o.Err != nil || o.Record.Reason == "" {
			t.Fatal(err, o.Err)
		}
		if count++; count%(n/5) == 0 {
			most = max(most, live())
		}
	}
	if count != n || most > start+limit {
		t.Errorf("%d operations, %d bytes live more than at the start; want %d and at most %d", count, most-start, n, limit)
	}
}

// TestOperationsAhead: whoever stops after one operation of a hundred thousand has
// caused a few reads, not all; one that cannot be read is an operation with an error.
func TestOperationsAhead(t *testing.T) {
	m := many{n: 100_000, read: make(chan struct{}, 100_000)}
	for o, err := range New(m).Operations(t.Context(), Period{}) {
		if err != nil || o.Err == nil {
			t.Fatalf("first operation: %v, %v; want it with its own error", o.Err, err)
		}
		break
	}
	if n := len(m.read); n > readAhead+1 {
		t.Errorf("%d records read for one operation, want at most %d", n, readAhead+1)
	}
}

// TestOperationsListFails: what was listed before comes first, then the error once.
func TestOperationsListFails(t *testing.T) {
	m := many{n: 20, read: make(chan struct{}, 100), fault: context.DeadlineExceeded}
	n, faults := 0, 0
	for _, err := range New(m).Operations(t.Context(), Period{}) {
		if err != nil {
			faults++
			continue
		}
		n++
	}
	if n != 20 || faults != 1 {
		t.Errorf("%d operations and %d errors, want 20 and 1", n, faults)
	}
}

// TestOperationsCancelled: that nobody waits any more is not told as the fault of a
// record.
func TestOperationsCancelled(t *testing.T) {
	m := many{n: 40, read: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for o, err := range New(m).Operations(ctx, Period{}) {
		if n++; n == 1 {
			cancel()
		} else if !errors.Is(err, context.Canceled) || o.Err != nil {
			t.Errorf("after the cancellation: %v, %v", o.Err, err)
		}
	}
	if n != 2 {
		t.Errorf("%d lines, want an operation and an error", n)
	}
}
