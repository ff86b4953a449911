package evalkit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// breaker stops asking a model that cannot answer: at once when it does not take
// the key, and after many failures in a row. A thousand cases then cost seconds
// and not an hour of retries.
type breaker struct {
	mu     sync.Mutex
	failed map[string]int // by model: failures in a row
	broken map[string]*chat.Error
}

const manyFailures = 32

func newBreaker() *breaker {
	return &breaker{failed: map[string]int{}, broken: map[string]*chat.Error{}}
}

// open returns why a model is not asked any more.
func (b *breaker) open(model string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.broken[model]; e != nil {
		return e
	}
	return nil
}

// heard takes what came of a request.
func (b *breaker) heard(model string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var e *chat.Error
	if !errors.As(err, &e) {
		b.failed[model] = 0
		return
	}
	switch e.Fault {
	case chat.Unauthorized:
		if e.Status != http.StatusForbidden {
			b.broken[model] = &chat.Error{Fault: e.Fault, Status: e.Status, Err: brokenBy(e, "the first refusal")}
			return
		}
		// 403 may be about the key, or about this one text, as moderation says it.
	case chat.Unavailable, chat.RateLimited, chat.TimedOut:
	default:
		b.failed[model] = 0
		return
	}
	if b.failed[model]++; b.failed[model] >= manyFailures {
		b.broken[model] = &chat.Error{Fault: e.Fault, Status: e.Status, Err: brokenBy(e, fmt.Sprintf("%d failures in a row", manyFailures))}
	}
}

// guardedModel asks as long as the breaker lets it.
type guardedModel struct {
	*breaker
	next chat.Model
}

func (m guardedModel) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	if err := m.open(r.Model); err != nil {
		return chat.Response{}, err
	}
	a, err := m.next.Complete(ctx, r)
	m.heard(r.Model, err)
	return a, err
}

type guardedEmbedder struct {
	*breaker
	next chat.Embedder
}

func (m guardedEmbedder) Embed(ctx context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	if err := m.open(r.Model); err != nil {
		return chat.Embeddings{}, err
	}
	a, err := m.next.Embed(ctx, r)
	m.heard(r.Model, err)
	return a, err
}

// brokenBy says why with every case: a report lists only some.
func brokenBy(e *chat.Error, what string) error {
	if e.Err == nil {
		return fmt.Errorf("not asked any more after %s", what)
	}
	return fmt.Errorf("%w; not asked any more after %s", e.Err, what)
}
