package unleashflags

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/promptflag/promptflag/provider"
)

// compiled is what evaluation needs of one flag of one feed.
type compiled struct {
	engine  *engine
	rules   Rules
	fields  fields // of the context that the rules read
	marked  bool   // its variants carry marks
	enabled bool   // the environment's switch
	unsure  bool   // one of its strategies is unresolved
	parents []wireDependency
	counts  atomic.Pointer[counts] // nil before the first exposure

	environment string // of callers that do not say
}

// A mark is the place of a variant in its flag, written behind its payload:
// "<payload>#<strategy>.<variant>". The SDKs return a copy of the payload and no
// word on which strategy matched; two strategies may carry the same ref.

func mark(payload string, strategy, variant int) string {
	return payload + "#" + strconv.Itoa(strategy) + "." + strconv.Itoa(variant)
}

// unmark takes the mark off; without one both numbers are -1.
func unmark(payload string) (value string, strategy, variant int) {
	at := strings.LastIndexByte(payload, '#')
	if at < 0 {
		return payload, -1, -1
	}
	a, b, _ := strings.Cut(payload[at+1:], ".")
	strategy, err1 := strconv.Atoi(a)
	variant, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil {
		return payload, -1, -1
	}
	return payload[:at], strategy, variant
}

// compile returns one flag. One that the engine cannot read matches nobody; the
// others are not touched by it.
func (e *engine) compile(f *wireFeature, names map[string]bool, environment string) *provider.Flag {
	flag, rules, err := e.read(f, names)
	if err != nil {
		e.src.log.Error("the Unleash client cannot read a flag", "flag", f.Name, "error", err)
		f.giveUp(err)
		if flag, rules, err = e.read(f, names); err != nil {
			return nil // not even its name
		}
	}
	c := &compiled{
		engine: e, rules: rules, marked: flag.IsPrompt(), enabled: f.Enabled, parents: f.Dependencies,
		unsure: flag.Trouble != "", fields: f.fields(), environment: environment,
	}
	flag.Compiled = c
	return flag
}

func (e *engine) read(f *wireFeature, names map[string]bool) (flag *provider.Flag, rules Rules, err error) {
	defer func() {
		if v := recover(); v != nil { // one flag must not hold up what all others say
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	text, err := encode(f)
	if err != nil {
		return nil, nil, err
	}
	flag = f.neutral(f.fingerprint(text, names))
	if own := f.definition(flag.IsPrompt()); own != f {
		if text, err = encode(own); err != nil {
			return nil, nil, err
		}
	}
	rules, err = e.sdk.Compile(text)
	return flag, rules, err
}

// fingerprint is of all that an answer of f depends on and that f itself can
// know: the definition, what is unresolved, parents that are missing.
func (f *wireFeature) fingerprint(text []byte, names map[string]bool) [sha256.Size]byte {
	more := bytes.NewBuffer(text[:len(text):len(text)])
	for i, s := range f.Strategies {
		if s.unresolved != "" {
			more.WriteString("\x00" + strconv.Itoa(i) + s.unresolved)
		}
	}
	for _, d := range f.Dependencies {
		if !names[d.Feature] {
			more.WriteString("\x00missing " + d.Feature)
		}
	}
	return sha256.Sum256(more.Bytes())
}

// definition returns what the engine sees of f: no parents, nobody instead of a
// strategy that is unresolved, everybody as simple as it can be said, marks in a
// prompt flag. f itself stays as it is.
func (f *wireFeature) definition(marked bool) *wireFeature {
	other := func(s wireStrategy) bool { return s.unresolved != "" || s.everybody() }
	if !marked && len(f.Dependencies) == 0 && !slices.ContainsFunc(f.Strategies, other) {
		return f
	}
	own := *f
	own.Dependencies = nil
	own.Strategies = slices.Clone(f.Strategies)
	for i := range own.Strategies {
		s := &own.Strategies[i]
		if s.unresolved != "" {
			*s = nobody(f.Name)
			continue
		}
		if marked {
			s.mark(i)
		}
		if s.everybody() {
			s.Name = "default" // the same answer, without a hash and a random number
		}
	}
	return &own
}

// mark writes the marks of the strategy at place i into a copy of its variants.
func (s *wireStrategy) mark(i int) {
	s.Variants = slices.Clone(s.Variants)
	for j := range s.Variants {
		p := wirePayload{Type: "string"}
		if s.Variants[j].Payload != nil {
			p = *s.Variants[j].Payload
		}
		p.Value = mark(p.Value, i, j)
		s.Variants[j].Payload = &p
	}
}

const disabled = "disabled" // Unleash's name for: no variant

// match is the engine's answer in the provider's words.
func (c *compiled) match(o Outcome) provider.Match {
	m := provider.Match{Off: !c.enabled, On: o.On, Variant: o.Variant, Strategy: -1, Index: -1}
	if c.marked && o.Variant.Name != "" {
		m.Variant.Payload.Value, m.Strategy, m.Index = unmark(o.Variant.Payload.Value)
	}
	return m
}
