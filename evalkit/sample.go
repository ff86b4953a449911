package evalkit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Faults of samples beside those of package chat.
const (
	faultRender    = "render"
	faultAssertion = "assertion"
)

// sample asks one arm one case once, and checks the answer.
func (r *run) sample(ctx context.Context, a *arm, c *suite.Case, repeat int) Sample {
	s := Sample{Case: c.ID, Arm: a.ID, Repeat: repeat}
	messages, err := a.renderer.render(c)
	if err != nil {
		s.Fault, s.Error = faultRender, err.Error()
		return s
	}
	request := chat.Request{
		Model: a.Model, Parameters: a.parameters, Messages: messages, Tools: a.tools, Output: a.output,
		Logprobs: wantsLogprobs(c.Assert), Repeat: repeat,
	}
	s.Output, err = r.model.Complete(ctx, request)
	if err != nil {
		s.Fault = fault(err)
		s.Error = detail(s.Fault, err)
		return s
	}
	if usd, known := r.services.Cost(a.Model, s.Output.Usage); known {
		s.Cost = &usd
	}
	in := assert.Input{
		Output: s.Output, Vars: c.Vars, Metadata: c.Metadata, Messages: messages, Tools: a.tools,
		Cost: s.Cost, Repeat: repeat,
	}
	for _, check := range c.Assert {
		s.Results = append(s.Results, check.Run(ctx, in, r.judges))
	}
	pass, score, failed := assert.Combine(s.Results, c.Threshold)
	if failed {
		s.Fault, s.Error = faultAssertion, firstError(s.Results)
		return s
	}
	s.Pass, s.Score = pass, score
	return s
}

func fault(err error) string {
	var e *chat.Error
	if errors.As(err, &e) {
		return string(e.Fault)
	}
	return string(chat.Unavailable)
}

// detail is what an error says beside its fault.
func detail(fault string, err error) string {
	text := err.Error()
	if rest := strings.TrimLeft(strings.TrimPrefix(text, fault), ": "); rest != "" {
		return rest
	}
	return text
}

func firstError(results []assert.Result) string {
	for _, r := range results {
		if r.Error != "" {
			return r.Type + ": " + r.Error
		}
		if text := firstError(r.Parts); text != "" {
			return text
		}
	}
	return ""
}

func wantsLogprobs(checks []*assert.Assertion) bool {
	for _, a := range checks {
		if strings.HasPrefix(a.Type, "perplexity") || wantsLogprobs(a.Parts) {
			return true
		}
	}
	return false
}

// breaker stops asking a model that cannot answer: at once when it does not take
// the key, and after many failures in a row. A thousand cases then cost seconds
// and not an hour of retries.
type breaker struct {
	next   chat.Model
	mu     sync.Mutex
	failed map[string]int // by model: failures in a row
	broken map[string]*chat.Error
}

const manyFailures = 32

func newBreaker(next chat.Model) *breaker {
	return &breaker{next: next, failed: map[string]int{}, broken: map[string]*chat.Error{}}
}

func (b *breaker) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	b.mu.Lock()
	broken := b.broken[r.Model]
	b.mu.Unlock()
	if broken != nil {
		return chat.Response{}, broken
	}
	a, err := b.next.Complete(ctx, r)
	b.mu.Lock()
	defer b.mu.Unlock()
	var e *chat.Error
	if !errors.As(err, &e) {
		b.failed[r.Model] = 0
		return a, err
	}
	switch e.Fault {
	case chat.Unauthorized:
		b.broken[r.Model] = &chat.Error{Fault: e.Fault, Status: e.Status, Err: errors.New("not asked any more after the first refusal")}
	case chat.Unavailable, chat.RateLimited, chat.TimedOut:
		if b.failed[r.Model]++; b.failed[r.Model] >= manyFailures {
			b.broken[r.Model] = &chat.Error{Fault: e.Fault, Status: e.Status, Err: fmt.Errorf("not asked any more after %d failures in a row", manyFailures)}
		}
	default:
		b.failed[r.Model] = 0
	}
	return a, err
}

// countingModel counts answers that were read from records.
type countingModel struct {
	chat.Model
	recorded *atomic.Int64
}

func (m countingModel) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	a, err := m.Model.Complete(ctx, r)
	if a.Recorded {
		m.recorded.Add(1)
	}
	return a, err
}

type countingEmbedder struct {
	chat.Embedder
	recorded *atomic.Int64
}

func (m countingEmbedder) Embed(ctx context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	a, err := m.Embedder.Embed(ctx, r)
	if a.Recorded {
		m.recorded.Add(1)
	}
	return a, err
}
