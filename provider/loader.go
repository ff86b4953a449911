package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

const (
	parallel = 16        // fetches from the bucket at the same time
	keepFor  = time.Hour // how long memory keeps what no feed names any more
)

var errNotLoaded = errors.New("not loaded yet")

// localBlobs is what the loader needs of the cache on disk.
type localBlobs interface {
	Blob(digest string) ([]byte, error)
	PutBlob(digest string, data []byte) error
	RemoveBlob(digest string) error
}

// loader holds the prompts that feeds name and fetches them: from disk and
// bundle, then from the bucket. It belongs to background work: evaluation reads
// answers that were made from it.
type loader struct {
	blobs  Blobs
	bundle fs.FS // may be nil
	log    *slog.Logger

	mu     sync.Mutex
	ctx    context.Context // of fetches in the background; nil when stopped
	disk   localBlobs      // may be nil
	news   func()          // called, without the lock, when settled refs can be taken
	items  map[prompts.Ref]*item
	local  []prompts.Ref // to be read from disk and bundle
	remote []prompts.Ref // to be fetched from the bucket
	// Running workers of the two queues.
	localWorkers, remoteWorkers int
	settled                     []prompts.Ref // since the last taking
	failed                      map[prompts.Ref]*item
	purged                      map[prompts.Ref]bool // must not be loaded any more
	pinnedItems                 int                  // items that a pin asked for first
	down                        bool                 // the last fetch failed
	hurried                     time.Time            // when all that failed was tried again last
	wg                          sync.WaitGroup
}

type phase uint8

const (
	phaseNew    phase = iota // nobody asked for it
	phaseLocal               // in the queue for, or being read from, disk and bundle
	phaseMissed              // not there, and nobody asked for the bucket
	phaseRemote              // in the queue for, or being fetched from, the bucket
	phaseFailed              // the bucket did not give it; tried again later
	phaseLoaded
)

// item is one ref.
type item struct {
	phase  phase
	prompt *prompts.Prompt
	err    error // of the last try; kept while the next one runs
	remote bool  // the bucket is to be asked when disk and bundle have nothing
	tries  int
	due    time.Time     // next try
	named  time.Time     // when a feed last named it
	done   chan struct{} // closed at the end of the try that runs; nil when nobody waits

	// What feeds said of it, for pins.
	pinned          bool // a pin asked for it first
	newest          bool // the newest feed names it
	current         bool // and somebody gets it
	stable, dialled bool // one named it as a version for everybody, as a candidate for some
}

func newLoader(blobs Blobs, o *Options, log *slog.Logger) *loader {
	return &loader{blobs: blobs, bundle: o.Baseline, log: log, items: map[prompts.Ref]*item{}, failed: map[prompts.Ref]*item{}}
}

// start lets background work begin; it ends with ctx.
func (l *loader) start(ctx context.Context, disk localBlobs, news func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.disk, l.news = ctx, disk, news
	for ref, it := range l.items { // what was missing in an earlier life is waited for again
		if it.phase != phaseLoaded {
			l.drop(ref, it)
		}
	}
	clear(l.failed)
}

// stop ends background work; waiting for it is up to the caller, on l.wg.
func (l *loader) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.news = nil, nil
	for _, queue := range [][]prompts.Ref{l.local, l.remote} {
		for _, ref := range queue {
			it := l.items[ref]
			it.phase = phaseNew
			it.finish()
		}
	}
	l.local, l.remote, l.settled = nil, nil, nil
}

// get returns the prompt of ref from memory.
func (l *loader) get(ref prompts.Ref) (*prompts.Prompt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	it := l.items[ref]
	switch {
	case it != nil && it.prompt != nil:
		return it.prompt, nil
	case it != nil && it.err != nil:
		return nil, it.err
	}
	return nil, fmt.Errorf("load %s: %w", ref, errNotLoaded)
}

// pending says whether ref is neither in memory nor known not to be had. local
// asks about disk and bundle only.
func (l *loader) pending(ref prompts.Ref, local bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	it := l.items[ref]
	if it == nil {
		return true
	}
	switch it.phase {
	case phaseLoaded, phaseFailed:
		return false
	case phaseRemote, phaseMissed:
		return !local && it.err == nil
	}
	return it.err == nil // it was tried before: nobody waits a second time
}

// want asks for ref; remote: from the bucket too. It returns at once.
func (l *loader) want(ref prompts.Ref, remote bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.request(ref, remote, now)
}

// request is want. l.mu is held.
func (l *loader) request(ref prompts.Ref, remote bool, now time.Time) {
	it := l.item(ref)
	it.named = now
	it.remote = it.remote || remote
	switch {
	case l.purged[ref] && it.phase != phaseLocal && it.phase != phaseRemote:
		l.refuse(ref, it)
	case l.ctx == nil:
	case it.phase == phaseNew:
		it.phase = phaseLocal
		l.local = append(l.local, ref)
		l.work()
	case it.phase == phaseMissed && it.remote:
		it.phase = phaseRemote
		l.remote = append(l.remote, ref)
		l.work()
	}
}

// item returns the item of ref. l.mu is held.
func (l *loader) item(ref prompts.Ref) *item {
	it := l.items[ref]
	if it == nil {
		it = &item{}
		l.items[ref] = it
	}
	return it
}

// work starts workers for what is in the queues. l.mu is held.
func (l *loader) work() {
	for l.localWorkers < min(2*runtime.GOMAXPROCS(0), len(l.local)) {
		l.localWorkers++
		l.wg.Go(l.readLocal)
	}
	for l.remoteWorkers < min(parallel, len(l.remote)) {
		l.remoteWorkers++
		l.wg.Go(l.fetchRemote)
	}
}

// next takes the first ref of a queue. The worker that finds none ends.
func (l *loader) next(queue *[]prompts.Ref, workers *int) (ref prompts.Ref, ctx context.Context, disk localBlobs, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(*queue) == 0 || l.ctx == nil {
		*workers--
		return ref, nil, nil, false
	}
	ref = (*queue)[0]
	*queue = (*queue)[1:]
	return ref, l.ctx, l.disk, true
}

func (l *loader) readLocal() {
	for {
		ref, _, disk, ok := l.next(&l.local, &l.localWorkers)
		if !ok {
			return
		}
		p, err := l.nearby(disk, ref)
		l.mu.Lock()
		it := l.item(ref)
		switch {
		case l.purged[ref]:
			l.refuse(ref, it)
		case p != nil:
			l.loaded(ref, it, p)
		case it.remote && l.ctx != nil:
			it.phase = phaseRemote
			l.remote = append(l.remote, ref)
			l.work()
			l.settled = append(l.settled, ref) // whoever waits for disk only wants to know
		default:
			it.phase = phaseMissed
			l.settled = append(l.settled, ref)
			it.finish()
		}
		news := l.news
		l.mu.Unlock()
		if err != nil {
			l.log.Warn("prompt not read from the cache", "ref", ref.String(), "error", err)
		}
		if news != nil {
			news()
		}
	}
}

func (l *loader) fetchRemote() {
	for {
		ref, ctx, disk, ok := l.next(&l.remote, &l.remoteWorkers)
		if !ok {
			return
		}
		p, err := l.fetch(ctx, ref)
		l.mu.Lock()
		it := l.item(ref)
		if l.purged[ref] {
			p, err = nil, errPurged
			l.refuse(ref, it)
		} else if p != nil {
			l.loaded(ref, it, p)
			l.hurry()
		} else {
			l.down = true
			it.phase, it.err = phaseFailed, err
			it.tries++
			it.due = time.Now().Add(pause(it.tries))
			l.failed[ref] = it
			l.settled = append(l.settled, ref)
			it.finish()
		}
		news := l.news
		l.mu.Unlock()
		if news != nil {
			news()
		}
		switch {
		case err != nil:
			l.log.Warn("prompt not loadable", "ref", ref.String(), "error", err)
		case disk != nil:
			if err := disk.PutBlob(string(ref.Digest), p.Artifact()); err != nil {
				l.log.Warn("prompt not kept on disk", "ref", ref.String(), "error", err)
			}
			if l.isPurged(ref) { // meanwhile
				_ = disk.RemoveBlob(string(ref.Digest))
			}
		}
	}
}

// loaded notes that ref is in memory. l.mu is held.
func (l *loader) loaded(ref prompts.Ref, it *item, p *prompts.Prompt) {
	it.phase, it.prompt, it.err, it.tries = phaseLoaded, p, nil, 0
	delete(l.failed, ref)
	l.settled = append(l.settled, ref)
	it.finish()
}

func (it *item) finish() {
	if it.done != nil {
		close(it.done)
		it.done = nil
	}
}

// take returns the refs that were settled since the last call.
func (l *loader) take() []prompts.Ref {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.settled
	l.settled = nil
	return out
}

// resolve returns the prompt of ref from memory, disk, bundle or bucket.
func (l *loader) resolve(ctx context.Context, ref prompts.Ref) (*prompts.Prompt, error) {
	l.mu.Lock()
	if l.ctx == nil {
		l.mu.Unlock()
		return nil, errors.New("the provider is not initialised, or was shut down")
	}
	it := l.item(ref)
	if it.prompt != nil {
		l.mu.Unlock()
		return it.prompt, nil
	}
	if it.phase == phaseFailed && !l.purged[ref] {
		l.again(ref, it)
	}
	if it.done == nil {
		it.done = make(chan struct{})
	}
	done := it.done
	l.request(ref, true, time.Now())
	l.mu.Unlock()
	select {
	case <-done:
		return l.get(ref)
	case <-ctx.Done():
		return nil, fmt.Errorf("load %s: %w", ref, ctx.Err())
	}
}

// trim forgets what no feed has named for keepFor.
func (l *loader) trim(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref, it := range l.items {
		idle := it.phase == phaseLoaded || it.phase == phaseFailed || it.phase == phaseMissed || it.phase == phaseNew
		if idle && it.done == nil && now.Sub(it.named) > keepFor {
			l.drop(ref, it)
		}
	}
}

// drop forgets ref. l.mu is held.
func (l *loader) drop(ref prompts.Ref, it *item) {
	delete(l.items, ref)
	delete(l.failed, ref)
	if it.pinned {
		l.pinnedItems--
	}
}
