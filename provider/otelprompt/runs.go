package otelprompt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
)

// Bounds of what a Runs takes in its life; see "Metrics" in the package comment.
const (
	maxScores    = 32
	maxProviders = 16
	maxOutside   = 1000 // unless Options.MaxOutside says otherwise
	maxSet       = 128  // bytes of a flag set's id
	minKey       = 16
)

var (
	wordPattern     = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	versionPattern  = regexp.MustCompile(`^[0-9a-f]{12}$`)
)

// Options of NewRuns; nil means the zero value of every field.
type Options struct {
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Currency is what Cost counts in, three capital letters of ISO 4217.
	// Empty: USD.
	Currency string
	// Key signs resumption tokens, so that nobody else can make one; share it
	// among the processes that resume each other's runs. At least 16 bytes.
	// Nil: tokens are not signed, and whoever can hand in a token can count
	// feedback for any prompt.
	Key []byte
	// MaxOutside is how many prompts (name, version, role and flag set) are
	// counted of which only a token or a Track event said that they exist, so
	// that no outsider can make series without end. Those of signed tokens are
	// not among them. Zero: 1000, negative: none.
	MaxOutside int
	// Logger gets, at level debug, why a Track event was ignored. Nil: nothing
	// is logged.
	Logger *slog.Logger
}

// Runs counts model calls. It is made once in a process and may be shared by
// goroutines. It is also the tracker for package provider's Options.Tracker:
// see Track.
type Runs struct {
	instruments
	now      func() time.Time
	currency string
	key      []byte
	log      *slog.Logger

	scores    vocabulary[string]
	providers vocabulary[string]
	outside   vocabulary[subject] // prompts that only untrusted callers named
	recent    recent
}

// NewRuns returns a Runs that reports to mp. The error is of the instruments or
// of a bad option.
func NewRuns(mp metric.MeterProvider, o *Options) (*Runs, error) {
	if mp == nil {
		return nil, errors.New("new runs: no meter provider")
	}
	opt := Options{}
	if o != nil {
		opt = *o
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Currency == "" {
		opt.Currency = "USD"
	}
	if opt.MaxOutside == 0 {
		opt.MaxOutside = maxOutside
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if !currencyPattern.MatchString(opt.Currency) {
		return nil, fmt.Errorf("new runs: currency %q: want three capital letters", opt.Currency)
	}
	if opt.Key != nil && len(opt.Key) < minKey {
		return nil, fmt.Errorf("new runs: key of %d bytes: want at least %d", len(opt.Key), minKey)
	}
	in, err := newInstruments(mp.Meter(ScopeName))
	if err != nil {
		return nil, fmt.Errorf("new runs: %w", err)
	}
	return &Runs{
		instruments: in, now: opt.Now, currency: opt.Currency, key: slices.Clone(opt.Key), log: opt.Logger,
		scores: vocabulary[string]{most: maxScores}, providers: vocabulary[string]{most: maxProviders}, outside: vocabulary[subject]{most: opt.MaxOutside},
	}, nil
}

// RunOptions says of a run what the prompt does not; the zero value is fine.
// What is not well formed is left out of the metrics.
type RunOptions struct {
	// Role in which the prompt was served, provider.RoleCandidate or
	// provider.RoleStable, and Set, the id of the flag set (the environment).
	// Served takes both from an evaluation. Empty: not reported.
	Role, Set string
	// Provider is gen_ai.provider.name: openai, anthropic, aws.bedrock … Empty:
	// not reported, which the conventions do not like. Over 16 in one process:
	// _OTHER.
	Provider string
	// Operation is gen_ai.operation.name, one of the conventions' words. Empty:
	// chat.
	Operation string
}

// Served returns options with role and set as the metadata of an evaluation has
// them.
func Served(m openfeature.FlagMetadata) RunOptions {
	role, _ := m[metaRole].(string)
	set, _ := m[metaSet].(string)
	return RunOptions{Role: role, Set: set}
}

// Start begins a run: one call of a model with prompt, which counts as started
// at once. With a nil prompt it is the one of PromptFromContext. Without any
// the run counts nothing and its methods say so: telemetry does not stop a
// service. The span in ctx is the exemplar of everything that the run reports;
// ctx itself is not kept. Start never returns nil.
func (r *Runs) Start(ctx context.Context, prompt *prompts.Prompt, o RunOptions) *Run {
	if prompt == nil {
		prompt, _ = PromptFromContext(ctx)
	}
	if prompt == nil {
		return &Run{}
	}
	who := subject{name: prompt.Name(), version: prompt.Version()}
	return r.start(ctx, who.served(o), prompt.Model(), o)
}

func (r *Runs) start(ctx context.Context, who subject, model string, o RunOptions) *Run {
	run := &Run{runs: r, subject: who, span: trace.SpanContextFromContext(ctx), started: r.now()}
	run.call = append(run.call, keyOp.String(operation(o.Operation)))
	if model != "" {
		run.call = append(run.call, keyModel.String(model))
	}
	if p := r.providerWord(o.Provider); p != "" {
		run.call = append(run.call, keyProvider.String(p))
	}
	r.started.Add(run.context(), 1, run.with())
	return run
}

// providerWord returns how a model provider is reported, "" for not at all.
func (r *Runs) providerWord(name string) string {
	switch {
	case !wordPattern.MatchString(name):
		return ""
	case !r.providers.admit(name):
		return string(Other)
	}
	return name
}

// subject is what every metric is about.
type subject struct{ name, version, role, set string }

// served returns s with what o says of role and set, less what cannot be.
func (s subject) served(o RunOptions) subject {
	s.role, s.set = "", ""
	if validRole(o.Role) {
		s.role = o.Role
	}
	if validSet(o.Set) {
		s.set = o.Set
	}
	return s
}

func (s subject) attributes() []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, 10)
	out = append(out, keyPromptName.String(s.name), keyPromptVersion.String(s.version))
	if s.role != "" {
		out = append(out, keyRole.String(s.role))
	}
	if s.set != "" {
		out = append(out, keySet.String(s.set))
	}
	return out
}

func validRole(role string) bool {
	return role == provider.RoleCandidate || role == provider.RoleStable
}

// validSet refuses what would grow in a token when JSON escapes it.
func validSet(set string) bool {
	if set == "" || len(set) > maxSet || !utf8.ValidString(set) {
		return false
	}
	for _, c := range set {
		if !unicode.IsPrint(c) || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

func (r *Runs) outsideFull() error {
	return fmt.Errorf("there are %d other prompts that came from outside", r.outside.most)
}

// vocabulary takes the first words that it is shown, most of them. It may be
// shared by goroutines.
type vocabulary[T comparable] struct {
	most int

	mu    sync.Mutex
	words map[T]struct{} // guarded by mu
}

// admit reports whether word is one of them.
func (v *vocabulary[T]) admit(word T) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.words[word]; ok {
		return true
	}
	if len(v.words) >= v.most {
		return false
	}
	if v.words == nil {
		v.words = map[T]struct{}{}
	}
	v.words[word] = struct{}{}
	return true
}
