package unleashflags

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// reporter registers the instance and reports how often which variant was
// given, as Unleash's clients do: release managers read it on the flag's
// Metrics tab. A nil reporter counts and sends nothing.
type reporter struct {
	server     *server
	connection string
	log        *slog.Logger
	started    time.Time
	registered bool
	since      time.Time // start of the open bucket

	mu    sync.Mutex
	flags map[string]*counts

	cancel context.CancelFunc
	done   chan struct{}
}

// counts of one flag, over all feeds.
type counts struct {
	yes, no atomic.Int64

	mu       sync.Mutex
	variants map[string]*atomic.Int64 // guarded by mu
}

// exposures is what one flag of one feed counts into.
type exposures struct {
	counts   *counts
	variants map[string]*atomic.Int64 // never changes
}

func newReporter(s *server, connection string, log *slog.Logger) *reporter {
	if s.opt.MetricsInterval < 0 {
		return nil
	}
	now := time.Now()
	return &reporter{server: s, connection: connection, log: log, started: now, since: now, flags: map[string]*counts{}}
}

// exposures returns the counters of a flag whose variants have these names.
func (r *reporter) exposures(flag string, variants []string) *exposures {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.flags[flag]
	if c == nil {
		c = &counts{variants: map[string]*atomic.Int64{}}
		r.flags[flag] = c
	}
	out := &exposures{counts: c, variants: make(map[string]*atomic.Int64, len(variants))}
	for _, name := range variants {
		out.variants[name] = c.variant(name)
	}
	return out
}

// count counts an answer of yes or no, and the variant that was given; "" when
// none was asked for.
func (e *exposures) count(on bool, variant string) {
	if e == nil {
		return
	}
	if on {
		e.counts.yes.Add(1)
	} else {
		e.counts.no.Add(1)
	}
	if variant == "" {
		return
	}
	n := e.variants[variant]
	if n == nil { // not one of this definition: an earlier version that is served instead
		n = e.counts.variant(variant)
	}
	n.Add(1)
}

// variant returns the counter of a variant.
func (c *counts) variant(name string) *atomic.Int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.variants[name]
	if n == nil {
		n = new(atomic.Int64)
		c.variants[name] = n
	}
	return n
}

func (r *reporter) start() {
	if r == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.done = cancel, make(chan struct{})
	go func() {
		defer close(r.done)
		r.register(ctx)
		tick := time.NewTicker(r.server.opt.MetricsInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.register(ctx)
				r.send(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
}

// stop ends the reports with a last one.
func (r *reporter) stop(ctx context.Context) {
	if r == nil {
		return
	}
	r.cancel()
	<-r.done
	r.send(ctx)
}

// register tells the server about this instance, until it has heard it.
func (r *reporter) register(ctx context.Context) {
	if r.registered {
		return
	}
	o, engine := r.server.opt, r.server.opt.Engine.About()
	body, _ := json.Marshal(map[string]any{
		"appName": o.AppName, "instanceId": o.InstanceID, "connectionId": r.connection,
		"sdkVersion": engine.SDK, "specVersion": engine.Specification, "platformName": "go", "platformVersion": runtime.Version(),
		"strategies": engine.Strategies,
		"started":    r.started.UTC(), "interval": int64(o.MetricsInterval.Seconds()),
	})
	if err := r.server.post(ctx, "register", body); err != nil {
		r.log.Warn("not registered with the flag server", "error", err)
		return
	}
	r.registered = true
}

// toggle is what one bucket says of one flag.
type toggle struct {
	Yes      int64            `json:"yes"`
	No       int64            `json:"no"`
	Variants map[string]int64 `json:"variants"`
}

// send reports the open bucket; what cannot be reported stays in it.
func (r *reporter) send(ctx context.Context) {
	now, toggles := time.Now(), r.take()
	if len(toggles) == 0 {
		r.since = now
		return
	}
	o, engine := r.server.opt, r.server.opt.Engine.About()
	body, _ := json.Marshal(map[string]any{
		"appName": o.AppName, "instanceId": o.InstanceID, "connectionId": r.connection,
		"sdkVersion": engine.SDK, "specVersion": engine.Specification, "platformName": "go", "platformVersion": runtime.Version(),
		"bucket": map[string]any{"start": r.since.UTC(), "stop": now.UTC(), "toggles": toggles},
	})
	if err := r.server.post(ctx, "metrics", body); err != nil {
		r.log.Warn("exposures not reported, they are kept", "error", err)
		r.giveBack(toggles)
		return
	}
	r.since = now
}

func (r *reporter) take() map[string]toggle {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]toggle{}
	for name, c := range r.flags {
		t := toggle{Yes: c.yes.Swap(0), No: c.no.Swap(0), Variants: map[string]int64{}}
		c.mu.Lock()
		for variant, n := range c.variants {
			if v := n.Swap(0); v > 0 {
				t.Variants[variant] = v
			}
		}
		c.mu.Unlock()
		if t.Yes+t.No > 0 || len(t.Variants) > 0 {
			out[name] = t
		}
	}
	return out
}

func (r *reporter) giveBack(toggles map[string]toggle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, t := range toggles {
		c := r.flags[name]
		c.yes.Add(t.Yes)
		c.no.Add(t.No)
		for variant, n := range t.Variants {
			c.variant(variant).Add(n)
		}
	}
}
