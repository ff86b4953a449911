package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

const (
	fetchTimeout = 3 * time.Second  // for one blob
	loadTimeout  = 10 * time.Second // for all that one feed names
	parallel     = 16               // fetches at the same time
	keepFor      = time.Hour        // how long memory keeps what no feed names any more
)

var errNotLoaded = errors.New("not loaded yet")

// loader holds the prompts that feeds name. It belongs to background work:
// evaluation reads answers that were made from it.
type loader struct {
	blobs Blobs
	log   *slog.Logger

	mu    sync.Mutex
	items map[prompts.Ref]*item
	wg    sync.WaitGroup // running fetches
}

// item is one ref. Exactly one of prompt, err and fetching is set.
type item struct {
	prompt   *prompts.Prompt
	err      error
	fetching bool
	named    time.Time // when a feed last named it
}

func newLoader(blobs Blobs, log *slog.Logger) *loader {
	return &loader{blobs: blobs, log: log, items: map[prompts.Ref]*item{}}
}

// get returns the prompt of ref from memory.
func (l *loader) get(ref prompts.Ref) (*prompts.Prompt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch it := l.items[ref]; {
	case it == nil || it.fetching:
		return nil, fmt.Errorf("load %s: %w", ref, errNotLoaded)
	default:
		return it.prompt, it.err
	}
}

// load fetches those of refs that are not in memory, and returns when that is
// done or ctx is. What failed before is fetched again only with retry. A fetch
// that outlives ctx goes on and ends in memory; no ref is fetched twice at once.
func (l *loader) load(ctx context.Context, refs []prompts.Ref, retry bool) {
	todo := l.claim(refs, retry)
	if len(todo) == 0 {
		return
	}
	queue := make(chan prompts.Ref)
	var batch sync.WaitGroup
	for range min(parallel, len(todo)) {
		l.wg.Add(1)
		batch.Add(1)
		go func() {
			defer l.wg.Done()
			defer batch.Done()
			for ref := range queue {
				p, err := l.fetch(ctx, ref)
				l.settle(ref, p, err)
			}
		}()
	}
	done := make(chan struct{})
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		defer close(done)
		for i, ref := range todo {
			select {
			case queue <- ref:
			case <-ctx.Done():
				l.release(todo[i:], ctx.Err())
				close(queue)
				batch.Wait()
				return
			}
		}
		close(queue)
		batch.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// claim marks and returns what has to be fetched of refs.
func (l *loader) claim(refs []prompts.Ref, retry bool) []prompts.Ref {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var todo []prompts.Ref
	for _, ref := range refs {
		it := l.items[ref]
		if it == nil {
			it = &item{}
			l.items[ref] = it
		}
		it.named = now
		if it.prompt != nil || it.fetching || (it.err != nil && !retry) {
			continue
		}
		it.fetching, it.err = true, nil
		todo = append(todo, ref)
	}
	return todo
}

// fetch returns the prompt of ref if it is loadable: bytes that hash to the
// digest, a known form, the name that the ref says.
func (l *loader) fetch(ctx context.Context, ref prompts.Ref) (p *prompts.Prompt, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("panic: %v", v)
		}
		if err != nil {
			err = fmt.Errorf("load %s: %w", ref, err)
		}
	}()
	data, err := l.blobs.Get(ctx, string(ref.Digest))
	if err != nil {
		return nil, err
	}
	if got := prompts.DigestOf(data); got != ref.Digest {
		return nil, fmt.Errorf("the bytes hash to %s", got)
	}
	if p, err = prompts.Decode(data); err != nil {
		return nil, err
	}
	if p.Name() != ref.Name {
		return nil, fmt.Errorf("the artifact is prompt %q", p.Name())
	}
	return p, nil
}

func (l *loader) settle(ref prompts.Ref, p *prompts.Prompt, err error) {
	if err != nil {
		l.log.Warn("prompt not loadable", "ref", ref.String(), "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	it := l.items[ref]
	it.prompt, it.err, it.fetching = p, err, false
}

func (l *loader) release(refs []prompts.Ref, cause error) {
	for _, ref := range refs {
		l.settle(ref, nil, fmt.Errorf("load %s: %w: %w", ref, errNotLoaded, cause))
	}
}

// trim forgets what no feed has named for keepFor.
func (l *loader) trim() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref, it := range l.items {
		if !it.fetching && time.Since(it.named) > keepFor {
			delete(l.items, ref)
		}
	}
}
