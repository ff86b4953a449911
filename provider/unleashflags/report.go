package unleashflags

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// lastReport is how long Close waits for the server to take the last buckets, half of
// it for one on its way.
const lastReport = 2 * time.Second

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

	quit context.CancelFunc // ends the loop
	drop context.CancelFunc // ends the report on its way, too
	done chan struct{}
}

// counts of one flag, over all feeds.
type counts struct {
	yes, no atomic.Int64

	mu       sync.Mutex                               // held while variants is replaced
	variants atomic.Pointer[map[string]*atomic.Int64] // never changes
}

func newReporter(s *server, connection string, log *slog.Logger) *reporter {
	if s.opt.MetricsInterval < 0 {
		return nil
	}
	now := time.Now()
	return &reporter{server: s, connection: connection, log: log, started: now, since: now, flags: map[string]*counts{}}
}

// counts returns the counters of a flag.
func (r *reporter) counts(flag string) *counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.flags[flag]
	if c == nil {
		c = &counts{}
		c.variants.Store(&map[string]*atomic.Int64{})
		r.flags[flag] = c
	}
	return c
}

// add counts an answer of yes or no, and the variant that was given; "" when
// none was asked for.
func (c *counts) add(on bool, variant string) {
	if on {
		c.yes.Add(1)
	} else {
		c.no.Add(1)
	}
	if variant != "" {
		c.variant(variant).Add(1)
	}
}

// variant returns the counter of a variant.
func (c *counts) variant(name string) *atomic.Int64 {
	if n := (*c.variants.Load())[name]; n != nil {
		return n
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := *c.variants.Load()
	if n := old[name]; n != nil {
		return n
	}
	next, n := maps.Clone(old), new(atomic.Int64)
	next[name] = n
	c.variants.Store(&next)
	return n
}

func (r *reporter) start() {
	if r == nil {
		return
	}
	sending, drop := context.WithCancel(context.Background())
	ctx, quit := context.WithCancel(sending)
	r.quit, r.drop, r.done = quit, drop, make(chan struct{})
	go func() {
		defer close(r.done)
		r.register(ctx)
		tick := time.NewTicker(r.server.opt.MetricsInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.register(ctx)
				r.send(sending)
			case <-ctx.Done():
				return
			}
		}
	}()
}

// stop ends the reports with a last one. One on its way comes first: the server may
// have counted it, and would count it again.
func (r *reporter) stop(ctx context.Context) {
	if r == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastReport)
	defer cancel()
	first, drop := context.WithTimeout(ctx, lastReport/2)
	context.AfterFunc(first, r.drop)
	r.quit()
	<-r.done
	drop()
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
		for variant, n := range *c.variants.Load() {
			if v := n.Swap(0); v > 0 {
				t.Variants[variant] = v
			}
		}
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
