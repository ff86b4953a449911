package unleashflags_test

import (
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// The tests named TestTCK are the 65 scenarios of the draft of OpenFeature's
// Provider TCK (github.com/open-feature/spec, pull request 423), in Go, with the
// draft's flags made in Unleash's words. Its tags are capabilities that a provider
// may decline; a row that declines one says why, and what ours answers instead.

const matchingKey = "5c3d8535-f81a-4478-a6d3-afaa4d51199e"

// tckFlags is the draft's flag set: a boolean is a switch, every other value is
// the payload of a variant, a disabled flag is OFF.
func tckFlags() []flagSpec {
	off := func(f flagSpec) flagSpec { f.off = true; return f }
	onOff := func(name string, on bool) flagSpec {
		return flagSpec{name: name, off: !on, strategies: []object{everybody(0)}}
	}
	return []flagSpec{
		onOff("boolean-flag", true),
		one("string-flag", "greeting", "string", "hi"),
		one("integer-flag", "ten", "number", "10"),
		one("float-flag", "half", "number", "0.5"),
		one("large-integer-flag", "max-int32", "number", "2147483647"),
		one("huge-integer-flag", "max-safe", "number", "9007199254740991"),
		one("integral-float-flag", "ten", "number", "10.0"),
		onOff("boolean-zero-flag", false),
		one("integer-zero-flag", "zero", "number", "0"),
		one("string-zero-flag", "zero", "string", ""),
		one("object-flag", "template", "json", `{"showImages":true,"title":"Check out these pics!","imagesPerPage":100}`),
		one("wrong-flag", "one", "string", "uno"),
		onOff("disabled-boolean-flag", false),
		off(one("disabled-string-flag", "greeting", "string", "hi")),
		off(one("disabled-integer-flag", "ten", "number", "10")),
		off(one("disabled-float-flag", "half", "number", "0.5")),
		{name: "targeting-key-flag", strategies: []object{
			only(0, "userId", []string{matchingKey}, variantOf("hit", "string", "hit")),
			everybody(1, variantOf("miss", "string", "miss")),
		}},
		one("changing-flag", "foo", "string", "foo"),
	}
}

// tckPrompts are prompt flags for the same questions: what our values are.
func tckPrompts(t testing.TB, b *store.Bucket) []flagSpec {
	t.Helper()
	named := func(name string, strategies ...func(prompts.Ref) object) flagSpec {
		ref := publish(t, b, name, "the text of "+name)
		f := flagSpec{name: name}
		for _, s := range strategies {
			f.strategies = append(f.strategies, s(ref))
		}
		return f
	}
	stable := func(ref prompts.Ref) object { return ours("stable", 100, 100, ref) }
	off := named("disabled-prompt", stable)
	off.off = true
	return []flagSpec{
		named("prompt", stable),
		named("targeted-prompt", func(ref prompts.Ref) object {
			s := ours("", 0, 100, ref)
			s["constraints"] = []any{object{"contextName": "userId", "operator": "IN", "values": []string{matchingKey}, "inverted": false, "caseInsensitive": false}}
			return s
		}, stable),
		named("dialled-prompt", func(ref prompts.Ref) object { return ours("candidate", 0, 50, ref) }, stable),
		off,
	}
}

var (
	nobody  = openfeature.EvaluationContext{}
	hit     = user(matchingKey)
	another = user("f20bd32d-703b-48b6-bc8e-79d53c85134a")
)

// tckRow is one evaluation of the draft.
type tckRow struct {
	feature, scenario string
	flag              string
	def               any
	ec                openfeature.EvaluationContext
	// want is what the draft asserts; an empty Variant or Reason and a nil Value
	// are not asserted.
	want answer
	// deviation is why ours answers something else, and ours what it answers.
	deviation string
	ours      answer
}

// Why rows deviate. None of it breaks a MUST of OpenFeature's specification.
const (
	aSwitch = "every flag of Unleash is a switch whatever its variants carry: bool answers whether it is on (Unleash's contract, rows bool-*)"
	noValue = "a switch has no value of another type: that is no error but the caller's default with DEFAULT, as in Unleash's providers (@string-typing declined for booleans)"
	reasons = "plain flags have the reasons of Unleash's providers (@standard-reasons declined): TARGETING_MATCH for a switch that is on, SPLIT for a variant; prompt flags have the standard ones"
	behind  = "who gets stable because an earlier strategy has constraints was looked at: TARGETING_MATCH (DEFAULT means that nothing matched at all)"
	words   = "a switch calls its two values on and off"
)

func tckRows() []tckRow {
	missing := openfeature.FlagNotFoundCode
	mismatch := openfeature.TypeMismatchCode
	onAnswer := answer{true, "on", "TARGETING_MATCH", ""}
	value := func(v any) answer { return answer{Value: v} }
	variant := func(v string) answer { return answer{Variant: v} }
	reason := func(r openfeature.Reason) answer { return answer{Reason: r} }
	failed := func(def any, code openfeature.ErrorCode) answer { return answer{Value: def, Code: code} }
	const (
		values, falsy, named = "Resolve values", "A falsy value is a value, not an absence", "The resolved details name the variant"
		disabled             = "A disabled flag resolves to the code default"
		wrong, structured    = "Requesting the wrong type returns the code default", "Requesting a structured flag as a scalar returns the code default"
		text                 = "A non-string flag is not returned as its string representation"
		static               = "A flag with no targeting rules resolves statically"
	)
	template := object{"showImages": true, "title": "Check out these pics!", "imagesPerPage": 100.0}
	return []tckRow{
		{feature: "evaluation", scenario: values, flag: "boolean-flag", def: false, want: value(true)},
		{feature: "evaluation", scenario: values, flag: "string-flag", def: "bye", want: value("hi")},
		{feature: "evaluation", scenario: values, flag: "integer-flag", def: int64(1), want: value(int64(10))},
		{feature: "evaluation", scenario: values, flag: "float-flag", def: 0.1, want: value(0.5)},
		{feature: "evaluation", scenario: falsy, flag: "boolean-zero-flag", def: true, want: value(false)},
		{feature: "evaluation", scenario: falsy, flag: "integer-zero-flag", def: int64(1), want: value(int64(0))},
		{feature: "evaluation", scenario: falsy, flag: "string-zero-flag", def: "fallback", want: value("")},
		{feature: "evaluation", scenario: named, flag: "boolean-flag", def: false, want: variant("on")},
		{feature: "evaluation", scenario: named, flag: "string-flag", def: "bye", want: variant("greeting")},
		{feature: "evaluation", scenario: named, flag: "integer-flag", def: int64(1), want: variant("ten")},
		{feature: "evaluation", scenario: named, flag: "float-flag", def: 0.1, want: variant("half")},
		{
			feature: "evaluation", scenario: named, flag: "boolean-zero-flag", def: true, want: variant("zero"),
			deviation: words, ours: answer{false, "off", "DISABLED", ""},
		},
		{feature: "evaluation", scenario: named, flag: "integer-zero-flag", def: int64(1), want: variant("zero")},
		{feature: "evaluation", scenario: named, flag: "string-zero-flag", def: "fallback", want: variant("zero")},
		{feature: "evaluation", scenario: named, flag: "large-integer-flag", def: int64(1), want: variant("max-int32")},
		{feature: "evaluation", scenario: "A large integer resolves without loss of precision", flag: "large-integer-flag", def: int64(1), want: value(int64(2147483647))},
		{feature: "evaluation", scenario: "An integer beyond 32 bits resolves without loss of precision", flag: "huge-integer-flag", def: int64(1), want: value(int64(9007199254740991))},
		{feature: "evaluation", scenario: "An integer flag resolves as an integer", flag: "integer-flag", def: int64(1), want: value(int64(10))},
		{feature: "evaluation", scenario: "A float flag resolves as a float", flag: "float-flag", def: 0.1, want: value(0.5)},
		{feature: "evaluation", scenario: disabled, flag: "disabled-boolean-flag", def: false, want: value(false)},
		{feature: "evaluation", scenario: disabled, flag: "disabled-string-flag", def: "bye", want: value("bye")},
		{feature: "evaluation", scenario: disabled, flag: "disabled-integer-flag", def: int64(1), want: value(int64(1))},
		{feature: "evaluation", scenario: disabled, flag: "disabled-float-flag", def: 0.1, want: value(0.1)},
		{feature: "evaluation", scenario: "Resolve a structured value", flag: "object-flag", def: object{}, want: value(template)},
		{feature: "evaluation", scenario: "Supplying an evaluation context does not disturb an untargeted resolution", flag: "string-flag", def: "bye", ec: another, want: value("hi")},
		{feature: "evaluation", scenario: "A matching evaluation context resolves the targeted variant", flag: "targeting-key-flag", def: "fallback", ec: hit, want: value("hit")},
		{feature: "evaluation", scenario: "A non-matching evaluation context resolves the default variant", flag: "targeting-key-flag", def: "fallback", ec: another, want: value("miss")},
		{feature: "evaluation", scenario: "No evaluation context resolves the default variant", flag: "targeting-key-flag", def: "fallback", ec: nobody, want: value("miss")},

		{feature: "errors", scenario: wrong, flag: "string-flag", def: false, want: failed(false, mismatch), deviation: aSwitch, ours: onAnswer},
		{feature: "errors", scenario: wrong, flag: "string-flag", def: int64(1), want: failed(int64(1), mismatch)},
		{feature: "errors", scenario: wrong, flag: "string-flag", def: 0.1, want: failed(0.1, mismatch)},
		{feature: "errors", scenario: wrong, flag: "wrong-flag", def: false, want: failed(false, mismatch), deviation: aSwitch, ours: onAnswer},
		{feature: "errors", scenario: wrong, flag: "boolean-flag", def: int64(1), want: failed(int64(1), mismatch), deviation: noValue, ours: answer{int64(1), "disabled", "DEFAULT", ""}},
		{feature: "errors", scenario: wrong, flag: "boolean-flag", def: 0.1, want: failed(0.1, mismatch), deviation: noValue, ours: answer{0.1, "disabled", "DEFAULT", ""}},
		{feature: "errors", scenario: wrong, flag: "integer-flag", def: false, want: failed(false, mismatch), deviation: aSwitch, ours: onAnswer},
		{feature: "errors", scenario: wrong, flag: "float-flag", def: false, want: failed(false, mismatch), deviation: aSwitch, ours: onAnswer},
		{feature: "errors", scenario: structured, flag: "object-flag", def: false, want: failed(false, mismatch), deviation: aSwitch, ours: onAnswer},
		{feature: "errors", scenario: structured, flag: "object-flag", def: int64(1), want: failed(int64(1), mismatch)},
		{feature: "errors", scenario: structured, flag: "object-flag", def: 0.1, want: failed(0.1, mismatch)},
		{feature: "errors", scenario: "A float flag is not silently narrowed to an integer", flag: "float-flag", def: int64(1), want: failed(int64(1), mismatch)},
		{feature: "errors", scenario: "An integral float requested as an integer is coerced without loss", flag: "integral-float-flag", def: int64(1), want: value(int64(10))},
		{feature: "errors", scenario: "An integer requested as a float is widened without loss", flag: "integer-flag", def: 0.1, want: value(10.0)},
		{feature: "errors", scenario: text, flag: "boolean-flag", def: "fallback", want: failed("fallback", mismatch), deviation: noValue, ours: answer{"fallback", "disabled", "DEFAULT", ""}},
		{feature: "errors", scenario: text, flag: "integer-flag", def: "fallback", want: failed("fallback", mismatch)},
		{feature: "errors", scenario: "A float flag is not returned as its string representation", flag: "float-flag", def: "fallback", want: failed("fallback", mismatch)},
		{feature: "errors", scenario: "A structured flag is not returned as its JSON text", flag: "object-flag", def: "fallback", want: failed("fallback", mismatch)},
		{feature: "errors", scenario: "An unknown flag key returns the code default", flag: "missing-flag", def: "fallback", want: failed("fallback", missing)},

		{feature: "reason", scenario: static, flag: "boolean-flag", def: false, want: reason("STATIC"), deviation: reasons, ours: onAnswer},
		{feature: "reason", scenario: static, flag: "string-flag", def: "bye", want: reason("STATIC"), deviation: reasons, ours: answer{"hi", "greeting", "SPLIT", ""}},
		{feature: "reason", scenario: static, flag: "integer-flag", def: int64(1), want: reason("STATIC"), deviation: reasons, ours: answer{int64(10), "ten", "SPLIT", ""}},
		{feature: "reason", scenario: static, flag: "float-flag", def: 0.1, want: reason("STATIC"), deviation: reasons, ours: answer{0.5, "half", "SPLIT", ""}},
		{feature: "reason", scenario: "An unknown flag reports an error", flag: "missing-flag", def: "fallback", want: answer{Reason: "ERROR", Code: missing}},
		{feature: "reason", scenario: "A type mismatch reports an error", flag: "boolean-flag", def: "fallback", want: answer{Reason: "ERROR", Code: mismatch}, deviation: noValue, ours: answer{"fallback", "disabled", "DEFAULT", ""}},
		{feature: "reason", scenario: "A matching targeting rule reports a targeting match", flag: "targeting-key-flag", def: "fallback", ec: hit, want: reason("TARGETING_MATCH"), deviation: reasons, ours: answer{"hit", "hit", "SPLIT", ""}},
		{feature: "reason", scenario: "A targeting rule that does not match reports the default", flag: "targeting-key-flag", def: "fallback", ec: another, want: reason("DEFAULT"), deviation: reasons, ours: answer{"miss", "miss", "SPLIT", ""}},
		{feature: "reason", scenario: "A disabled flag reports that it is disabled", flag: "disabled-boolean-flag", def: false, want: reason("DISABLED")},
	}
}
