package provider

import (
	"math/rand/v2"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

const (
	firstRetry = time.Second // after the first failure; doubled after each
	lastRetry  = time.Minute // the longest pause
	probes     = 4           // failed refs that each poll tries again before their time
)

// pause is how long to wait after so many failures, give or take a fifth.
func pause(tries int) time.Duration {
	d := min(firstRetry<<min(tries-1, 10), lastRetry)
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// retry tries again what is due, at a poll also the few that wait for the
// longest time, and returns when the next one is due.
func (l *loader) retry(now time.Time, poll bool) (next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		return time.Time{}
	}
	for ref, it := range l.failed {
		switch {
		case !it.newest && time.Since(it.named) > keepFor:
			l.drop(ref, it) // nobody asks for it any more
		case !it.due.After(now):
			l.again(ref, it)
		}
	}
	for i := 0; poll && i < probes && len(l.failed) > 0; i++ {
		var oldest prompts.Ref
		for ref, it := range l.failed {
			if first := l.failed[oldest]; first == nil || it.due.Before(first.due) {
				oldest = ref
			}
		}
		l.again(oldest, l.failed[oldest])
	}
	for _, it := range l.failed {
		if next.IsZero() || it.due.Before(next) {
			next = it.due
		}
	}
	return next
}

// hurry tries everything that failed again when the bucket begins to answer
// again, once a second at most: what it does not have may still be missing.
// l.mu is held.
func (l *loader) hurry() {
	now := time.Now()
	if !l.down || now.Sub(l.hurried) < time.Second {
		return
	}
	l.down, l.hurried = false, now
	for ref, it := range l.failed {
		if it.tries > 1 { // a first failure has its short pause
			l.again(ref, it)
		}
	}
}

// again puts a ref that failed into the queue. l.mu is held.
func (l *loader) again(ref prompts.Ref, it *item) {
	delete(l.failed, ref)
	it.phase = phaseRemote
	l.remote = append(l.remote, ref)
	l.work()
}
