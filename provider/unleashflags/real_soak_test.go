package unleashflags_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"go.uber.org/goleak"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

const (
	soakFor     = 60 * time.Second
	soakEvery   = 200 * time.Millisecond // from one change to the next
	soakWorkers = 8
	soakRefresh = 250 * time.Millisecond
	soakAway    = 4 * time.Second // each of two outages of the server
	// A change is served after the poll that finds it, of a feed that the server
	// renews every second; the slack is for two busy cores and the race detector.
	soakWindow = soakRefresh + time.Second + 2*time.Second
)

// Eight goroutines evaluate while somebody changes flags five times a second and
// the server goes away twice. Every answer is what some definition, valid within
// the propagation window, gives to that very caller.
//
// The server that all tests share cannot be restarted: a proxy before it refuses
// connections and ends those that are open, as a restart does, while changes go
// on behind it.
func TestRealSoak(t *testing.T) {
	r := newRealServer(t)
	if version := os.Getenv(teststack.EnvUnleashVersion); !strings.HasPrefix(version, "7.") {
		t.Logf("the soak is for Unleash 7; this is %s", version)
		return
	}
	before, running := goleak.IgnoreCurrent(), runtime.NumGoroutine()
	proxy, err := faultproxy.New(r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newSoakWorld(r)
	source, err := unleashflags.New(unleashflags.Options{
		URL: proxy.URL(), Token: r.prod, RefreshInterval: soakRefresh, MetricsInterval: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, w.bucket, &provider.Options{FlagPrefix: r.prefix, Prompts: []string{"soak.*"}, NoCache: true})
	api, seen := isolated.NewAPI(), soakEvents{}
	seen.listen(api)
	client := api.NewClient()
	ctx := context.Background()
	if err := api.SetProviderAndWait(ctx, p); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the feed has the new flags", func() bool { return w.converged(client) == "" })

	stop := make(chan struct{})
	var workers []*soakWorker
	var wg sync.WaitGroup
	for i := range soakWorkers {
		worker := &soakWorker{world: w, client: client, rand: rand.New(rand.NewPCG(7, uint64(i)))}
		workers = append(workers, worker)
		wg.Go(func() { worker.run(stop) })
	}
	away := map[int]faultproxy.Rule{}
	n := int(soakFor / soakEvery)
	for _, at := range []int{n / 4, n * 5 / 8} {
		away[at] = faultproxy.All(faultproxy.Stop())
		away[at+int(soakAway/soakEvery)] = faultproxy.Rule{}
	}
	tick := time.NewTicker(soakEvery)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		if rule, ok := away[i]; ok {
			w.outage(func() error { return proxy.Set(rule) }, rule.Fault.String() != "pass")
		}
		w.change()
		if w.failed.Load() != nil {
			break
		}
	}
	close(stop)
	wg.Wait()
	last := ""
	if w.failed.Load() == nil {
		eventually(t, "all changes are served", func() bool { last = w.converged(client); return last == "" })
	}
	if last != "" {
		t.Error(last)
	}
	if err := errors.Join(api.Shutdown(ctx), proxy.Close()); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error("after Shutdown:", err)
	}
	w.report(workers)
	t.Logf("goroutines: %d before, %d after; events: %v", running, runtime.NumGoroutine(), seen.counts())
	if counts := seen.counts(); counts["PROVIDER_STALE"] != 2 || counts["PROVIDER_READY"] < 3 || seen.trouble() != "" {
		t.Errorf("events = %v, want STALE and READY for each of two outages; trouble: %s", counts, seen.trouble())
	}
}

// soakEvents counts events by type.
type soakEvents struct {
	mu     sync.Mutex
	got    map[openfeature.EventType]int
	errors []string
}

func (e *soakEvents) listen(api *openfeature.EvaluationAPI) {
	e.got = map[openfeature.EventType]int{}
	for _, typ := range []openfeature.EventType{openfeature.ProviderReady, openfeature.ProviderStale, openfeature.ProviderError, openfeature.ProviderConfigChange} {
		f := func(d openfeature.EventDetails) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.got[typ]++
			if typ == openfeature.ProviderError {
				e.errors = append(e.errors, d.Message)
			}
		}
		api.AddHandler(typ, &f)
	}
}

func (e *soakEvents) counts() map[openfeature.EventType]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[openfeature.EventType]int{}
	for typ, n := range e.got {
		out[typ] = n
	}
	return out
}

// trouble is the first ERROR that is not about callers without a user id, of whom
// the soak has some: they get stable, and the provider says so.
func (e *soakEvents) trouble() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, message := range e.errors {
		if !strings.Contains(message, "which a caller does not have") {
			return message
		}
	}
	return ""
}

// soakWorker is one goroutine of a service.
type soakWorker struct {
	world  *soakWorld
	client *openfeature.Client
	rand   *rand.Rand

	evaluations int
	refs        map[string]bool
	late        time.Duration // the oldest answer outside of outages
}

func (w *soakWorker) run(stop <-chan struct{}) {
	w.refs = map[string]bool{}
	for {
		for range 10 {
			if err := w.evaluate(); err != nil {
				w.world.failed.CompareAndSwap(nil, &err)
				return
			}
			w.evaluations++
		}
		select {
		case <-stop:
			return
		case <-time.After(2 * time.Millisecond): // two cores are for the server too
		}
	}
}

// evaluate asks one question and judges the answer.
func (w *soakWorker) evaluate() error {
	flag := w.world.flags[w.rand.IntN(len(w.world.flags))]
	caller := w.rand.IntN(len(w.world.callers))
	ec, name, ctx := w.world.callers[caller].context(), w.world.prefix+flag.name, context.Background()
	begin := time.Now()
	var answer string
	var pick func(soakAnswer) string
	var reason openfeature.Reason
	var meta openfeature.FlagMetadata
	var err error
	switch kind := w.rand.IntN(4); {
	case flag.plain:
		var d openfeature.IntEvaluationDetails
		d, err = w.client.IntValueDetails(ctx, name, -1, ec)
		answer, reason, meta, pick = fmt.Sprint(d.Value), d.Reason, d.FlagMetadata, func(a soakAnswer) string { return a.value }
	case kind == 0:
		var d openfeature.BooleanEvaluationDetails
		d, err = w.client.BooleanValueDetails(ctx, name, false, ec)
		answer, reason, meta, pick = fmt.Sprint(d.Value), d.Reason, d.FlagMetadata, func(a soakAnswer) string { return fmt.Sprint(a.on) }
	case kind == 1:
		var d openfeature.StringEvaluationDetails
		d, err = w.client.StringValueDetails(ctx, name, "default", ec)
		answer, reason, meta, pick = d.Value, d.Reason, d.FlagMetadata, func(a soakAnswer) string { return a.value }
	default:
		var d openfeature.InterfaceEvaluationDetails
		d, err = w.client.ObjectValueDetails(ctx, name, "default", ec)
		answer, reason, meta, pick = fmt.Sprint(d.Value), d.Reason, d.FlagMetadata, func(a soakAnswer) string { return a.value }
		if p, ok := d.Value.(*prompts.Prompt); ok && p.Version() != d.Variant {
			return fmt.Errorf("%s: variant %s with %s", flag.name, d.Variant, p.Ref())
		}
	}
	// OFF goes through at once: with a stable version that was named in the same
	// moment and is on its way, the one before it is served, and said to be STALE.
	off := meta["featureEnabled"] == false
	if err != nil || reason == openfeature.ErrorReason || reason == provider.StaleReason && !off {
		return fmt.Errorf("%s for %v after %s: %s %s %v, error %w", flag.name, w.world.callers[caller], w.world.latest(flag), answer, reason, meta, err)
	}
	w.refs[answer] = true
	late, err := w.world.judge(flag, caller, begin, answer, pick)
	w.late = max(w.late, late)
	return err
}

// soakAnswer is what a definition of a flag gives to one caller.
type soakAnswer struct {
	value string // the ref; of the plain flag the number
	on    bool
}

// soakEpoch is one definition of a flag: from the request that made it until
// the server acknowledged the next one.
type soakEpoch struct {
	from, until time.Time // until is zero for the newest
	answers     []soakAnswer
	what        string
}

// soakWorld is what somebody did with the Admin API, and when.
type soakWorld struct {
	*realServer
	bucket  soakBucket
	flags   []*soakFlag
	callers []soakCaller
	rand    *rand.Rand
	segment int
	tenants []string // in the segment
	failed  atomic.Pointer[error]
	changes map[string]int

	mu      sync.RWMutex
	outages [][2]time.Time // the second is zero while it lasts
}

// judge says whether some definition that was valid within the window gives this
// answer, and for how long it has not been valid any more.
func (w *soakWorld) judge(f *soakFlag, caller int, begin time.Time, answer string, pick func(soakAnswer) string) (late time.Duration, err error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	since, calm := begin.Add(-soakWindow), true
	for _, o := range w.outages { // the window before it, the outage, and the window after it
		if o[1].IsZero() || since.Before(o[1]) {
			calm = false
			if before := o[0].Add(-soakWindow); before.Before(since) {
				since = before
			}
			break
		}
	}
	var allowed []string
	for i := len(f.epochs) - 1; i >= 0; i-- {
		e := &f.epochs[i]
		if !e.until.IsZero() && e.until.Before(since) {
			break
		}
		if a := pick(e.answers[caller]); a != answer {
			allowed = append(allowed, e.what+" → "+a)
			continue
		}
		if calm && !e.until.IsZero() {
			late = max(0, begin.Sub(e.until))
		}
		return late, nil
	}
	return 0, fmt.Errorf("%s for %v: %s, which was not valid within the window; valid were %v", f.name, w.callers[caller], answer, allowed)
}

// latest is what was done to a flag last, for messages.
func (w *soakWorld) latest(f *soakFlag) (out []string) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, e := range f.epochs[max(0, len(f.epochs)-8):] {
		out = append(out, fmt.Sprintf("%s %v ago", e.what, time.Since(e.from).Round(time.Millisecond)))
	}
	return out
}

func (w *soakWorld) outage(set func() error, begins bool) {
	begin := time.Now()
	if begins {
		w.mu.Lock()
		w.outages = append(w.outages, [2]time.Time{begin})
		w.mu.Unlock()
	}
	if err := set(); err != nil {
		w.t.Fatal(err)
	}
	if !begins {
		w.mu.Lock()
		w.outages[len(w.outages)-1][1] = time.Now()
		w.mu.Unlock()
	}
}

// converged says what is not answered by the newest definition; "" when all is.
func (w *soakWorld) converged(client *openfeature.Client) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, f := range w.flags {
		want := f.epochs[len(f.epochs)-1]
		for i, c := range w.callers {
			var got any
			if f.plain {
				got, _ = client.IntValue(context.Background(), w.prefix+f.name, -1, c.context())
			} else {
				got, _ = client.ObjectValue(context.Background(), w.prefix+f.name, "default", c.context())
			}
			if fmt.Sprint(got) != want.answers[i].value {
				return fmt.Sprintf("%s for %v = %v, want %s after %q", f.name, c, got, want.answers[i].value, want.what)
			}
		}
	}
	return ""
}

func (w *soakWorld) report(workers []*soakWorker) {
	w.t.Helper()
	if err := w.failed.Load(); err != nil {
		w.t.Error(*err)
	}
	evaluations, late, values := 0, time.Duration(0), map[string]bool{}
	for _, worker := range workers {
		evaluations += worker.evaluations
		late = max(late, worker.late)
		for v := range worker.refs {
			values[v] = true
		}
		if worker.evaluations == 0 {
			w.t.Error("a goroutine that did not evaluate")
		}
	}
	w.t.Logf("%d evaluations by %d goroutines, %d different answers; changes: %v; an answer was at most %v behind (window %v)",
		evaluations, len(workers), len(values), w.changes, late.Round(time.Millisecond), soakWindow)
}
