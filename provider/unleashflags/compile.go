package unleashflags

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/provider"
)

// compiled is what evaluation needs of one flag of one feed.
type compiled struct {
	engine    *engine
	exposures *exposures
	rules     Rules
	marked    bool // its variants carry marks
	enabled   bool // the environment's switch
	parents   []wireDependency
	unsure    bool // one of its strategies is unresolved
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

// compileAll returns the provider's view of every flag, compiled.
func (e *engine) compileAll(wire *wireFeed) []*provider.Flag {
	names := make(map[string]bool, len(wire.Features))
	for _, f := range wire.Features {
		names[f.Name] = true
	}
	list := make([]*provider.Flag, 0, len(wire.Features))
	for _, f := range wire.Features {
		if flag := e.compile(f, names); flag != nil {
			list = append(list, flag)
		}
	}
	return list
}

// compile returns one flag. One that the engine cannot read matches nobody; the
// others are not touched by it.
func (e *engine) compile(f *wireFeature, names map[string]bool) *provider.Flag {
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
		unsure: flag.Trouble != "",
	}
	c.exposures = e.report.exposures(f.Name, f.variantNames())
	flag.Compiled = c
	return flag
}

func (e *engine) read(f *wireFeature, names map[string]bool) (*provider.Flag, Rules, error) {
	text, err := encode(f)
	if err != nil {
		return nil, nil, err
	}
	flag := f.neutral(f.fingerprint(text, names))
	if own := f.definition(flag.IsPrompt()); own != f {
		if text, err = encode(own); err != nil {
			return nil, nil, err
		}
	}
	rules, err := e.sdk.Compile(text)
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
// strategy that is unresolved, marks in a prompt flag. f itself stays as it is.
func (f *wireFeature) definition(marked bool) *wireFeature {
	unresolved := func(s wireStrategy) bool { return s.unresolved != "" }
	if !marked && len(f.Dependencies) == 0 && !slices.ContainsFunc(f.Strategies, unresolved) {
		return f
	}
	own := *f
	own.Dependencies = nil
	own.Strategies = slices.Clone(f.Strategies)
	for i := range own.Strategies {
		switch s := &own.Strategies[i]; {
		case s.unresolved != "":
			*s = nobody(f.Name)
		case marked:
			s.mark(i)
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

// variantNames returns what exposures of f can be counted under.
func (f *wireFeature) variantNames() []string {
	names := []string{disabled}
	for _, s := range f.Strategies {
		for _, v := range s.Variants {
			names = append(names, v.Name)
		}
	}
	for _, v := range f.Variants {
		names = append(names, v.Name)
	}
	return names
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
