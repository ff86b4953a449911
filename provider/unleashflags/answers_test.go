package unleashflags_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/twmb/murmur3"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// The rows of the table in the package comment of provider that need no fault.
func TestAnswers(t *testing.T) {
	none := openfeature.EvaluationContext{}
	inside, outside := "user-3", "user-0" // of the 10 % of support.triage
	if bucketOf("support.triage", inside) > 10 || bucketOf("support.triage", outside) <= 10 {
		t.Fatal("pick other users")
	}
	tests := []struct {
		name, flag string
		ec         openfeature.EvaluationContext
		options    *provider.Options
		edit       func(d *flagsDir)
		want       got
		meta       openfeature.FlagMetadata // without age and set
	}{
		{
			name: "candidate, partial", flag: "support.triage", ec: user(inside),
			want: got{ref(t, "support.triage.2"), version(t, "support.triage.2"), "SPLIT", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.triage", "promptVersion": digest(t, "support.triage.2"), "promptRole": "candidate"},
		},
		{
			name: "stable behind a partial candidate", flag: "support.triage", ec: user(outside),
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "SPLIT", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.triage", "promptVersion": digest(t, "support.triage.1"), "promptRole": "stable"},
		},
		{
			name: "a caller without an id gets stable", flag: "support.triage", ec: none,
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "SPLIT", ""},
		},
		{
			name: "a person's strategy", flag: "support.triage", ec: user(outside, "tenantId", "acme"),
			want: got{ref(t, "support.triage.3"), version(t, "support.triage.3"), "TARGETING_MATCH", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.triage", "promptVersion": digest(t, "support.triage.3")},
		},
		{
			name: "targeting key wins over userId", flag: "support.triage", ec: user(outside, "userId", inside),
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "SPLIT", ""},
		},
		{
			name: "userId alone", flag: "support.triage", ec: user("", "userId", inside),
			want: got{ref(t, "support.triage.2"), version(t, "support.triage.2"), "SPLIT", ""},
		},
		{
			name: "a killed candidate leaves nothing but stable", flag: "support.reply", ec: user(inside),
			want: got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STATIC", ""},
		},
		{
			name: "environment OFF", flag: "support.greet", ec: user(inside),
			want: got{ref(t, "support.greet.1"), version(t, "support.greet.1"), "DISABLED", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.greet", "promptVersion": digest(t, "support.greet.1"), "promptRole": "stable", "featureEnabled": false},
		},
		{
			name: "environment OFF means the caller's default", flag: "support.greet", ec: user(inside),
			options: &provider.Options{WhenOff: provider.Default},
			want:    got{"default", "default", "DISABLED", ""},
		},
		{
			name: "promoted: candidate at 100 %", flag: "support.greet", ec: user(outside),
			edit: func(d *flagsDir) { d.edit("support.greet", func(f object) { f["enabled"] = true }) },
			want: got{ref(t, "support.greet.2"), version(t, "support.greet.2"), "STATIC", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.greet", "promptVersion": digest(t, "support.greet.2"), "promptRole": "candidate"},
		},
		{
			name: "parent not satisfied", flag: "support.triage", ec: user(inside),
			edit: func(d *flagsDir) { d.edit("support.triage", dependsOn("checkout.beta")) },
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "DISABLED", ""},
		},
		{
			name: "parent satisfied", flag: "support.triage", ec: user(inside, "tenantId", "globex"),
			edit: func(d *flagsDir) { d.edit("support.triage", dependsOn("checkout.beta")) },
			want: got{ref(t, "support.triage.2"), version(t, "support.triage.2"), "SPLIT", ""},
		},
		{
			name: "parent missing", flag: "support.triage", ec: user(inside),
			edit: func(d *flagsDir) { d.edit("support.triage", dependsOn("nobody")) },
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "DISABLED", ""},
		},
		{
			name: "parent satisfied, nothing matched", flag: "support.triage", ec: user(inside, "tenantId", "globex"),
			edit: func(d *flagsDir) {
				d.edit("support.triage", func(f object) { dependsOn("checkout.beta")(f); matchNobody(f) })
			},
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "DEFAULT", ""},
		},
		{
			name: "nothing matched", flag: "support.triage", ec: user(inside),
			edit: func(d *flagsDir) { d.edit("support.triage", matchNobody) },
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "DEFAULT", ""},
		},
		{
			name: "matched without a variant", flag: "support.triage", ec: user(inside),
			edit: func(d *flagsDir) {
				d.edit("support.triage", func(f object) { strategy(f, "candidate")["variants"] = []any{} })
			},
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "DEFAULT", ""},
		},
		{
			name: "the same ref in both roles is told apart", flag: "support.triage", ec: user(inside),
			edit: func(d *flagsDir) {
				d.edit("support.triage", func(f object) { setRef(strategy(f, "candidate"), ref(t, "support.triage.1")) })
			},
			want: got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "SPLIT", ""},
			meta: openfeature.FlagMetadata{"promptName": "support.triage", "promptVersion": digest(t, "support.triage.1"), "promptRole": "candidate"},
		},
		{
			name: "unresolvable segment matches nobody", flag: "support.reply", ec: user(inside),
			edit: func(d *flagsDir) {
				d.edit("support.triage", func(f object) { strategy(f, "candidate")["segments"] = []any{float64(7)} })
			},
			want: got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STATIC", ""},
		},
		{
			name: "unknown flag", flag: "support.nobody", ec: user(inside),
			want: got{"default", "default", "ERROR", "FLAG_NOT_FOUND"},
		},
		{
			name: "archived flag", flag: "support.retired", ec: user(inside),
			want: got{"default", "default", "ERROR", "FLAG_NOT_FOUND"},
		},
		{
			name: "left out by Options.Prompts", flag: "support.triage", ec: user(inside),
			options: &provider.Options{Prompts: []string{"support.r*"}},
			want:    got{"default", "default", "ERROR", "GENERAL"},
		},
		{
			name: "named by Options.Prompts", flag: "support.reply", ec: user(inside),
			options: &provider.Options{Prompts: []string{"support.r*"}},
			want:    got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STATIC", ""},
		},
		{
			name: "without the prefix", flag: "support.reply", ec: user(inside),
			options: &provider.Options{FlagPrefix: "prompt."},
			want:    got{"default", "default", "ERROR", "GENERAL"},
		},
		{
			name: "with the prefix", flag: "prompt.support.reply", ec: user(inside),
			options: &provider.Options{FlagPrefix: "prompt.", Prompts: []string{"support.r*"}},
			edit:    func(d *flagsDir) { d.edit("support.reply", func(f object) { f["name"] = "prompt.support.reply" }) },
			want:    got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STATIC", ""},
			meta:    openfeature.FlagMetadata{"promptName": "support.reply", "promptVersion": digest(t, "support.reply.1"), "promptRole": "stable"},
		},
		{
			name: "plain flag", flag: "checkout.banner", ec: user("user-1"),
			want: got{"map[theme:dark]", "dark", "SPLIT", ""},
		},
	}
	bucket := newBucket(t)
	onEngines(t, func(t *testing.T, engine unleashflags.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				d := newFlags(t, "production")
				if tt.edit != nil {
					tt.edit(d)
				}
				o := d.options()
				o.Engine = engine
				answer, meta := serve(t, o, bucket, tt.options).object(tt.flag, tt.ec)
				if diff := cmp.Diff(tt.want, answer); diff != "" {
					t.Errorf("%s (-want +got)\n%s", tt.flag, diff)
				}
				if got, want := meta["flagSetId"], "default/production"; got != want {
					t.Errorf("flagSetId = %v, want %q", got, want)
				}
				if tt.meta != nil {
					tt.meta["flagSetId"], tt.meta["promptFeedAgeSeconds"] = "default/production", int64(0)
					if diff := cmp.Diff(tt.meta, meta); diff != "" {
						t.Errorf("metadata (-want +got)\n%s", diff)
					}
				}
			})
		}
	})
}

func digest(t *testing.T, key string) string { _, r := artifact(t, key); return string(r.Digest) }

func dependsOn(parent string) func(object) {
	return func(f object) { f["dependencies"] = []any{object{"feature": parent, "enabled": true}} }
}

func matchNobody(f object) {
	for _, role := range []string{"candidate", "stable", ""} {
		setRollout(strategy(f, role), "0")
	}
}

// Exact counts: the same as Unleash's published hash gives, independent of our code and of the client's.
func TestSplit(t *testing.T) { onEngines(t, testSplit) }

func testSplit(t *testing.T, engine unleashflags.Engine) {
	d := newFlags(t, "production")
	o := d.options()
	o.Engine = engine
	s := serve(t, o, newBucket(t), nil)
	candidate, stable := version(t, "support.triage.2"), version(t, "support.triage.1")
	before := map[string]bool{}
	for _, step := range []struct{ percent, want int }{{10, 96}, {25, 0}, {50, 0}, {100, 1000}} {
		d.edit("support.triage", func(f object) { setRollout(strategy(f, "candidate"), fmt.Sprint(step.percent)) })
		want := 0
		for i := range 1000 {
			if bucketOf("support.triage", fmt.Sprintf("user-%d", i)) <= uint32(step.percent) {
				want++
			}
		}
		if step.want != 0 && want != step.want {
			t.Errorf("%d %%: the formula gives %d of 1,000 users, want %d", step.percent, want, step.want)
		}
		var split map[string]int
		eventually(t, fmt.Sprintf("%d candidates at %d %%", want, step.percent), func() bool {
			split = s.split("support.triage", 1000)
			return split[candidate] == want
		})
		if split[candidate]+split[stable] != 1000 {
			t.Errorf("%d %%: split = %v", step.percent, split)
		}
		now := map[string]bool{}
		for i := range 1000 {
			id := fmt.Sprintf("user-%d", i)
			if a, _ := s.object("support.triage", user(id)); a.Variant == candidate {
				now[id] = true
			}
		}
		for id := range before {
			if !now[id] {
				t.Errorf("%d %%: %s lost the candidate", step.percent, id)
			}
		}
		before = now
	}
}

// bucketOf is murmur3("group:id") mod 100 + 1.
func bucketOf(group, id string) uint32 {
	return murmur3.Sum32([]byte(group+":"+id))%100 + 1
}

func TestOtherTypesOfPromptFlag(t *testing.T) {
	s := serve(t, newFlags(t, "production").options(), newBucket(t), nil)
	ctx, ec := context.Background(), user("user-0")

	if d, err := s.StringValueDetails(ctx, "support.triage", "x", ec); err != nil || d.Value != ref(t, "support.triage.1") || d.Variant != version(t, "support.triage.1") {
		t.Errorf("StringValueDetails = %v, %v", d, err)
	}
	for flag, want := range map[string]bool{"support.triage": true, "support.greet": false} {
		if d, err := s.BooleanValueDetails(ctx, flag, !want, ec); err != nil || d.Value != want {
			t.Errorf("BooleanValueDetails(%s) = %v, %v", flag, d, err)
		}
	}
	if d, _ := s.FloatValueDetails(ctx, "support.triage", 1.5, ec); d.Value != 1.5 || d.ErrorCode != openfeature.TypeMismatchCode {
		t.Errorf("FloatValueDetails = %v", d)
	}
	if d, _ := s.IntValueDetails(ctx, "support.triage", 7, ec); d.Value != 7 || d.ErrorCode != openfeature.TypeMismatchCode {
		t.Errorf("IntValueDetails = %v", d)
	}
}

func TestObjectForms(t *testing.T) {
	d, bucket := newFlags(t, "production"), newBucket(t)
	typed, structured := serve(t, d.options(), bucket, nil), serve(t, d.options(), bucket, &provider.Options{Structure: true})
	ctx, ec := context.Background(), user("user-0")

	a, _ := typed.ObjectValue(ctx, "support.triage", nil, ec)
	b, _ := typed.ObjectValue(ctx, "support.triage", nil, ec)
	if p, ok := a.(*prompts.Prompt); !ok || a != b || p.Model() != "gpt-4o-mini" {
		t.Errorf("ObjectValue = %T %v, then %v: want the same *prompts.Prompt", a, a, b)
	}
	m, _ := structured.ObjectValue(ctx, "support.triage", nil, ec)
	m.(object)["model"] = "spoiled"
	n, _ := structured.ObjectValue(ctx, "support.triage", nil, ec)
	if n.(object)["model"] != "gpt-4o-mini" {
		t.Errorf("a caller's change of its map is seen by others: %v", n)
	}
	for _, v := range []any{a, n} {
		p, err := prompts.From(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Ref().String(); got != ref(t, "support.triage.1") {
			t.Errorf("From(%T) = %s", v, got)
		}
	}
}
