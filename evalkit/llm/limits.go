package llm

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// limits are those of one endpoint. Who asks first is served first.
type limits struct {
	slots    *semaphore.Weighted
	tokens   *bucket // nil: no limit
	requests *bucket

	mu     sync.Mutex
	paused time.Time // nobody sends before
}

func newLimits(concurrency, tokens, requests int) *limits {
	return &limits{slots: semaphore.NewWeighted(int64(concurrency)), tokens: newBucket(tokens), requests: newBucket(requests)}
}

// enter waits until a request of so many tokens may be sent. Without an error
// the caller leaves.
func (l *limits) enter(ctx context.Context, tokens int) error {
	if err := l.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	err := l.wait(ctx, tokens)
	if err != nil {
		l.slots.Release(1)
	}
	return err
}

func (l *limits) wait(ctx context.Context, tokens int) error {
	if err := l.requests.take(ctx, 1); err != nil {
		return err
	}
	if err := l.tokens.take(ctx, tokens); err != nil {
		l.requests.correct(-1)
		return err
	}
	for { // somebody may lengthen the pause while we wait
		l.mu.Lock()
		left := time.Until(l.paused)
		l.mu.Unlock()
		if left <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

func (l *limits) leave() { l.slots.Release(1) }

// pause keeps everybody from sending.
func (l *limits) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.paused) {
		l.paused = until
	}
}

// bucket holds what may be spent at once, a sixth of a minute's worth, and fills
// again. It may be overdrawn: who takes more than there is waits until
// the debt is paid, and so does who comes after.
type bucket struct {
	perSecond, size float64

	mu    sync.Mutex
	level float64
	at    time.Time
}

func newBucket(perMinute int) *bucket {
	if perMinute <= 0 {
		return nil
	}
	size := max(float64(perMinute)/6, 1)
	return &bucket{perSecond: float64(perMinute) / 60, size: size, level: size, at: time.Now()}
}

// take spends n and waits while the bucket is overdrawn. An error gives n back.
func (b *bucket) take(ctx context.Context, n int) error {
	if b == nil {
		return ctx.Err()
	}
	b.mu.Lock()
	b.fill()
	b.level -= float64(n)
	wait := time.Duration(-b.level / b.perSecond * float64(time.Second))
	b.mu.Unlock()
	// What is larger than the bucket overdraws a full one: it is sent at once, and
	// others wait for it.
	if float64(n) > b.size {
		wait -= time.Duration((float64(n) - b.size) / b.perSecond * float64(time.Second))
	}
	err := sleep(ctx, wait)
	if err != nil {
		b.correct(-n)
	}
	return err
}

// correct spends n more than was thought, or less when n is negative.
func (b *bucket) correct(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill()
	b.level = min(b.level-float64(n), b.size)
}

func (b *bucket) fill() {
	now := time.Now()
	b.level = min(b.level+now.Sub(b.at).Seconds()*b.perSecond, b.size)
	b.at = now
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
