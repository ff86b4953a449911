package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Options of New; nil means the zero value.
type Options struct {
	// Filter changes the body of every answer with 200 that is passed on, whatever
	// the fault, so that a client sees a part of what is there. The answer's tag
	// stays as it is. It may be called by several goroutines. Nil: none.
	Filter func(path string, body []byte) []byte
}

// Proxy is one proxy. It may be shared by goroutines.
type Proxy struct {
	port    *port
	filter  func(string, []byte) []byte
	forward *httputil.ReverseProxy
	idle    func() // gives up connections to the server

	switching sync.Mutex // held while listening begins or ends

	mu     sync.Mutex
	closed bool
	now    *epoch
	counts map[request]int
	server *http.Server // nil while stopped
	conns  map[net.Conn]bool
	quiet  sync.Cond // conns got fewer; its lock is mu
}

// request is what is counted.
type request struct{ method, path, fault string }

// epoch is the time between two calls of Set.
type epoch struct {
	rules []Rule
	ctx   context.Context
	end   context.CancelFunc
}

func newEpoch(rules []Rule) *epoch {
	e := &epoch{rules: slices.Clone(rules)}
	e.ctx, e.end = context.WithCancel(context.Background())
	return e
}

// New returns a proxy in front of target, "http://host:port". It listens on a
// free port of 127.0.0.1 until Close.
func New(target string, o *Options) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("fault proxy: target %q: want http://host:port", target)
	}
	port, err := newPort()
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	l, err := port.listen()
	if err != nil {
		port.close()
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{port: port, now: newEpoch(nil), counts: map[request]int{}, conns: map[net.Conn]bool{}}
	p.quiet.L = &p.mu
	if o != nil {
		p.filter = o.Filter
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}
	p.idle = transport.CloseIdleConnections
	p.forward = newForward(u, transport)
	p.serve(l)
	return p, nil
}

// URL is what clients take for the server's: http://127.0.0.1:port, the same one
// for the proxy's whole life.
func (p *Proxy) URL() string { return "http://" + p.port.addr }

// Set replaces all rules; none means that all requests are passed on. When it
// returns, connections are refused or accepted as the rules say.
func (p *Proxy) Set(rules ...Rule) error {
	stopped := false
	for _, r := range rules {
		if r.Fault.kind == stop {
			stopped = true
			if r.Method != "" || r.Path != "" || len(rules) > 1 {
				return errors.New("fault proxy: Stop is for all requests: want it in one rule alone")
			}
		}
	}
	p.switching.Lock()
	defer p.switching.Unlock()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return errors.New("fault proxy: closed")
	}
	old, server := p.now, p.server
	p.now = newEpoch(rules)
	p.mu.Unlock()
	old.end()
	switch {
	case stopped && server != nil:
		p.halt(server)
	case !stopped && server == nil:
		l, err := p.port.listen()
		if err != nil {
			return fmt.Errorf("fault proxy: %w", err)
		}
		p.serve(l)
	}
	return nil
}

// Close ends all connections and waits for everything that the proxy has begun.
// It is idempotent.
func (p *Proxy) Close() error {
	p.switching.Lock()
	defer p.switching.Unlock()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	epoch, server := p.now, p.server
	p.mu.Unlock()
	epoch.end()
	if server != nil {
		p.halt(server)
	}
	p.idle()
	p.port.close()
	return nil
}

// Count returns how many requests were begun so far: with that method, a path
// that contains path, treated with the fault of that name; "" means any. A
// request that hung and went on is counted for both.
func (p *Proxy) Count(method, path, fault string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := 0
	for r, n := range p.counts {
		if (method == "" || r.method == method) && strings.Contains(r.path, path) && (fault == "" || r.fault == fault) {
			sum += n
		}
	}
	return sum
}

// choose returns the fault for a request and counts it.
func (p *Proxy) choose(method, path string) (Fault, *epoch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, fault := p.now, Fault{}
	if i := slices.IndexFunc(e.rules, func(r Rule) bool { return r.fits(method, path) }); i >= 0 {
		fault = e.rules[i].Fault
	}
	p.counts[request{method, path, fault.String()}]++
	return fault, e
}

// serve answers on l until halt.
func (p *Proxy) serve(l net.Listener) {
	s := &http.Server{Handler: http.HandlerFunc(p.handle), ErrorLog: noLog()}
	s.ConnState = func(c net.Conn, state http.ConnState) { p.track(s, c, state) }
	p.mu.Lock()
	p.server = s
	p.mu.Unlock()
	go s.Serve(l) // ends with s.Close; its last connection is waited for by halt
}

// halt ends listening and all connections, and waits for their requests.
func (p *Proxy) halt(s *http.Server) {
	p.mu.Lock()
	p.server = nil
	p.mu.Unlock()
	_ = s.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.conns) > 0 {
		p.quiet.Wait()
	}
}

func (p *Proxy) track(s *http.Server, c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch state {
	case http.StateNew:
		p.conns[c] = true
		if p.server != s {
			c.Close() // accepted just before halt: s.Close does not know of it
		}
	case http.StateClosed:
		delete(p.conns, c)
		p.quiet.Broadcast()
	}
}
