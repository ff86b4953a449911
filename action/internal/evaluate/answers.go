package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/llm"
	"github.com/promptflag/promptflag/store"
)

// Mode says what records are for.
type Mode = llm.Mode

// The modes, see package llm.
const (
	Live    = llm.Live
	Record  = llm.Record
	Refresh = llm.Refresh
	Replay  = llm.Replay
)

// Answers says who answers for models: endpoints, or records of what they
// answered before.
type Answers struct {
	Evaluation config.Evaluation
	Getenv     func(string) string
	Mode       Mode
	Read       []llm.Records // looked through in this order
	Write      llm.Records   // nil in modes that write nothing
	Now        func() time.Time
	Warn       func(error) // of answers that could not be recorded; nil drops it

	clients *clients
}

// clients are shared by all prompts of a run, and so are their limits.
type clients struct {
	mu   sync.Mutex
	open map[string]*llm.Client
}

// NewAnswers opens nothing: who only replays needs neither keys nor a network.
func NewAnswers(e config.Evaluation, getenv func(string) string, mode Mode, read []llm.Records, write llm.Records) Answers {
	return Answers{Evaluation: e, Getenv: getenv, Mode: mode, Read: read, Write: write, clients: &clients{open: map[string]*llm.Client{}}}
}

// Close ends the connections.
func (a Answers) Close() {
	a.clients.mu.Lock()
	defer a.clients.mu.Unlock()
	for _, c := range a.clients.open {
		c.Close()
	}
	clear(a.clients.open)
}

// prices are those of promptflag.toml, over those that package llm knows.
func (a Answers) prices() (*llm.Prices, error) {
	own := map[string]llm.Price{}
	for model, p := range a.Evaluation.Prices {
		own[model] = llm.Price{Input: &p.Input, Output: &p.Output, Cached: p.Cached, Date: p.Date}
	}
	prices, err := llm.NewPrices(own)
	if err != nil {
		return nil, fmt.Errorf("prices of promptflag.toml: %w", err)
	}
	return prices, nil
}

// client is the one of an endpoint.
func (a Answers) client(e config.Endpoint) (*llm.Client, error) {
	a.clients.mu.Lock()
	defer a.clients.mu.Unlock()
	if c, ok := a.clients.open[e.Name]; ok {
		return c, nil
	}
	base := e.BaseURL
	if base == "" { // as the vendors' own libraries do
		base = a.Getenv(map[string]string{llm.OpenAI: "OPENAI_BASE_URL", llm.Anthropic: "ANTHROPIC_BASE_URL"}[e.Family])
	}
	key := e.KeyEnv
	if key == "-" {
		key = ""
	}
	concurrency := e.Concurrency
	if concurrency == 0 {
		concurrency = 16
	}
	c, err := llm.New(llm.Endpoint{
		Name: e.Name, Family: e.Family, BaseURL: base, APIVersion: e.APIVersion, KeyEnv: key, Headers: e.Headers,
		Concurrency: concurrency, TokensPerMinute: e.TokensPerMinute, RequestsPerMinute: e.RequestsPerMinute,
		Timeout: time.Duration(e.TimeoutSeconds) * time.Second,
	}, &llm.Options{Getenv: a.Getenv})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	a.clients.open[e.Name] = c
	return c, nil
}

// open puts together who answers in one run: records, then the journal of the
// run, then the meter, then the endpoint.
// flush tries again to write what could not be written, and whole says whether
// every call had an answer.
func (a Answers) open(meter *evalkit.Meter, journal *Journal) (r router, flush func(context.Context) error, whole func() bool) {
	var mu sync.Mutex
	var recorders []*llm.Recorder
	var unanswered atomic.Bool
	open := map[string]endpoint{}
	r = router{route: func(model string) (endpoint, error) {
		at := a.Evaluation.Lookup(model)
		mu.Lock()
		defer mu.Unlock()
		if e, ok := open[at.Name]; ok {
			return e, nil
		}
		c, err := a.client(at)
		if err != nil {
			return endpoint{}, &chat.Error{Fault: chat.BadRequest, Err: err}
		}
		o := &llm.RecorderOptions{Now: a.Now, Warn: a.Warn}
		called := watched{meter.Model(c), meter.Embedder(c), &unanswered}
		kept := llm.NewRecorder(called, called, at.Family, journal, llm.Record, o)
		recorder := llm.NewRecorder(kept, kept, at.Family, llm.Layers(a.Write, a.Read...), a.Mode, o)
		open[at.Name] = endpoint{recorder, recorder}
		recorders = append(recorders, kept, recorder)
		return open[at.Name], nil
	}}
	flush = func(ctx context.Context) (err error) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range recorders {
			err = errors.Join(err, r.Flush(ctx))
		}
		return err
	}
	return r, flush, func() bool { return !unanswered.Load() }
}

// watched notices calls without an answer.
type watched struct {
	chat.Model
	chat.Embedder
	unanswered *atomic.Bool
}

func (w watched) Complete(ctx context.Context, q chat.Request) (chat.Response, error) {
	a, err := w.Model.Complete(ctx, q)
	if err != nil {
		w.unanswered.Store(true)
	}
	return a, err
}

func (w watched) Embed(ctx context.Context, q chat.EmbedRequest) (chat.Embeddings, error) {
	a, err := w.Embedder.Embed(ctx, q)
	if err != nil {
		w.unanswered.Store(true)
	}
	return a, err
}

// inBucket are records in a part of a bucket.
type inBucket struct{ *store.Recorded }

// InBucket makes records of a part of a bucket.
func InBucket(r *store.Recorded) llm.Records { return inBucket{r} }

func (b inBucket) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := b.Recorded.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, fs.ErrPermission) {
		// S3 refuses to tell whether a key exists to who may not list.
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return data, err
}

var errKept = errors.New("a bucket replaces nothing: refresh into the folder of the repository, or let old records expire")

func (b inBucket) Put(ctx context.Context, key string, data []byte, replace bool) error {
	if replace {
		return errKept
	}
	return b.Recorded.Put(ctx, key, data)
}
