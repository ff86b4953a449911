package doctor

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Leases expire and signatures of requests age by the clock: who is minutes
// off takes a live lease for dead, and is refused by S3 at a quarter of an hour.
const (
	skewWarn = 30 * time.Second
	skewFail = 5 * time.Minute
)

// clocks compares those of services with the one here.
type clocks struct {
	now  func() time.Time
	mu   sync.Mutex
	seen []clock // by service, the first answer of each
}

type clock struct {
	service string
	ahead   time.Duration // how far the service is ahead of this machine
}

// saw notes what a service said the time was, at a moment between sent and now.
func (c *clocks) saw(service string, said, sent time.Time) {
	if said.IsZero() {
		return
	}
	now := c.now()
	middle := sent.Add(now.Sub(sent) / 2)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(c.seen, func(o clock) bool { return o.service == service }) {
		c.seen = append(c.seen, clock{service, said.Sub(middle)})
	}
}

// watch notes the Date of every answer.
func (c *clocks) watch(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return watching{c, next}
}

type watching struct {
	clocks *clocks
	next   http.RoundTripper
}

func (w watching) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := w.clocks.now()
	res, err := w.next.RoundTrip(r)
	if err == nil {
		if said, err := http.ParseTime(res.Header.Get("Date")); err == nil {
			// The header has whole seconds.
			w.clocks.saw(r.URL.Host, said.Add(time.Second/2), sent)
		}
	}
	return res, err
}

func (c *clocks) checks() (out []Check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.seen, func(a, b clock) int {
		if a.service < b.service {
			return -1
		}
		return 1
	})
	for _, s := range c.seen {
		word, off := "ahead of", s.ahead
		if off < 0 {
			word, off = "behind", -off
		}
		r, fix := OK, ""
		switch {
		case off >= skewFail:
			r = Fail
		case off >= skewWarn:
			r = Warn
		}
		if r != OK {
			fix = "let both take their time from a time server (NTP): leases and signed requests go by it"
			out = append(out, Check{"clock", nil, r, fmt.Sprintf("the clock of %s is %s %s the one here", s.service, off.Round(time.Second), word), fix})
			continue
		}
		out = append(out, Check{"clock", nil, r, fmt.Sprintf("agrees with the one of %s", s.service), ""})
	}
	return out
}
