//go:build unix

package faultmatrix

import (
	"net/http"
	"sync"
	"time"
)

// gate is the HTTP transport of a flag source. It counts polls and can let a
// number of them through and no more: what has not happened by then is not owed to
// another poll, however slow the machine is. Polls that were held begin as far
// apart as if they had not been.
type gate struct {
	http.RoundTripper

	mu      sync.Mutex
	changed sync.Cond // limit did; its lock is mu
	begun   int
	limit   int // polls that may begin; negative: all
	pace    time.Duration
	last    time.Time // when the last one began
}

func newGate(t http.RoundTripper, pace time.Duration) *gate {
	g := &gate{RoundTripper: t, limit: -1, pace: pace}
	g.changed.L = &g.mu
	return g
}

// RoundTrip holds polls beyond the limit, whatever their deadline.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	for g.limit >= 0 && g.begun >= g.limit {
		g.changed.Wait()
	}
	g.begun++
	begin := time.Now()
	if next := g.last.Add(g.pace); g.limit >= 0 && next.After(begin) {
		begin = next
	}
	g.last = begin
	g.mu.Unlock()
	time.Sleep(time.Until(begin))
	return g.RoundTripper.RoundTrip(r)
}

// polls is how many were let through so far.
func (g *gate) polls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.begun
}

// allow lets n more polls through.
func (g *gate) allow(n int) { g.set(func() int { return g.begun + n }) }

// open lets all polls through.
func (g *gate) open() { g.set(func() int { return -1 }) }

func (g *gate) set(limit func() int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = limit()
	g.changed.Broadcast()
}
