//go:build unix

package faultmatrix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

const (
	refresh      = 250 * time.Millisecond
	pollTimeout  = 20 * time.Second
	fetchTimeout = 20 * time.Second // the provider's own are three
	sampleEvery  = 100 * time.Millisecond
	lookEvery    = 20 * time.Millisecond
	fallbackText = "the caller's default"
)

// start is how a process finds itself when a fault hits it.
type start int

const (
	warm    start = iota // it was running before
	onDisk               // it starts: the last good state is on disk
	bundled              // it starts: nothing on disk, a bundle
	empty                // it starts: nothing at all
	starts
)

func (s start) String() string {
	return [...]string{"running", "start, disk warm", "start, bundle", "start, nothing"}[s]
}

// cell is one process of a row: a provider behind proxies of its own.
type cell struct {
	start       start
	prefix      string // of its flags
	probes      []probe
	unleash, s3 *faultproxy.Proxy
	bucketURL   string // by way of s3
	token       string
	dir         string // cache
	bundle      fs.FS
	refresh     time.Duration
	pollTimeout time.Duration
	fetch       *atomic.Int64 // deadline for one blob, a time.Duration

	service *service // the one that runs; nil when none does
}

// service is a service with a provider.
type service struct {
	*openfeature.Client
	api    *openfeature.EvaluationAPI
	bucket *store.Bucket
	gate   *gate
	log    *logTail
	idle   func() // gives up connections to the flag server
	failed error  // what SetProviderAndWait returned

	mu     sync.Mutex
	events []event
	seen   map[probe]map[string]bool // every answer so far

	stop context.CancelFunc
	done chan struct{}
}

type event struct {
	typ     string
	message string
}

// limited gives each fetch a deadline that fits the refresh interval of the tests.
type limited struct {
	provider.Blobs
	timeout *atomic.Int64
}

func (b limited) Get(ctx context.Context, digest string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(b.timeout.Load()))
	defer cancel()
	return b.Blobs.Get(ctx, digest)
}

// run starts a service and samples its answers from the moment it is ready. That
// the provider cannot start is no error here.
func (c *cell) run(ctx context.Context) error {
	transport, log := &http.Transport{}, &logTail{}
	polls := newGate(transport, c.refresh)
	source, err := unleashflags.New(unleashflags.Options{
		URL: c.unleash.URL(), Token: c.token, RefreshInterval: c.refresh, Timeout: c.pollTimeout, MetricsInterval: -1,
		HTTPClient: &http.Client{Transport: polls}, Logger: log.logger(),
	})
	if err != nil {
		return err
	}
	bucket, err := cloud.Open(ctx, c.bucketURL)
	if err != nil {
		return err
	}
	s := &service{api: isolated.NewAPI(), bucket: bucket, gate: polls, idle: transport.CloseIdleConnections, log: log, seen: map[probe]map[string]bool{}, done: make(chan struct{})}
	s.Client = s.api.NewClient()
	for typ, name := range map[openfeature.EventType]string{
		openfeature.ProviderReady: "READY", openfeature.ProviderConfigChange: "CHANGED",
		openfeature.ProviderStale: "STALE", openfeature.ProviderError: "ERROR",
	} {
		f := func(d openfeature.EventDetails) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, event{name, d.Message})
		}
		s.api.AddHandler(typ, &f)
	}
	p := provider.New(source, limited{bucket, c.fetch}, &provider.Options{FlagPrefix: c.prefix, CacheDir: c.dir, Baseline: c.bundle, Logger: log.logger()})
	s.failed = s.api.SetProviderAndWait(ctx, p)
	first := "READY"
	if s.failed != nil {
		first = "ERROR"
	}
	c.service = s
	var sampling context.Context
	sampling, s.stop = context.WithCancel(context.Background())
	go c.sample(sampling, s)
	return eventually(ctx, time.Millisecond, func() error { // the SDK's own event about the start is no news
		s.mu.Lock()
		defer s.mu.Unlock()
		i := slices.IndexFunc(s.events, func(e event) bool { return e.typ == first })
		if i < 0 {
			return fmt.Errorf("no %s event about the start", first)
		}
		s.events = slices.Delete(s.events, i, i+1)
		return nil
	})
}

// sample asks all probes again and again.
func (c *cell) sample(ctx context.Context, s *service) {
	defer close(s.done)
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		for _, p := range c.probes {
			text := s.ask(c.prefix, p)
			s.mu.Lock()
			if s.seen[p] == nil {
				s.seen[p] = map[string]bool{}
			}
			s.seen[p][text] = true
			s.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// halt shuts the service down.
func (c *cell) halt() error {
	s := c.service
	if s == nil {
		return nil
	}
	c.service = nil
	s.stop()
	<-s.done
	s.gate.open()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer s.idle()
	return errors.Join(s.api.Shutdown(ctx), s.bucket.Close())
}

// close ends everything of the cell.
func (c *cell) close() error { return errors.Join(c.halt(), c.unleash.Close(), c.s3.Close()) }

// ask makes one evaluation and returns its answer as the table has it.
func (s *service) ask(prefix string, p probe) string {
	ctx, ec := context.Background(), openfeature.NewEvaluationContext(p.user, nil)
	if p.flag == plain {
		d, _ := s.BooleanValueDetails(ctx, prefix+p.flag, false, ec)
		switch {
		case d.Value:
			return "on"
		case d.ErrorCode != "":
			return "default " + string(d.ErrorCode)
		}
		return "off"
	}
	d, _ := s.ObjectValueDetails(ctx, prefix+p.flag, fallbackText, ec)
	meta := d.FlagMetadata
	if d.Value == fallbackText {
		if d.Variant != "default" && d.ErrorCode != openfeature.ProviderNotReadyCode || d.Reason != openfeature.ErrorReason {
			return fmt.Sprintf("default with variant %q, reason %s", d.Variant, d.Reason)
		}
		return "default " + string(d.ErrorCode)
	}
	prompt, ok := d.Value.(*prompts.Prompt)
	switch {
	case !ok:
		return fmt.Sprintf("a value of type %T", d.Value)
	case prompt.Name() != p.flag || meta["promptName"] != p.flag:
		return fmt.Sprintf("prompt %s, metadata %v", prompt.Name(), meta)
	case d.Variant != prompt.Version() || meta["promptVersion"] != string(prompt.Digest()):
		return fmt.Sprintf("version %s with variant %s, metadata %v", prompt.Version(), d.Variant, meta)
	case d.ErrorCode != "" || d.Reason == openfeature.ErrorReason:
		return fmt.Sprintf("version %s with reason %s, error %s", prompt.Version(), d.Reason, d.ErrorCode)
	case d.Reason == openfeature.DisabledReason && meta["featureEnabled"] != false:
		return fmt.Sprintf("DISABLED without featureEnabled: %v", meta)
	}
	text := labelOf(p.flag, prompt.Ref().String()) + " " + string(d.Reason)
	if requested, ok := meta["promptRequested"].(string); ok {
		text += " (asked " + labelOf(p.flag, requested) + ")"
	}
	return text
}

// answers asks every probe once.
func (c *cell) answers() answers {
	out := answers{}
	for _, p := range c.probes {
		out[p.label] = c.service.ask(c.prefix, p)
	}
	return out
}

// answersAre returns an error unless all answers are as wanted.
func (c *cell) answersAre(want answers) error {
	if got := c.answers(); !maps.Equal(got, want) {
		return fmt.Errorf("answers %v, want %v", got, want)
	}
	return nil
}

// age is the feed's age in seconds by an answer's metadata, -1 if it has none.
func (c *cell) age() int64 {
	d, _ := c.service.ObjectValueDetails(context.Background(), c.prefix+canary, nil, openfeature.NewEvaluationContext(dialledUser, nil))
	if age, ok := d.FlagMetadata["promptFeedAgeSeconds"].(int64); ok {
		return age
	}
	return -1
}

// told returns the types of the events so far, each once, and forgets them if asked to.
func (s *service) told(forget bool) (types string, all []event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all = slices.Clone(s.events)
	if forget {
		s.events = nil
	}
	return typesOf(all), all
}

// typesOf returns the types of events, each once.
func typesOf(all []event) string {
	var names []string
	for _, e := range all {
		names = append(names, e.typ)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// sampled returns what was answered so far, and forgets it.
func (s *service) sampled() map[probe][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[probe][]string{}
	for p, texts := range s.seen {
		out[p] = slices.Sorted(maps.Keys(texts))
	}
	s.seen = map[probe]map[string]bool{}
	return out
}
