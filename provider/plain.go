package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/open-feature/go-sdk/openfeature"
)

// Plain flags answer as Unleash's own OpenFeature provider for Node does, with
// one deviation: a flag that is missing is FLAG_NOT_FOUND.

// enabled answers a boolean evaluation.
func (p *Provider) enabled(f *Flag, caller openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	on := p.flags.Enabled(f, caller)
	p.flags.Count(f, on, "")
	d := openfeature.BoolResolutionDetail{Value: on}
	d.Reason, d.Variant = openfeature.TargetingMatchReason, "on"
	if !on {
		d.Reason, d.Variant = openfeature.DisabledReason, "off"
	}
	d.FlagMetadata = openfeature.FlagMetadata{keyEnabled: on, keySet: p.setID()}
	return d
}

// plain answers with the payload of the caller's variant, read by decode.
func plain[T any](p *Provider, f *Flag, def T, caller openfeature.FlattenedContext, decode func(Payload) (T, *openfeature.ResolutionError)) openfeature.GenericResolutionDetail[T] {
	m := p.flags.Variant(f, caller)
	p.flags.Count(f, m.On, cmp.Or(m.Variant.Name, disabledVariant))
	meta := openfeature.FlagMetadata{keyEnabled: m.On, keySet: p.setID()}
	d := openfeature.GenericResolutionDetail[T]{Value: def}
	d.FlagMetadata, d.Variant = meta, disabledVariant
	switch {
	case !m.On:
		d.Reason = openfeature.DisabledReason
		return d
	case m.Variant.Name == "":
		d.Reason = openfeature.DefaultReason
		return d
	case m.Variant.Payload.Type == "":
		d.Reason, d.Variant = openfeature.DefaultReason, m.Variant.Name
		return d
	}
	meta[keyPayload] = m.Variant.Payload.Type
	d.Reason, d.Variant = openfeature.SplitReason, m.Variant.Name
	v, err := decode(m.Variant.Payload)
	if err != nil {
		d.Reason, d.ResolutionError = openfeature.ErrorReason, *err
		return d
	}
	d.Value = v
	return d
}

// number answers for the two number types.
func number[T any](p *Provider, flag string, def T, caller openfeature.FlattenedContext, decode func(Payload) (T, *openfeature.ResolutionError)) openfeature.GenericResolutionDetail[T] {
	s, fail := p.lookup(flag)
	switch {
	case fail != nil:
		return failed(p, def, *fail)
	case s.isPrompt:
		return failed(p, def, openfeature.NewTypeMismatchResolutionError(fmt.Sprintf("%q is a prompt flag: ask for an object or a string", flag)))
	}
	return plain(p, s.flag, def, caller, decode)
}

func stringPayload(p Payload) (string, *openfeature.ResolutionError) {
	if p.Type != "string" && p.Type != "csv" {
		return "", mismatch(p, "string")
	}
	return p.Value, nil
}

func objectPayload(p Payload) (v any, fail *openfeature.ResolutionError) {
	if p.Type != "json" {
		return nil, mismatch(p, "object")
	}
	if err := json.Unmarshal([]byte(p.Value), &v); err != nil {
		return nil, malformed(p)
	}
	return v, nil
}

func floatPayload(p Payload) (float64, *openfeature.ResolutionError) {
	if p.Type != "number" {
		return 0, mismatch(p, "number")
	}
	s := strings.TrimSpace(p.Value)
	if s == "" {
		return 0, malformed(p)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) {
		return 0, mismatch(p, "number")
	}
	return v, nil
}

func intPayload(p Payload) (int64, *openfeature.ResolutionError) {
	if p.Type == "number" {
		if v, err := strconv.ParseInt(strings.TrimSpace(p.Value), 10, 64); err == nil {
			return v, nil
		}
	}
	v, fail := floatPayload(p)
	if fail != nil {
		return 0, fail
	}
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, mismatch(p, "integer")
	}
	return int64(v), nil
}

func mismatch(p Payload, want string) *openfeature.ResolutionError {
	err := openfeature.NewTypeMismatchResolutionError(fmt.Sprintf("a payload of type %q cannot be read as %s", p.Type, want))
	return &err
}

func malformed(p Payload) *openfeature.ResolutionError {
	err := openfeature.NewParseErrorResolutionError(fmt.Sprintf("the payload is not valid %s", p.Type))
	return &err
}
