package llm

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// model is one without HTTP: it counts.
type model struct {
	calls atomic.Int64
	err   error
	gate  chan struct{} // nil, or what calls wait for
}

func (m *model) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	n := m.calls.Add(1)
	if m.gate != nil {
		select {
		case <-m.gate:
		case <-ctx.Done():
			return chat.Response{}, ctx.Err()
		}
	}
	if m.err != nil {
		return chat.Response{}, m.err
	}
	return chat.Response{
		Text: strings.Repeat("hi ", int(n)), Finish: "stop", Model: "m-1", Usage: chat.Usage{Known: true, Input: 3, Output: 2},
		ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: `{"a": <1>}`}}, Logprobs: []float64{-0.5}, Latency: 1234 * time.Microsecond,
	}, nil
}

func (m *model) Embed(context.Context, chat.EmbedRequest) (chat.Embeddings, error) {
	m.calls.Add(1)
	return chat.Embeddings{Vectors: [][]float64{{1, 2}}, Usage: chat.Usage{Known: true, Input: 2}}, m.err
}

func dir(t *testing.T) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "recorded"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestModes(t *testing.T) {
	d := dir(t)
	m := &model{}
	use := func(mode Mode) *Recorder { return NewRecorder(m, m, OpenAI, d, mode, nil) }
	step := func(what string, r *Recorder, text string, want Counts) chat.Response {
		t.Helper()
		got, err := r.Complete(t.Context(), full())
		if err != nil || got.Text != text || r.Counts() != want {
			t.Fatalf("%s: %q, %v, %+v; want %q, %+v", what, got.Text, err, r.Counts(), text, want)
		}
		return got
	}
	var e *chat.Error
	if _, err := use(Replay).Complete(t.Context(), full()); !errors.As(err, &e) || e.Fault != chat.NotRecorded || !strings.Contains(err.Error(), "model m, record ") {
		t.Fatalf("replay of nothing: %v", err)
	}
	step("live", use(Live), "hi ", Counts{Calls: 1})
	if _, err := os.Stat(d.path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("live wrote: %v", err)
	}
	recorder := use(Record)
	first := step("record", recorder, "hi hi ", Counts{Calls: 1, Written: 1})
	step("record again", recorder, "hi hi ", Counts{Calls: 1, Written: 1, Replayed: 1})
	replayed := step("replay", NewRecorder(nil, nil, OpenAI, d, Replay, nil), "hi hi ", Counts{Replayed: 1})
	if !replayed.Recorded || first.Recorded {
		t.Errorf("Recorded: first %v, replayed %v", first.Recorded, replayed.Recorded)
	}
	replayed.Recorded = false
	if diff := cmp.Diff(first, replayed); diff != "" { // latency too
		t.Error(diff)
	}
	step("live reads", use(Live), "hi hi ", Counts{Replayed: 1})
	refresh := use(Refresh)
	step("refresh", refresh, "hi hi hi ", Counts{Calls: 1, Written: 1})
	step("refresh, once", refresh, "hi hi hi ", Counts{Calls: 1, Written: 1, Replayed: 1})
	step("replay what is fresh", use(Replay), "hi hi hi ", Counts{Replayed: 1})
	again := full()
	again.Repeat = 1
	if _, err := use(Replay).Complete(t.Context(), again); !errors.As(err, &e) || e.Fault != chat.NotRecorded {
		t.Errorf("another repeat: %v", err)
	}
	if _, err := NewRecorder(m, m, Anthropic, d, Replay, nil).Complete(t.Context(), full()); !errors.As(err, &e) || e.Fault != chat.NotRecorded {
		t.Errorf("another family: %v", err)
	}
	q := chat.EmbedRequest{Model: "e", Texts: []string{"a"}}
	if _, err := use(Record).Embed(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if got, err := use(Replay).Embed(t.Context(), q); err != nil || !got.Recorded || !cmp.Equal(got.Vectors, [][]float64{{1, 2}}) {
		t.Errorf("embeddings: %+v, %v", got, err)
	}
	m.err = &chat.Error{Fault: chat.Malformed}
	if _, err := recorder.Complete(t.Context(), ask()); !errors.Is(err, m.err) {
		t.Errorf("error %v", err)
	}
	if _, err := use(Replay).Complete(t.Context(), ask()); !errors.As(err, &e) || e.Fault != chat.NotRecorded {
		t.Errorf("an error was recorded: %v", err)
	}
}

func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{gate: make(chan struct{})}
		r := NewRecorder(m, nil, OpenAI, nil, Live, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { // leads, and gives up
			if _, err := r.Complete(ctx, ask()); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
		synctest.Wait()
		var paid atomic.Int64
		for range 20 {
			wg.Go(func() {
				got, err := r.Complete(t.Context(), ask())
				if err != nil || got.Text != "hi hi " || got.ToolCalls[0].Name != "f" {
					t.Errorf("%+v, %v", got, err)
				}
				got.ToolCalls[0].Name = "mine" // each has its own
				if !got.Recorded {
					paid.Add(1)
				}
			})
		}
		synctest.Wait()
		cancel() // one of the 20 leads now
		synctest.Wait()
		close(m.gate)
		wg.Wait()
		if m.calls.Load() != 2 || paid.Load() != 1 || r.Counts() != (Counts{Calls: 2, Replayed: 19}) {
			t.Errorf("%d calls, %d paid, %+v", m.calls.Load(), paid.Load(), r.Counts())
		}
	})
}

// TestOwnPatience: who waits for another's request waits as long as its own
// context lasts, and who comes too late asks nobody.
func TestOwnPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{gate: make(chan struct{})}
		r := NewRecorder(m, nil, OpenAI, nil, Live, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := r.Complete(t.Context(), ask()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 2 { // while another asks, and then before it would
			_, err := r.Complete(ctx, ask())
			var e *chat.Error
			if !errors.As(err, &e) || e.Fault != chat.TimedOut {
				t.Errorf("error %v", err)
			}
		}
		close(m.gate)
		wg.Wait()
		if _, err := r.Complete(ctx, ask()); err == nil || m.calls.Load() != 1 {
			t.Errorf("%d calls, error %v", m.calls.Load(), err)
		}
	})
}

func TestTamperedRecords(t *testing.T) {
	d := dir(t)
	m := &model{}
	if _, err := NewRecorder(m, nil, OpenAI, d, Record, nil).Complete(t.Context(), full()); err != nil {
		t.Fatal(err)
	}
	k, _ := full().Key(OpenAI)
	_, file := fileOf(k)
	file = filepath.Join(d.path, file)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"request":   bytes.Replace(good, []byte("go on"), []byte("go away"), 1),
		"repeat":    bytes.Replace(good, []byte(`"repeat": 0`), []byte(`"repeat": 1`), 1),
		"key":       bytes.Replace(good, []byte(k), []byte(strings.Repeat("0", 64)), 1),
		"family":    bytes.Replace(good, []byte(`"family": "openai"`), []byte(`"family": "azure"`), 1),
		"kind":      bytes.Replace(good, []byte(`"kind": "chat"`), []byte(`"kind": "embeddings"`), 1),
		"major":     bytes.Replace(good, []byte(`"promptflagRecorded": 1`), []byte(`"promptflagRecorded": 2`), 1),
		"no major":  bytes.Replace(good, []byte(`"promptflagRecorded": 1,`), nil, 1),
		"cut":       good[:len(good)/2],
		"empty":     nil,
		"conflict":  append([]byte("<<<<<<< HEAD\n"), good...),
		"too large": bytes.Repeat([]byte(" "), maxRecord+1),
	} {
		if bytes.Equal(data, good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Mode{Live, Record, Replay} {
			before := m.calls.Load()
			_, err := NewRecorder(m, nil, OpenAI, d, mode, nil).Complete(t.Context(), full())
			var e *chat.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), k) || m.calls.Load() != before || name != "too large" && !errors.Is(err, ErrBadRecord) {
				t.Errorf("%s, mode %d: error %v", name, mode, err)
			}
		}
	}
	if _, err := NewRecorder(m, nil, OpenAI, d, Refresh, nil).Complete(t.Context(), full()); err != nil {
		t.Errorf("refresh of a bad record: %v", err)
	}
	if _, err := NewRecorder(nil, nil, OpenAI, d, Replay, nil).Complete(t.Context(), full()); err != nil {
		t.Errorf("after refresh: %v", err)
	}
}

// TestFullDisk: the answer is used, is still there for equal requests, and is
// written when there is room again.
func TestFullDisk(t *testing.T) {
	d := dir(t)
	full := true
	d.write = func(f *os.File, data []byte) error {
		if full {
			_, _ = f.Write(data[:10])
			return syscall.ENOSPC
		}
		return writeSynced(f, data)
	}
	m := &model{}
	var warned []error
	r := NewRecorder(m, nil, OpenAI, d, Record, &RecorderOptions{Warn: func(err error) { warned = append(warned, err) }})
	for range 2 {
		if got, err := r.Complete(t.Context(), ask()); err != nil || got.Text != "hi " {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if len(warned) != 1 || !errors.Is(warned[0], syscall.ENOSPC) || r.Counts() != (Counts{Calls: 1, Replayed: 1, Unwritten: 1}) {
		t.Errorf("warnings %v, %+v", warned, r.Counts())
	}
	if err := r.Flush(t.Context()); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "1 answers") {
		t.Errorf("flush: %v", err)
	}
	if left := files(t, d); len(left) != 0 {
		t.Errorf("half a record was left: %v", left)
	}
	full = false
	if err := r.Flush(t.Context()); err != nil || r.Counts() != (Counts{Calls: 1, Replayed: 1, Written: 1}) {
		t.Errorf("flush: %v, %+v", err, r.Counts())
	}
	if _, err := NewRecorder(nil, nil, OpenAI, d, Replay, nil).Complete(t.Context(), ask()); err != nil {
		t.Error(err)
	}
}

func files(t *testing.T, d *Dir) (names []string) {
	t.Helper()
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
