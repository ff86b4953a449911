package unleashflags_test

import (
	"bytes"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
)

// explosive is an engine that panics on some definitions and on some flags.
type explosive struct {
	unleashv6.Engine
	reading func(flag []byte) bool
	asked   func(name string) bool
}

func (e explosive) Open(o unleashflags.EngineOptions) (unleashflags.Evaluator, error) {
	evaluator, err := e.Engine.Open(o)
	return explosiveEvaluator{evaluator, e}, err
}

type explosiveEvaluator struct {
	unleashflags.Evaluator
	engine explosive
}

func (e explosiveEvaluator) Compile(flag []byte) (unleashflags.Rules, error) {
	name, _, _ := bytes.Cut(bytes.TrimPrefix(flag, []byte(`{"name":"`)), []byte(`"`))
	if e.engine.reading(flag) {
		panic("while reading")
	}
	rules, err := e.Evaluator.Compile(flag)
	return explosiveRules{rules, string(name), e.engine}, err
}

type explosiveRules struct {
	unleashflags.Rules
	name   string
	engine explosive
}

func (r explosiveRules) Enabled(c unleashflags.Context) bool {
	if r.engine.asked(r.name) {
		panic("when asked")
	}
	return r.Rules.Enabled(c)
}

func (r explosiveRules) Variant(c unleashflags.Context) unleashflags.Outcome {
	if r.engine.asked(r.name) {
		var none *unleashflags.Outcome
		return *none
	}
	return r.Rules.Variant(c)
}

func never[T any](T) bool { return false }

// A panic in the engine is the caller's default with GENERAL, for every type;
// hooks run, other flags answer, and so does this one the next time.
func TestPanicsAreRecovered(t *testing.T) {
	var armed atomic.Bool
	armed.Store(true)
	b := fakeBackend(t, tckFlags())
	b.engine = explosive{reading: never[[]byte], asked: func(name string) bool {
		return armed.Load() && (name == "string-flag" || name == "boolean-flag")
	}}
	s := b.serve(t, newBucket(t), nil)
	var j journal
	s.AddHooks(hook{name: "client", to: &j})
	for _, def := range []any{false, "fallback", 0.5, int64(7), object{"a": 1.0}} {
		for _, flag := range []string{"string-flag", "boolean-flag"} {
			got, d := ask(s.Client, flag, def, another)
			if diff := cmp.Diff(answer{def, "default", "ERROR", openfeature.GeneralCode}, got); diff != "" || strings.Contains(d.ErrorMessage, "when asked") {
				t.Errorf("%s as %s: %q (-want +got)\n%s", flag, kind(def), d.ErrorMessage, diff)
			}
			if lines := j.take(); len(lines) != 3 || !strings.HasPrefix(lines[1], "error") || !strings.HasPrefix(lines[2], "finally") {
				t.Errorf("%s as %s: hooks %q", flag, kind(def), lines)
			}
		}
	}
	if got, _ := ask(s.Client, "integer-flag", int64(1), another); got.Value != int64(10) {
		t.Errorf("another flag: %v", got)
	}
	armed.Store(false)
	if got, _ := ask(s.Client, "string-flag", "bye", another); got.Value != "hi" {
		t.Errorf("without a panic: %v", got)
	}
}

// A flag that the engine panics on while it reads it is a flag that it cannot
// read: it matches nobody, and the others are not touched by it.
func TestPanicOfOneFlagInAFeed(t *testing.T) {
	b := fakeBackend(t, tckFlags())
	b.engine = explosive{asked: never[string], reading: func(flag []byte) bool {
		return bytes.Contains(flag, []byte(`"greeting"`)) && bytes.Contains(flag, []byte(`"string-flag"`))
	}}
	s := b.serve(t, newBucket(t), nil)
	if got, _ := ask(s.Client, "integer-flag", int64(1), another); got.Value != int64(10) {
		t.Errorf("another flag: %v", got)
	}
	if got, _ := ask(s.Client, "string-flag", "bye", another); got != (answer{"bye", "disabled", "DISABLED", ""}) {
		t.Errorf("the flag itself: %v", got)
	}
	s.awaits(openfeature.ProviderError, 1)
	if e := s.seen(openfeature.ProviderError)[0]; !slices.Equal(e.flags, []string{"string-flag"}) || !strings.Contains(e.message, "while reading") {
		t.Errorf("event = %+v, want one that names the flag", e)
	}
}
