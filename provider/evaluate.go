package provider

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// Variant names of answers that carry the caller's default. They are never
// empty: stock telemetry exports the value of an answer without a variant, and
// the value may be a prompt.
const (
	defaultVariant  = "default"
	disabledVariant = "disabled" // Unleash's own word, for plain flags
)

// ObjectEvaluation returns the prompt of a prompt flag, *prompts.Prompt or with
// Options.Structure a fresh map[string]any of its artifact; of a plain flag the
// decoded JSON payload of the caller's variant.
func (p *Provider) ObjectEvaluation(ctx context.Context, flag string, def any, caller openfeature.FlattenedContext) (d openfeature.InterfaceResolutionDetail) {
	defer rescue(p, flag, def, &d)
	s, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if !s.isPrompt {
		return plain(p, s.flag, def, caller, objectPayload)
	}
	a, detail := p.resolve(ctx, flag, s, caller)
	d.Value, d.ProviderResolutionDetail = def, detail
	switch {
	case a == nil:
	case p.opt.Structure:
		d.Value = a.prompt.Structure()
	default:
		d.Value = a.prompt
	}
	return d
}

// StringEvaluation returns the ref of the prompt that ObjectEvaluation would
// return; of a plain flag the string or csv payload of the caller's variant.
func (p *Provider) StringEvaluation(ctx context.Context, flag string, def string, caller openfeature.FlattenedContext) (d openfeature.StringResolutionDetail) {
	defer rescue(p, flag, def, &d)
	s, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if !s.isPrompt {
		return plain(p, s.flag, def, caller, stringPayload)
	}
	a, detail := p.resolve(ctx, flag, s, caller)
	d.Value, d.ProviderResolutionDetail = def, detail
	if a != nil {
		d.Value = a.prompt.Ref().String()
	}
	return d
}

// BooleanEvaluation returns whether the flag is on for the caller, of a prompt
// flag as of a plain one: a team can switch the feature off with the flag that
// carries its prompt.
func (p *Provider) BooleanEvaluation(_ context.Context, flag string, def bool, caller openfeature.FlattenedContext) (d openfeature.BoolResolutionDetail) {
	defer rescue(p, flag, def, &d)
	s, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if s.flag == nil { // it vanished; a switch has no last stable version
		return failed(p, def, notFound(flag))
	}
	return p.enabled(s.flag, caller)
}

// FloatEvaluation returns the number payload of a plain flag; a prompt flag is
// a TYPE_MISMATCH.
func (p *Provider) FloatEvaluation(_ context.Context, flag string, def float64, caller openfeature.FlattenedContext) (d openfeature.FloatResolutionDetail) {
	defer rescue(p, flag, def, &d)
	return number(p, flag, def, caller, floatPayload)
}

// IntEvaluation returns the number payload of a plain flag, when it is whole;
// a prompt flag is a TYPE_MISMATCH.
func (p *Provider) IntEvaluation(_ context.Context, flag string, def int64, caller openfeature.FlattenedContext) (d openfeature.IntResolutionDetail) {
	defer rescue(p, flag, def, &d)
	return number(p, flag, def, caller, intPayload)
}

// lookup finds what evaluation sees of a flag.
func (p *Provider) lookup(flag string) (*shown, *openfeature.ResolutionError) {
	v := p.view.Load()
	if v == nil {
		err := openfeature.NewProviderNotReadyResolutionError("promptflag has no flags yet, or was shut down")
		return nil, &err
	}
	if s := v.lookup(flag, p.now); s != nil {
		return s, nil
	}
	err := notFound(flag)
	return nil, &err
}

func notFound(flag string) openfeature.ResolutionError {
	return openfeature.NewFlagNotFoundResolutionError(fmt.Sprintf("flag %q is not in the feed", flag))
}

// resolve picks the answer of a prompt flag and counts it; nil is the caller's default.
func (p *Provider) resolve(ctx context.Context, flag string, s *shown, caller openfeature.FlattenedContext) (*answer, openfeature.ProviderResolutionDetail) {
	if s.flag == nil {
		return p.detail(flag, s, s.none, false)
	}
	if !s.selected {
		return p.detail(flag, s, nil, false)
	}
	m, asked := p.ask(flag, s.flag, caller)
	if !asked {
		return p.detail(flag, s, s.stable(), false)
	}
	if m.Off && p.opt.WhenOff == Default {
		p.flags.Count(s.flag, false, disabledVariant)
		return nil, openfeature.ProviderResolutionDetail{
			Reason: openfeature.DisabledReason, Variant: defaultVariant,
			FlagMetadata: openfeature.FlagMetadata{keyEnabled: false, keySet: p.setID()},
		}
	}
	a := s.pick(m)
	if pin, ok := pinned(ctx); ok && !m.Off {
		a = p.pinnedAnswer(pin, s, a)
	}
	if a != nil && a.aged != nil && p.opt.MaxFeedAge > 0 && p.age() > p.opt.MaxFeedAge {
		a = a.aged
	}
	if s.sticky != "" && !s.lacked.Load() && lacks(caller, s.sticky) {
		s.lacked.Store(true)
		p.lacked.Store(true)
	}
	switch {
	case a == nil:
		p.flags.Count(s.flag, m.On, disabledVariant)
	case a.asked:
		p.flags.Count(s.flag, m.On, m.Variant.Name)
	default:
		p.flags.Count(s.flag, m.On, a.prompt.Version())
	}
	return p.detail(flag, s, a, m.Off)
}

// ask asks the source for the caller's variant; false when that panicked.
func (p *Provider) ask(flag string, f *Flag, caller openfeature.FlattenedContext) (m Match, ok bool) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("panic in evaluation", "flag", flag, "panic", v, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	return p.flags.Variant(f, caller), true
}

// stable is for a caller of whom nobody can tell what the flag says; nil when
// no version is loaded.
func (s *shown) stable() *answer {
	if s.none == nil {
		return nil
	}
	return s.none.instead("")
}

// pick returns the answer for m; nil when there is none.
func (s *shown) pick(m Match) *answer {
	if m.Off {
		return s.off
	}
	if m.On && m.Variant.Name != "" && m.Strategy >= 0 && m.Strategy < len(s.match) {
		if row := s.match[m.Strategy]; m.Index >= 0 && m.Index < len(row) && row[m.Index] != nil {
			return row[m.Index]
		}
	}
	return s.none
}

// lacks says whether the caller has no value for a field that Unleash calls so.
func lacks(caller openfeature.FlattenedContext, field string) bool {
	if field == "userId" {
		if v, ok := caller[openfeature.TargetingKey]; ok && v != "" {
			return false
		}
	}
	v, ok := caller[field]
	return !ok || v == nil || v == ""
}

func (p *Provider) detail(flag string, s *shown, a *answer, off bool) (*answer, openfeature.ProviderResolutionDetail) {
	if a == nil {
		trouble := s.trouble
		if trouble == "" {
			trouble = "nothing loadable"
		}
		return nil, p.failure(openfeature.NewGeneralResolutionError(fmt.Sprintf("prompt flag %q: %s", flag, trouble)))
	}
	return a, openfeature.ProviderResolutionDetail{Reason: a.reason, Variant: a.prompt.Version(), FlagMetadata: a.metadata(p.age(), off)}
}

// age returns for how long the feed was not confirmed to be the newest.
func (p *Provider) age() time.Duration {
	return max(0, p.now().Sub(time.Unix(0, p.seen.Load())))
}

func (p *Provider) setID() string {
	if v := p.view.Load(); v != nil {
		return v.set
	}
	return ""
}

// failure is the detail of an answer that is the caller's default because of err.
func (p *Provider) failure(err openfeature.ResolutionError) openfeature.ProviderResolutionDetail {
	meta := openfeature.FlagMetadata{}
	if set := p.setID(); set != "" { // telemetry exports what is there
		meta[keySet] = set
	}
	return openfeature.ProviderResolutionDetail{
		ResolutionError: err, Reason: openfeature.ErrorReason, Variant: defaultVariant, FlagMetadata: meta,
	}
}

func failed[T any](p *Provider, def T, err openfeature.ResolutionError) openfeature.GenericResolutionDetail[T] {
	return openfeature.GenericResolutionDetail[T]{Value: def, ProviderResolutionDetail: p.failure(err)}
}

// rescue turns a panic of an evaluation into the caller's default; the SDK
// would let it through to the service.
func rescue[T any](p *Provider, flag string, def T, d *openfeature.GenericResolutionDetail[T]) {
	if v := recover(); v != nil {
		p.log.Error("panic in evaluation", "flag", flag, "panic", v, "stack", string(debug.Stack()))
		*d = failed(p, def, openfeature.NewGeneralResolutionError("internal error (a panic; see the log)"))
	}
}
