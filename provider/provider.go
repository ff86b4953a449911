package provider

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// Name is what Provider.Metadata answers and what every event carries.
const Name = "promptflag"

// WhenOff says what a prompt flag answers while its environment is OFF or a
// parent flag is not satisfied.
type WhenOff int

const (
	// Stable: the stable version, so that the big switch is a rollback.
	Stable WhenOff = iota
	// Default: the caller's default, as a plain flag does.
	Default
)

// Options of New; nil means the zero value of every field.
type Options struct {
	// FlagPrefix is what flag names have in front of prompt names, the
	// flag_prefix of promptflag.toml. Evaluations name the flag: prefix and
	// prompt name. Empty: flag name = prompt name.
	FlagPrefix string
	// Prompts are globs (package path) of prompt names that this service uses:
	// "support.*". Only these are loaded; asking for another one answers the
	// caller's default with GENERAL. Empty: all.
	Prompts []string
	// WhenOff is what OFF means. Zero: the stable version.
	WhenOff WhenOff
	// Structure makes ObjectValue return a fresh map[string]any of the artifact
	// at every call, for callers that know nothing of package prompts. False: a
	// shared, immutable *prompts.Prompt.
	Structure bool
	// Logger gets what an operator may want to see; never prompt text, user ids
	// or tokens. Nil: nothing is logged.
	Logger *slog.Logger
}

// Blobs is where artifacts are read from; *store.Bucket is one. Get returns
// the bytes stored under digest, "sha256:<64 lower hex>". The provider checks
// them again.
type Blobs interface {
	Get(ctx context.Context, digest string) ([]byte, error)
}

// Provider is an OpenFeature provider whose values are prompts. It may be
// shared by goroutines. Bind it to one domain of one OpenFeature API instance;
// any number of Providers can live in one process and share nothing.
type Provider struct {
	flags  Flags
	loader *loader
	opt    Options
	log    *slog.Logger
	now    func() time.Time

	ready atomic.Bool                        // a feed is visible
	seen  atomic.Pointer[time.Time]          // when the visible feed was last known to be the newest
	set   atomic.Pointer[string]             // Feed.Set of the visible feed
	gone  atomic.Pointer[map[string]*absent] // flags that were in an earlier feed

	life sync.Mutex // held while starting and while shutting down
	run  *run       // nil when not initialised; guarded by life

	eventsMu sync.Mutex
	events   chan openfeature.Event // what EventChannel returns; guarded by eventsMu
}

var (
	_ openfeature.FeatureProvider          = (*Provider)(nil)
	_ openfeature.ContextAwareStateHandler = (*Provider)(nil)
	_ openfeature.EventHandler             = (*Provider)(nil)
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
	p.loader = newLoader(blobs, p.log)
	return p
}

// Metadata returns the provider's Name.
func (p *Provider) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: Name} }

// Hooks returns no hooks; the ones of package otelprompt are added by whoever wants them.
func (p *Provider) Hooks() []openfeature.Hook { return nil }

// promptName returns the prompt that flag is about, and whether this provider
// is to load it.
func (p *Provider) promptName(flag string) (name string, selected bool) {
	name, ok := strings.CutPrefix(flag, p.opt.FlagPrefix)
	if !ok || len(p.opt.Prompts) == 0 {
		return name, ok
	}
	for _, glob := range p.opt.Prompts {
		if ok, _ := path.Match(glob, name); ok {
			return name, true
		}
	}
	return name, false
}

func (o *Options) check() error {
	for _, glob := range o.Prompts {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("option Prompts: glob %q: %w", glob, err)
		}
	}
	return nil
}
