package unleashflags_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
)

// contractRow is a row of the contract that Unleash holds its own OpenFeature
// providers to (github.com/Unleash/unleash-openfeature-provider-verifier): a flag,
// asked for in this way, must give this value, this variant where one is named,
// and this error. Reasons are not part of it.
type contractRow struct {
	id        string
	flagKey   string
	def       any // its type is the one that is asked for
	context   openfeature.EvaluationContext
	value     any
	variant   string // "": any
	errorCode openfeature.ErrorCode
	// deviation is why ours gives the error instead; the value is the contract's.
	deviation string
	instead   openfeature.ErrorCode
}

func contract() []contractRow {
	user42 := user("user-42")
	return []contractRow{
		{id: "bool-enabled", flagKey: "checkout", def: false, context: user42, value: true},
		{id: "bool-disabled", flagKey: "banner", def: false, value: false},
		{id: "bool-disabled-default-true", flagKey: "banner", def: true, value: false},
		{
			id: "bool-missing-flag", flagKey: "nowhere", def: false, value: false,
			deviation: "a flag that nobody made is an incident when it carries a prompt, and a provider behind ours is asked only after FLAG_NOT_FOUND",
			instead:   openfeature.FlagNotFoundCode,
		},
		{id: "bool-targeting-match", flagKey: "europe", def: false, context: user("user-1", "region", "EU"), value: true},
		{id: "bool-targeting-miss", flagKey: "europe", def: false, context: user("user-1", "region", "US"), value: false},
		{id: "variant-string", flagKey: "greeting", def: "", context: user42, value: "hello-world", variant: "friendly"},
		{id: "variant-string-on-disabled", flagKey: "banner", def: "fallback", value: "fallback"},
		{id: "variant-number", flagKey: "multiplier", def: 1.0, context: user42, value: 1.25, variant: "surge"},
		{id: "number-empty-string-guard", flagKey: "empty-number", def: 7.0, context: user42, value: 7.0, errorCode: openfeature.ParseErrorCode},
		{id: "number-on-string-payload", flagKey: "greeting", def: 0.0, context: user42, value: 0.0, errorCode: openfeature.TypeMismatchCode},
		{id: "variant-json-object", flagKey: "config", def: object{}, context: user42, value: object{"maxItems": 50.0, "express": true}, variant: "rollout"},
		{id: "variant-json-array", flagKey: "array", def: []any{}, context: user42, value: []any{1.0, 2.0, 3.0}, variant: "list"},
		{id: "object-scalar-json-passthrough", flagKey: "scalar", def: object{}, context: user42, value: 42.0, variant: "scalar"},
		{id: "object-on-broken-json", flagKey: "broken", def: object{}, context: user42, value: object{}, errorCode: openfeature.ParseErrorCode},
		{id: "variant-csv-as-string", flagKey: "csv", def: "none", context: user42, value: "a,b,c", variant: "csv"},
	}
}

// integers are the contract's rows for numbers in Go's second number type, in
// the same shape.
func integers() []contractRow {
	user42 := user("user-42")
	return []contractRow{
		{id: "variant-integer", flagKey: "count", def: int64(1), context: user42, value: int64(42), variant: "many"},
		{id: "integer-on-fraction", flagKey: "multiplier", def: int64(1), context: user42, value: int64(1), errorCode: openfeature.TypeMismatchCode},
		{id: "integer-empty-string-guard", flagKey: "empty-number", def: int64(7), context: user42, value: int64(7), errorCode: openfeature.ParseErrorCode},
		{id: "integer-on-string-payload", flagKey: "greeting", def: int64(0), context: user42, value: int64(0), errorCode: openfeature.TypeMismatchCode},
	}
}

func contractFlags() []flagSpec {
	return []flagSpec{
		{name: "checkout", strategies: []object{everybody(0)}},
		{name: "banner", off: true, strategies: []object{everybody(0)}},
		{name: "europe", strategies: []object{only(0, "region", []string{"EU"})}},
		one("greeting", "friendly", "string", "hello-world"),
		one("multiplier", "surge", "number", "1.25"),
		one("count", "many", "number", "42"),
		one("empty-number", "empty", "number", ""),
		one("config", "rollout", "json", `{"maxItems":50,"express":true}`),
		one("array", "list", "json", `[1,2,3]`),
		one("scalar", "scalar", "json", `42`),
		one("broken", "broken", "json", `{"unterminated":`),
		one("csv", "csv", "csv", "a,b,c"),
	}
}

// 15 of the 16 scenarios hold as they stand, the deviation is asserted.
func TestProviderContract(t *testing.T) {
	onAll(t, contractFlags(), func(t *testing.T, b *backend) {
		s := b.serve(t, newBucket(t), nil)
		held := 0
		for _, row := range contract() {
			if s.hold(t, b, row) && row.deviation == "" {
				held++
			}
		}
		if held != 15 {
			t.Errorf("%d of Unleash's 16 scenarios hold as they stand, want 15", held)
		}
		for _, row := range integers() {
			s.hold(t, b, row)
		}
	})
}

// hold runs one scenario and says whether all went as the row says.
func (s *service) hold(t *testing.T, b *backend, row contractRow) bool {
	name := row.id
	if row.deviation != "" {
		name += " (deviation)"
	}
	return t.Run(name, func(t *testing.T) {
		got, d := ask(s.Client, b.prefix+row.flagKey, row.def, row.context)
		code := row.errorCode
		if row.deviation != "" {
			code = row.instead
			if code == row.errorCode {
				t.Errorf("it deviates in nothing: %s", row.deviation)
			}
		}
		if diff := cmp.Diff(row.value, got.Value); diff != "" {
			t.Errorf("value (-want +got)\n%s", diff)
		}
		if row.variant != "" && got.Variant != row.variant {
			t.Errorf("variant %q, want %q", got.Variant, row.variant)
		}
		if got.Code != code || (d.ErrorMessage == "") != (code == "") {
			t.Errorf("error %q %q, want %q", got.Code, d.ErrorMessage, code)
		}
	})
}
