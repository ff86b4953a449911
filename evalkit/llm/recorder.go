package llm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// Mode says when a Recorder calls and what it keeps.
type Mode int

// The modes.
const (
	Live    Mode = iota // read what is recorded, call for the rest, write nothing
	Record              // read what is recorded, call for the rest and write that
	Refresh             // call for everything, once in the life of the Recorder, and replace what is recorded
	Replay              // never call: what is not recorded is an error with chat.NotRecorded
)

// RecorderOptions have defaults for nil and zero.
type RecorderOptions struct {
	Now func() time.Time // for recordedAt; nil: time.Now
	// Warn is told of answers that were paid for and could not be written. Several
	// goroutines may call it. nil: nobody is told but by Flush and Counts.
	Warn func(error)
}

// Recorder answers from records, and by calling where its mode allows that. It
// may be used by several goroutines. Equal requests at the same time are made
// once; all but the first answer say Recorded, because nobody pays for them. Errors
// are not recorded.
type Recorder struct {
	model    chat.Model
	embedder chat.Embedder
	family   string
	records  Records
	mode     Mode
	now      func() time.Time
	warn     func(error)

	calls, replayed, written atomic.Int64

	mu        sync.Mutex
	flights   map[string]*flight
	refreshed map[string]bool   // keys
	unwritten map[string][]byte // records that Put did not take
}

var (
	_ chat.Model    = (*Recorder)(nil)
	_ chat.Embedder = (*Recorder)(nil)
)

// flight is one request that is being made.
type flight struct {
	done   chan struct{}
	answer any
	err    error
}

// NewRecorder records the answers of model and embedder, endpoints of one
// family. Either may be nil when nobody asks it, and so it is with Replay.
func NewRecorder(model chat.Model, embedder chat.Embedder, family string, records Records, mode Mode, o *RecorderOptions) *Recorder {
	if o == nil {
		o = &RecorderOptions{}
	}
	r := &Recorder{
		model: model, embedder: embedder, family: family, records: records, mode: mode, now: o.Now, warn: o.Warn,
		flights: map[string]*flight{}, refreshed: map[string]bool{}, unwritten: map[string][]byte{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.warn == nil {
		r.warn = func(error) {}
	}
	return r
}

// Counts say what a Recorder did.
type Counts struct {
	Calls     int64 // requests made, whatever came of them
	Replayed  int64 // answers that were recorded, or shared with an equal request
	Written   int64 // answers recorded
	Unwritten int64 // answers that could not be
}

// Counts of all requests so far.
func (r *Recorder) Counts() Counts {
	r.mu.Lock()
	unwritten := len(r.unwritten)
	r.mu.Unlock()
	return Counts{r.calls.Load(), r.replayed.Load(), r.written.Load(), int64(unwritten)}
}

// Complete implements chat.Model.
func (r *Recorder) Complete(ctx context.Context, q chat.Request) (chat.Response, error) {
	a, shared, err := answer(ctx, r, kindChat, q.Model, q, func(ctx context.Context) (chat.Response, error) {
		if r.model == nil {
			return chat.Response{}, errors.New("there is no model to call")
		}
		return r.model.Complete(ctx, q)
	})
	a.ToolCalls, a.Logprobs = append([]chat.ToolCall(nil), a.ToolCalls...), append([]float64(nil), a.Logprobs...) // each caller has its own
	a.Recorded = shared
	return a, err
}

// Embed implements chat.Embedder.
func (r *Recorder) Embed(ctx context.Context, q chat.EmbedRequest) (chat.Embeddings, error) {
	a, shared, err := answer(ctx, r, kindEmbeddings, q.Model, q, func(ctx context.Context) (chat.Embeddings, error) {
		if r.embedder == nil {
			return chat.Embeddings{}, errors.New("there are no embeddings to call")
		}
		return r.embedder.Embed(ctx, q)
	})
	vectors := make([][]float64, len(a.Vectors)) // each caller has its own
	for i, v := range a.Vectors {
		vectors[i] = append([]float64(nil), v...)
	}
	a.Vectors, a.Recorded = vectors, shared
	return a, err
}

// answer is the answer to q, by record, by call, or by the call that somebody
// makes for the same at this moment.
func answer[Q keyed, A any](ctx context.Context, r *Recorder, kind, model string, q Q, call func(context.Context) (A, error)) (a A, shared bool, err error) {
	key, err := q.Key(r.family)
	if err != nil {
		return a, false, &chat.Error{Fault: chat.BadRequest, Err: err}
	}
	for {
		r.mu.Lock()
		f, flying := r.flights[key]
		if !flying {
			f = &flight{done: make(chan struct{})}
			r.flights[key] = f
			r.mu.Unlock()
			return lead(ctx, r, f, key, kind, model, q, call)
		}
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return a, false, ended(ctx)
		case <-f.done:
		}
		if f.err == nil {
			r.replayed.Add(1)
			return f.answer.(A), true, nil
		}
		if ctx.Err() == nil && (errors.Is(f.err, context.Canceled) || errors.Is(f.err, context.DeadlineExceeded)) {
			continue // the end of another's patience, not of ours
		}
		return a, false, f.err
	}
}

// ended is the error of a context that ended before anything was sent.
func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &chat.Error{Fault: chat.TimedOut, Err: ctx.Err()}
	}
	return ctx.Err()
}

// lead makes the request that others wait for.
func lead[Q keyed, A any](ctx context.Context, r *Recorder, f *flight, key, kind, model string, q Q, call func(context.Context) (A, error)) (a A, recorded bool, err error) {
	f.err = errors.New("the request ended without an answer") // should call panic
	defer func() {
		r.mu.Lock()
		delete(r.flights, key)
		r.mu.Unlock()
		close(f.done)
	}()
	a, recorded, err = once(ctx, r, key, kind, model, q, call)
	f.answer, f.err = a, err
	return a, recorded, err
}

func once[Q keyed, A any](ctx context.Context, r *Recorder, key, kind, model string, q Q, call func(context.Context) (A, error)) (a A, recorded bool, err error) {
	data, err := r.find(ctx, key)
	if err == nil {
		if a, err = readRecord[Q, A](data, key, r.family, kind); err != nil {
			return a, false, &chat.Error{Fault: chat.Malformed, Err: err}
		}
		r.replayed.Add(1)
		return a, true, nil
	}
	switch {
	case ctx.Err() != nil:
		return a, false, ended(ctx)
	case !errors.Is(err, fs.ErrNotExist):
		return a, false, &chat.Error{Fault: chat.Unavailable, Err: fmt.Errorf("recorded responses: %w", err)}
	case r.mode == Replay:
		return a, false, &chat.Error{Fault: chat.NotRecorded, Err: fmt.Errorf("model %s, record %s", name(model), key[:12])}
	}
	r.calls.Add(1)
	if a, err = call(ctx); err != nil {
		return a, false, err
	}
	if r.mode == Record || r.mode == Refresh {
		keep(ctx, r, key, kind, q, a)
	}
	return a, false, nil
}

// find reads a record; what could not be written is still there.
func (r *Recorder) find(ctx context.Context, key string) ([]byte, error) {
	r.mu.Lock()
	data, held := r.unwritten[key]
	again := r.mode == Refresh && !r.refreshed[key]
	r.mu.Unlock()
	switch {
	case held:
		return data, nil
	case again || r.records == nil:
		return nil, fs.ErrNotExist
	}
	return r.records.Get(ctx, key)
}

// keep writes a record. The answer is paid for: the end of ctx does not keep
// it from being written, and when it cannot be, it stays in memory.
func keep[Q keyed, A any](ctx context.Context, r *Recorder, key, kind string, q Q, a A) {
	data, err := writeRecord(key, r.family, kind, q, a, r.now())
	if err != nil {
		r.warn(fmt.Errorf("the answer is used and not recorded: %w", err))
		return
	}
	err = r.put(context.WithoutCancel(ctx), key, data)
	r.mu.Lock()
	r.refreshed[key] = true
	if err != nil {
		r.unwritten[key] = data
	}
	r.mu.Unlock()
	if err != nil {
		r.warn(fmt.Errorf("the answer is used and not recorded yet: %w", err))
	}
}

func (r *Recorder) put(ctx context.Context, key string, data []byte) error {
	if r.records == nil {
		return fmt.Errorf("write record %s: there is no place for it", key)
	}
	err := r.records.Put(ctx, key, data, r.mode == Refresh)
	if err == nil {
		r.written.Add(1)
	}
	return err
}

// Flush tries again to write what could not be written. The error says how much
// is lost when the program ends now.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	left := make(map[string][]byte, len(r.unwritten))
	for key, data := range r.unwritten {
		left[key] = data
	}
	r.mu.Unlock()
	var failed error
	for key, data := range left {
		if err := r.put(ctx, key, data); err != nil {
			failed = err
			continue
		}
		r.mu.Lock()
		delete(r.unwritten, key)
		r.mu.Unlock()
	}
	if failed != nil {
		return fmt.Errorf("%d answers are not recorded: %w", r.Counts().Unwritten, failed)
	}
	return nil
}
