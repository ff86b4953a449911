package unleashflags_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider/unleashflags"
)

// The scenarios of Unleash's own provider contract, by their names. 15 hold as
// they stand; bool-missing-flag is FLAG_NOT_FOUND here.
func TestUnleashContract(t *testing.T) {
	variant := func(name, typ, payload string) string {
		return fmt.Sprintf(`{"name":%q,"enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100","stickiness":"default","groupId":%q},"variants":[{"name":"v1","weight":1000,"stickiness":"default","payload":{"type":%q,"value":%q}}]}]}`, name, name, typ, payload)
	}
	feed := `{"version":2,"features":[` + strings.Join([]string{
		`{"name":"on","enabled":true,"strategies":[{"name":"default"}]}`,
		`{"name":"off","enabled":false,"strategies":[{"name":"default"}]}`,
		`{"name":"targeted","enabled":true,"strategies":[{"name":"default","constraints":[{"contextName":"userId","operator":"IN","values":["anna"]}]}]}`,
		variant("string", "string", "hello"),
		strings.Replace(variant("string-off", "string", "hello"), `"enabled":true`, `"enabled":false`, 1),
		variant("number", "number", "42.5"),
		variant("integer", "number", "42"),
		variant("number-empty", "number", ""),
		variant("number-nan", "number", "many"),
		variant("object", "json", `{"a":1}`),
		variant("array", "json", `[1,2]`),
		variant("scalar", "json", `7`),
		variant("broken", "json", `{"a":`),
		variant("csv", "csv", "a,b"),
		variant("disabled-by-name", "string", "hello"),
		`{"name":"no-payload","enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"100","groupId":"x"},"variants":[{"name":"v1","weight":1000}]}]}`,
		`{"name":"no-variant","enabled":true,"strategies":[{"name":"default"}]}`,
		`{"name":"legacy","enabled":true,"strategies":[{"name":"default"}],"variants":[{"name":"v1","weight":1000,"payload":{"type":"string","value":"hello"}}]}`,
	}, ",") + `]}`
	feed = strings.Replace(feed, `"groupId":"disabled-by-name"},"variants":[{"name":"v1"`, `"groupId":"disabled-by-name"},"variants":[{"name":"disabled"`, 1)
	f := newFakeServer(t, feed)

	type want struct {
		Value   any
		Variant string
		Reason  openfeature.Reason
		Code    openfeature.ErrorCode
	}
	tests := []struct {
		name, flag string
		def        any
		user       string
		want       want
	}{
		{"bool-enabled", "on", false, "u", want{true, "on", "TARGETING_MATCH", ""}},
		{"bool-disabled", "off", false, "u", want{false, "off", "DISABLED", ""}},
		{"bool-disabled-default-true", "off", true, "u", want{false, "off", "DISABLED", ""}},
		{"bool-missing-flag (deviation)", "missing", true, "u", want{true, "default", "ERROR", "FLAG_NOT_FOUND"}},
		{"bool-targeting-match", "targeted", false, "anna", want{true, "on", "TARGETING_MATCH", ""}},
		{"bool-targeting-miss", "targeted", true, "bob", want{false, "off", "DISABLED", ""}},
		{"variant-string", "string", "d", "u", want{"hello", "v1", "SPLIT", ""}},
		{"variant-string-on-disabled", "string-off", "d", "u", want{"d", "disabled", "DISABLED", ""}},
		{"variant-number", "number", 1.0, "u", want{42.5, "v1", "SPLIT", ""}},
		{"number-empty-string-guard", "number-empty", 1.0, "u", want{1.0, "v1", "ERROR", "PARSE_ERROR"}},
		{"number-on-string-payload", "string", 1.0, "u", want{1.0, "v1", "ERROR", "TYPE_MISMATCH"}},
		{"variant-json-object", "object", object{}, "u", want{object{"a": 1.0}, "v1", "SPLIT", ""}},
		{"variant-json-array", "array", object{}, "u", want{[]any{1.0, 2.0}, "v1", "SPLIT", ""}},
		{"object-scalar-json-passthrough", "scalar", object{}, "u", want{7.0, "v1", "SPLIT", ""}},
		{"object-on-broken-json", "broken", object{}, "u", want{object{}, "v1", "ERROR", "PARSE_ERROR"}},
		{"variant-csv-as-string", "csv", "d", "u", want{"a,b", "v1", "SPLIT", ""}},
		// not in the contract
		{"integer", "integer", int64(1), "u", want{int64(42), "v1", "SPLIT", ""}},
		{"integer-empty", "number-empty", int64(1), "u", want{int64(1), "v1", "ERROR", "PARSE_ERROR"}},
		{"integer-with-fraction", "number", int64(1), "u", want{int64(1), "v1", "ERROR", "TYPE_MISMATCH"}},
		{"number-nan", "number-nan", 1.0, "u", want{1.0, "v1", "ERROR", "TYPE_MISMATCH"}},
		{"object-on-string", "string", object{}, "u", want{object{}, "v1", "ERROR", "TYPE_MISMATCH"}},
		{"string-on-json", "object", "d", "u", want{"d", "v1", "ERROR", "TYPE_MISMATCH"}},
		{"a variant that is named disabled", "disabled-by-name", "d", "u", want{"hello", "disabled", "SPLIT", ""}},
		{"variant without payload", "no-payload", "d", "u", want{"d", "v1", "DEFAULT", ""}},
		{"no variant", "no-variant", "d", "u", want{"d", "disabled", "DEFAULT", ""}},
		{"variants of the flag", "legacy", "d", "u", want{"hello", "v1", "SPLIT", ""}},
		{"missing", "missing", "d", "u", want{"d", "default", "ERROR", "FLAG_NOT_FOUND"}},
	}
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		o := f.options()
		o.Engine = engine
		s := serve(t, o, newBucket(t), nil)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				ctx, ec := context.Background(), user(tt.user)
				var got want
				switch def := tt.def.(type) {
				case bool:
					d, _ := s.BooleanValueDetails(ctx, tt.flag, def, ec)
					got = want{d.Value, d.Variant, d.Reason, d.ErrorCode}
				case string:
					d, _ := s.StringValueDetails(ctx, tt.flag, def, ec)
					got = want{d.Value, d.Variant, d.Reason, d.ErrorCode}
				case float64:
					d, _ := s.FloatValueDetails(ctx, tt.flag, def, ec)
					got = want{d.Value, d.Variant, d.Reason, d.ErrorCode}
				case int64:
					d, _ := s.IntValueDetails(ctx, tt.flag, def, ec)
					got = want{d.Value, d.Variant, d.Reason, d.ErrorCode}
				default:
					d, _ := s.ObjectValueDetails(ctx, tt.flag, def, ec)
					got = want{d.Value, d.Variant, d.Reason, d.ErrorCode}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	})
}
