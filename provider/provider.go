package provider

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// Name is what Provider.Metadata answers and what every event carries.
const Name = "promptflag"

// Blobs is where artifacts are read from; *store.Bucket is one. Get returns
// the bytes stored under digest, "sha256:<64 lower hex>". The provider checks
// them again.
type Blobs interface {
	Get(ctx context.Context, digest string) ([]byte, error)
}

// Provider is an OpenFeature provider whose values are prompts. It may be
// shared by goroutines. Bind it to one domain of one OpenFeature API instance;
// any number of Providers can live in one process and share nothing but the
// cache on disk.
type Provider struct {
	flags  Flags
	loader *loader
	opt    Options
	log    *slog.Logger
	now    func() time.Time

	view   atomic.Pointer[view] // nil: not ready
	seen   atomic.Int64         // when the feed was last known to be the newest, Unix nanoseconds
	lacked atomic.Bool          // some shown.lacked was set since somebody looked

	life sync.Mutex // held while starting and while shutting down
	run  *run       // nil when not initialised; guarded by life

	eventsMu sync.Mutex
	events   chan openfeature.Event // what EventChannel returns; guarded by eventsMu
}

var (
	_ openfeature.FeatureProvider          = (*Provider)(nil)
	_ openfeature.ContextAwareStateHandler = (*Provider)(nil)
	_ openfeature.EventHandler             = (*Provider)(nil)
	_ openfeature.Tracker                  = (*Provider)(nil)
)

// New returns a provider that reads its flags from flags and its prompts from
// blobs. It starts nothing: OpenFeature's SetProvider does. Shutdown closes
// flags and leaves blobs to the caller.
func New(flags Flags, blobs Blobs, o *Options) *Provider {
	p := &Provider{flags: flags, now: time.Now, events: make(chan openfeature.Event)}
	if o != nil {
		p.opt = *o
		p.opt.Prompts = slices.Clone(o.Prompts)
	}
	p.log = p.opt.Logger
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.loader = newLoader(blobs, &p.opt, p.log)
	return p
}

// Metadata returns the provider's Name.
func (p *Provider) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: Name} }

// Hooks returns no hooks; the ones of package otelprompt are added by whoever wants them.
func (p *Provider) Hooks() []openfeature.Hook { return nil }

// Track gives a tracking event to Options.Tracker.
func (p *Provider) Track(ctx context.Context, name string, ec openfeature.EvaluationContext, d openfeature.TrackingEventDetails) {
	if p.opt.Tracker == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("panic in tracker", "event", name, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	p.opt.Tracker.Track(ctx, name, ec, d)
}
