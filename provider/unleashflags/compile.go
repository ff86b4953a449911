package unleashflags

import (
	"crypto/sha256"
	"strconv"
	"strings"

	unleash "github.com/Unleash/unleash-client-go/v4"
	"github.com/Unleash/unleash-client-go/v4/api"

	"github.com/promptflag/promptflag/provider"
)

// compiled is what evaluation needs of one flag of one feed.
type compiled struct {
	engine    *engine
	exposures *exposures
	marked    bool // its variants carry marks
	sentinel  bool // its last strategy is the sentinel

	// The definition goes along with every call, so that answer and feed
	// belong together while the next feed arrives.
	feature unleash.FeatureOption
	variant unleash.VariantOption
}

// A mark is the place of a variant in its flag, written behind its payload:
// "<payload>#<strategy>.<variant>". The client returns a copy of the payload
// and no word on which strategy matched; two strategies may carry the same ref.

const noMatch = "#-" // the payload of the sentinel

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

// neutral is the provider's view of f.
func (f *wireFeature) neutral(fingerprint [sha256.Size]byte) *provider.Flag {
	flag := &provider.Flag{Name: f.Name, Enabled: f.Enabled, Fingerprint: string(fingerprint[:])}
	for _, d := range f.Dependencies {
		flag.Parents = append(flag.Parents, d.Feature)
	}
	for _, s := range f.Strategies {
		ns := provider.Strategy{
			Role:        s.text("promptflag"),
			ID:          s.text("promptflagId"),
			Percent:     s.percent(),
			Constrained: len(s.Constraints) > 0 || !s.forAll(),
		}
		for _, v := range s.Variants {
			nv := provider.Variant{Name: v.Name}
			if v.Payload != nil {
				nv.Payload = provider.Payload{Type: v.Payload.Type, Value: v.Payload.Value}
			}
			ns.Variants = append(ns.Variants, nv)
		}
		flag.Strategies = append(flag.Strategies, ns)
	}
	return flag
}

// mark writes the marks of a prompt flag.
func (f *wireFeature) mark() {
	for i := range f.Strategies {
		variants := append([]wireVariant(nil), f.Strategies[i].Variants...)
		for j := range variants {
			p := wirePayload{Type: "string"}
			if variants[j].Payload != nil {
				p = *variants[j].Payload
			}
			p.Value = mark(p.Value, i, j)
			variants[j].Payload = &p
		}
		f.Strategies[i].Variants = variants
	}
}

func (s *wireStrategy) text(parameter string) string {
	v, _ := s.Parameters[parameter].(string)
	return v
}

// percent returns the rollout; 0 for one that no caller can match.
func (s *wireStrategy) percent() float64 {
	for _, name := range []string{"rollout", "percentage"} {
		switch v := s.Parameters[name].(type) {
		case float64:
			return min(max(v, 0), 100)
		case string:
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || n != n {
				return 0
			}
			return min(max(n, 0), 100)
		}
	}
	if s.Name == "flexibleRollout" || strings.HasPrefix(s.Name, "gradualRollout") {
		return 0
	}
	return 100
}

// forAll says whether the kind of strategy asks nothing but its percentage.
func (s *wireStrategy) forAll() bool {
	return s.Name == "default" || s.Name == "flexibleRollout" || strings.HasPrefix(s.Name, "gradualRollout")
}

// compile makes what evaluation needs; feature is the client's own decoding of f.
func (e *engine) compile(f *provider.Flag, feature api.Feature) *compiled {
	c := &compiled{engine: e, marked: f.IsPrompt()}
	own := &feature
	c.feature = unleash.WithResolver(func(string) *api.Feature { return own })
	guarded := own
	if c.marked && len(f.Parents) > 0 {
		c.sentinel = true
		copied := feature
		copied.Strategies = append(feature.Strategies[:len(feature.Strategies):len(feature.Strategies)], sentinel(f.Name))
		guarded = &copied
	}
	c.variant = unleash.WithVariantResolver(func(string) *api.Feature { return guarded })
	names := []string{disabled}
	for _, s := range f.Strategies {
		for _, v := range s.Variants {
			names = append(names, v.Name)
		}
	}
	for _, v := range feature.Variants {
		names = append(names, v.Name)
	}
	c.exposures = e.report.exposures(f.Name, names)
	return c
}

// sentinel is a strategy for everybody behind all others of a flag with
// parents: a caller who does not even match that has a parent that is not satisfied.
func sentinel(group string) api.Strategy {
	v := api.VariantInternal{Weight: 1000}
	v.Name, v.Payload = disabled, api.Payload{Type: "string", Value: noMatch}
	return api.Strategy{
		Name:       "default",
		Parameters: api.ParameterMap{"groupId": group},
		Variants:   []api.VariantInternal{v},
	}
}

const disabled = "disabled" // the client's name for: no variant

// match reads the client's answer. The client shares one value among all flags
// that are off, and another client in the process may have spoiled it: its
// address says off, its fields say nothing.
func (c *compiled) match(f *provider.Flag, v *api.Variant) provider.Match {
	m := provider.Match{Strategy: -1, Index: -1}
	off := v == api.DISABLED_VARIANT
	m.Off = !f.Enabled || (c.sentinel && off)
	if off || v.Payload.Value == noMatch && c.sentinel {
		return m
	}
	m.On = v.FeatureEnabled
	if !v.Enabled {
		return m // matched, and the strategy has no variants
	}
	m.Variant = provider.Variant{Name: v.Name, Payload: provider.Payload(v.Payload)}
	if c.marked {
		m.Variant.Payload.Value, m.Strategy, m.Index = unmark(v.Payload.Value)
	}
	return m
}
