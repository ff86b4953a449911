//go:build unix

package faultmatrix

import (
	"net/http"
	"sync"
)

// gate is the HTTP transport of a flag source. It counts polls and can let a
// number of them through and no more: what has not happened by then is not owed to
// another poll, however slow the machine is.
type gate struct {
	http.RoundTripper

	mu     sync.Mutex
	begun  int
	limit  int // polls that may begin; negative: all
	opened chan struct{}
}

func newGate(t http.RoundTripper) *gate { return &gate{RoundTripper: t, limit: -1} }

// RoundTrip holds polls beyond the limit, whatever their deadline.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	var wait chan struct{}
	if g.limit >= 0 && g.begun >= g.limit {
		wait = g.opened
	} else {
		g.begun++
	}
	g.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return g.RoundTripper.RoundTrip(r)
}

// polls is how many were let through so far.
func (g *gate) polls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.begun
}

// allow lets n more polls through, until open.
func (g *gate) allow(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit, g.opened = g.begun+n, make(chan struct{})
}

// open lets all polls through, those too that wait.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit >= 0 {
		g.limit = -1
		close(g.opened)
	}
}
