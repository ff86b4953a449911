package unleashflags_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
)

// The draft's features evaluation, errors, reason and metadata: 57 of its 65
// scenarios; 41 hold and 16 deviate.
func TestTCKEvaluation(t *testing.T) {
	onAll(t, tckFlags(), func(t *testing.T, b *backend) {
		s := b.serve(t, newBucket(t), nil)
		held, deviated := 0, 0
		for _, row := range tckRows() {
			if s.tck(t, b.prefix, row) {
				if row.deviation == "" {
					held++
				} else {
					deviated++
				}
			}
		}
		t.Run("metadata/A provider identifies itself by name", func(t *testing.T) {
			if name := s.provider.Metadata().Name; name != "promptflag" {
				t.Errorf("its name is %q", name)
			} else {
				held++
			}
		})
		if held != 41 || deviated != 16 {
			t.Errorf("%d scenarios hold and %d deviate, want 41 and 16", held, deviated)
		}
	})
}

// The same questions put to prompt flags: their values are prompts and their
// refs, their reasons are the standard ones.
func TestTCKPrompts(t *testing.T) {
	bucket := newBucket(t)
	specs := tckPrompts(t, bucket)
	onAll(t, specs, func(t *testing.T, b *backend) {
		s := b.serve(t, bucket, nil)
		asText := func(flag, reason string) answer {
			_, ref := made(t, flag, "the text of "+flag)
			return answer{ref.String(), ref.Version(), openfeature.Reason(reason), ""}
		}
		mismatch := func(def any) answer { return answer{def, "default", "ERROR", openfeature.TypeMismatchCode} }
		rows := []tckRow{
			{scenario: "Resolve values", flag: "prompt", def: "bye", want: asText("prompt", "STATIC")},
			{scenario: "A flag with no targeting rules resolves statically", flag: "prompt", def: "bye", ec: another, want: answer{Reason: "STATIC"}},
			{scenario: "A disabled flag reports that it is disabled", flag: "disabled-prompt", def: "bye", want: answer{Reason: "DISABLED"}},
			{
				scenario: "A disabled flag resolves to the code default", flag: "disabled-prompt", def: "bye", want: answer{Value: "bye"},
				deviation: "OFF is a rollback to stable, unless Options.WhenOff says otherwise", ours: asText("disabled-prompt", "DISABLED"),
			},
			{scenario: "A matching targeting rule reports a targeting match", flag: "targeted-prompt", def: "bye", ec: hit, want: answer{Reason: "TARGETING_MATCH"}},
			{
				scenario: "A targeting rule that does not match reports the default", flag: "targeted-prompt", def: "bye", ec: another, want: answer{Reason: "DEFAULT"},
				deviation: behind, ours: asText("targeted-prompt", "TARGETING_MATCH"),
			},
			{scenario: "A dialled flag reports a split", flag: "dialled-prompt", def: "bye", ec: another, want: answer{Reason: "SPLIT"}},
			{scenario: "Requesting the wrong type returns the code default", flag: "prompt", def: int64(1), want: mismatch(int64(1))},
			{scenario: "Requesting the wrong type returns the code default", flag: "prompt", def: 0.1, want: mismatch(0.1)},
			{
				scenario: "Requesting the wrong type returns the code default", flag: "prompt", def: false, want: mismatch(false),
				deviation: aSwitch, ours: answer{true, "on", "TARGETING_MATCH", ""},
			},
			{scenario: "An unknown flag key returns the code default", flag: "missing-prompt", def: object{}, want: answer{object{}, "default", "ERROR", openfeature.FlagNotFoundCode}},
		}
		for _, row := range rows {
			s.tck(t, b.prefix, row)
		}
		t.Run("Resolve a structured value", func(t *testing.T) {
			got, _ := ask(s.Client, b.prefix+"prompt", nil, another)
			got.Value = fmt.Sprint(got.Value)
			if diff := cmp.Diff(asText("prompt", "STATIC"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	})
}

// tck runs one row and says whether all went as it says.
func (s *service) tck(t *testing.T, prefix string, row tckRow) bool {
	name := fmt.Sprintf("%s (%s as %s)", row.scenario, row.flag, kind(row.def))
	if row.feature != "" {
		name = row.feature + "/" + name
	}
	if row.deviation != "" {
		name += " (deviation)"
	}
	return t.Run(name, func(t *testing.T) {
		got, d := ask(s.Client, prefix+row.flag, row.def, row.ec)
		if (d.ErrorMessage == "") != (got.Code == "") {
			t.Errorf("error %q with the message %q", got.Code, d.ErrorMessage)
		}
		asked := row.want
		if asked.Value == nil {
			asked.Value = got.Value
		}
		if asked.Variant == "" {
			asked.Variant = got.Variant
		}
		if asked.Reason == "" {
			asked.Reason = got.Reason
		}
		diff := cmp.Diff(asked, got)
		switch {
		case row.deviation == "" && diff != "":
			t.Errorf("(-want +got)\n%s", diff)
		case row.deviation != "" && diff == "":
			t.Errorf("it holds: take the deviation out: %s", row.deviation)
		case row.deviation != "":
			if diff := cmp.Diff(row.ours, got); diff != "" {
				t.Errorf("not the deviation that is written down (-want +got)\n%s", diff)
			}
		}
	})
}
