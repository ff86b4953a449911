//go:build linux || darwin

package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// startLimit is how long one server may take to answer.
const startLimit = 2 * time.Minute

// startOn starts a server on a free port and waits until healthy returns nil.
// Somebody else may take the port between our look and the server's; then
// another one is tried.
func (g *group) startOn(ctx context.Context, make func(port string) spec, healthy func(ctx context.Context, addr string, p *process) error) (addr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for range 3 {
		addr, err = freeAddr()
		if err != nil {
			return "", err
		}
		_, port, _ := net.SplitHostPort(addr)
		s := make(port)
		var p *process
		if p, err = g.start(s); err != nil {
			return "", err
		}
		err = g.wait(ctx, p, func() error { return healthy(ctx, addr, p) })
		if err == nil || !p.ended() || !strings.Contains(tail(p.log), "in use") {
			return addr, err
		}
		g.drop(p)
		_ = os.Remove(p.log)
	}
	return "", err
}

// drop forgets a process that ended and is replaced.
func (g *group) drop(p *process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, q := range g.procs {
		if q == p {
			g.procs = append(g.procs[:i], g.procs[i+1:]...)
			return
		}
	}
}

// wait asks until the answer is nil, the process ended or the time is over.
func (g *group) wait(ctx context.Context, p *process, healthy func() error) error {
	for {
		err := healthy()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready:\n%s", p.name, tail(p.log))
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("%s is not ready after %v: %w\n%s", p.name, startLimit, err, tail(p.log))
		case <-time.After(25 * time.Millisecond):
		}
	}
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
