package provider

import (
	"context"
	"fmt"
	"runtime/debug"

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
func (p *Provider) ObjectEvaluation(_ context.Context, flag string, def any, caller openfeature.FlattenedContext) (d openfeature.InterfaceResolutionDetail) {
	defer rescue(p, flag, def, &d)
	f, st, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if f != nil && !st.isPrompt {
		return plain(p, f, def, caller, objectPayload)
	}
	a, detail := p.resolve(flag, f, st, caller)
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
func (p *Provider) StringEvaluation(_ context.Context, flag string, def string, caller openfeature.FlattenedContext) (d openfeature.StringResolutionDetail) {
	defer rescue(p, flag, def, &d)
	f, st, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if f != nil && !st.isPrompt {
		return plain(p, f, def, caller, stringPayload)
	}
	a, detail := p.resolve(flag, f, st, caller)
	d.Value, d.ProviderResolutionDetail = def, detail
	if a != nil {
		d.Value = a.ref
	}
	return d
}

// BooleanEvaluation returns whether the flag is on for the caller, of a prompt
// flag as of a plain one: a team can switch the feature off with the flag that
// carries its prompt.
func (p *Provider) BooleanEvaluation(_ context.Context, flag string, def bool, caller openfeature.FlattenedContext) (d openfeature.BoolResolutionDetail) {
	defer rescue(p, flag, def, &d)
	f, _, fail := p.lookup(flag)
	if fail != nil {
		return failed(p, def, *fail)
	}
	if f == nil {
		return failed(p, def, notFound(flag))
	}
	return p.enabled(f, caller)
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

// lookup finds a flag. No flag and no error: it vanished from the feed, and
// resolve has its last stable version.
func (p *Provider) lookup(flag string) (*Flag, *state, *openfeature.ResolutionError) {
	if !p.ready.Load() {
		err := openfeature.NewProviderNotReadyResolutionError("promptflag has no flags yet, or was shut down")
		return nil, nil, &err
	}
	if f := p.flags.Flag(flag); f != nil {
		if st := f.state.Load(); st != nil {
			return f, st, nil
		}
	} else if a := p.goneFlags()[flag]; a != nil && p.now().Sub(a.since) <= goneFor {
		return nil, nil, nil
	}
	err := notFound(flag)
	return nil, nil, &err
}

func notFound(flag string) openfeature.ResolutionError {
	return openfeature.NewFlagNotFoundResolutionError(fmt.Sprintf("flag %q is not in the feed", flag))
}

// resolve picks the answer of a prompt flag; nil is the caller's default.
func (p *Provider) resolve(flag string, f *Flag, st *state, caller openfeature.FlattenedContext) (*answer, openfeature.ProviderResolutionDetail) {
	a, off := p.pick(flag, f, st, caller)
	if off && p.opt.WhenOff == Default {
		return nil, openfeature.ProviderResolutionDetail{
			Reason: openfeature.DisabledReason, Variant: defaultVariant,
			FlagMetadata: openfeature.FlagMetadata{keyEnabled: false, keySet: p.setID()},
		}
	}
	if a == nil {
		trouble := "nothing loadable"
		if st != nil {
			trouble = st.trouble
		}
		return nil, p.failure(openfeature.NewGeneralResolutionError(fmt.Sprintf("prompt flag %q: %s", flag, trouble)))
	}
	return a, openfeature.ProviderResolutionDetail{Reason: a.reason, Variant: a.version, FlagMetadata: a.metadata(p.age())}
}

func (p *Provider) pick(flag string, f *Flag, st *state, caller openfeature.FlattenedContext) (a *answer, off bool) {
	if f == nil {
		if gone := p.goneFlags()[flag]; gone != nil {
			return gone.answer, false
		}
		return nil, false
	}
	if !st.selected {
		return nil, false
	}
	m := p.flags.Variant(f, caller)
	if m.Off {
		return st.off, true
	}
	if m.On && m.Variant.Name != "" && m.Strategy >= 0 && m.Strategy < len(st.match) {
		if row := st.match[m.Strategy]; m.Index >= 0 && m.Index < len(row) && row[m.Index] != nil {
			return row[m.Index], false
		}
	}
	return st.none, false
}

// age returns for how many whole seconds the visible feed was not confirmed.
func (p *Provider) age() int64 {
	seen := p.seen.Load()
	if seen == nil {
		return 0
	}
	return max(0, int64(p.now().Sub(*seen).Seconds()))
}

func (p *Provider) setID() string {
	if s := p.set.Load(); s != nil {
		return *s
	}
	return ""
}

// failure is the detail of an answer that is the caller's default because of err.
func (p *Provider) failure(err openfeature.ResolutionError) openfeature.ProviderResolutionDetail {
	return openfeature.ProviderResolutionDetail{
		ResolutionError: err, Reason: openfeature.ErrorReason, Variant: defaultVariant,
		FlagMetadata: openfeature.FlagMetadata{keySet: p.setID()},
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
