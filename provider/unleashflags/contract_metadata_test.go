package unleashflags_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// documented returns the keys of flag metadata and their types, from the table
// in the package comment of provider.
func documented(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "// # Flag metadata\n")
	text, _, more := strings.Cut(text, "// # ")
	keys := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t(\w+)\s+(\w+)`).FindAllStringSubmatch(text, -1) {
		keys[m[1]] = m[2]
	}
	if !ok || !more || len(keys) == 0 {
		t.Fatal("the package comment of provider has no table of flag metadata")
	}
	return keys
}

// agreed returns the keys that others read, from the contract of names.
func agreed(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../internal/contract/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var names struct{ Metadata []string }
	if err := json.Unmarshal(b, &names); err != nil {
		t.Fatal(err)
	}
	if len(names.Metadata) == 0 {
		t.Fatal("metrics.json has no list metadata")
	}
	return names.Metadata
}

// The keys of real answers in every situation are those of the table, each with
// its type, and those that others rely on are with every prompt.
func TestMetadataKeys(t *testing.T) {
	table, shared := documented(t), agreed(t)
	const name, version, role, requested, pinned, age, set, enabled, payload = "promptName", "promptVersion", "promptRole", "promptRequested", "promptPinned", "promptFeedAgeSeconds", "flagSetId", "featureEnabled", "payloadType"
	prompt := []string{name, version, age, set}
	with := func(keys ...string) []string { return append(slices.Clone(prompt), keys...) }
	candidate, tenant := user("user-3"), user("user-0", "tenantId", "acme")
	_, other := artifact(t, "support.reply.2")
	_, unknown := made(t, "support.reply", "nobody has published this")

	all := map[string]bool{}
	for _, tt := range []struct {
		name    string
		options provider.Options
		refuse  []string // artifacts that cannot be loaded
		edit    func(d *flagsDir)
		until   openfeature.Reason // of the object, after edit
		flag    string
		def     any
		ec      openfeature.EvaluationContext
		pin     *prompts.Ref
		want    []string
	}{
		{name: "stable", flag: "support.reply", want: with(role)},
		{name: "its ref", flag: "support.reply", def: "", want: with(role)},
		{name: "candidate", flag: "support.triage", ec: candidate, want: with(role)},
		{name: "a strategy that is not ours", flag: "support.triage", ec: tenant, want: with()},
		{name: "OFF", flag: "support.greet", want: with(role, enabled)},
		{name: "OFF, the caller's default", options: provider.Options{WhenOff: provider.Default}, flag: "support.greet", want: []string{set, enabled}},
		{name: "structure", options: provider.Options{Structure: true}, flag: "support.reply", want: with(role)},
		{name: "not loadable", refuse: []string{"support.triage.2"}, flag: "support.triage", ec: candidate, want: with(role, requested)},
		{name: "nothing loadable", refuse: []string{"support.reply.1"}, flag: "support.reply", want: []string{set}},
		{name: "not selected", options: provider.Options{Prompts: []string{"support.t*"}}, flag: "support.reply", want: []string{set}},
		{name: "feed too old", options: provider.Options{MaxFeedAge: 1}, flag: "support.triage", ec: candidate, want: with(role, requested)},
		{
			name: "vanished", edit: func(d *flagsDir) { d.edit("support.reply", func(f object) { f["archived"] = true }) }, until: "STALE",
			flag: "support.reply", want: with(role),
		},
		{
			name: "stable not loadable any more", refuse: []string{"support.reply.2"}, until: "STALE", flag: "support.reply", want: with(role, requested),
			edit: func(d *flagsDir) {
				d.edit("support.reply", func(f object) { setRef(strategy(f, "stable"), other.String()) })
			},
		},
		{name: "pinned", flag: "support.reply", pin: &other, want: with(pinned)},
		{name: "pinned, not in memory", flag: "support.reply", pin: &unknown, want: with(role, requested)},
		{name: "a pin of another prompt", flag: "support.triage", ec: candidate, pin: &unknown, want: with(role)},
		{name: "the switch of a prompt flag", flag: "support.reply", def: false, want: []string{set, enabled}},
		{name: "a number of a prompt flag", flag: "support.reply", def: 0.5, want: []string{set}},
		{name: "a plain flag", flag: "checkout.banner", ec: candidate, want: []string{set, enabled, payload}},
		{name: "a plain flag of another type", flag: "checkout.banner", def: "", ec: candidate, want: []string{set, enabled, payload}},
		{name: "a plain switch", flag: "checkout.beta", def: false, ec: tenant, want: []string{set, enabled}},
		{name: "a plain flag without variants", flag: "checkout.beta", def: int64(1), ec: tenant, want: []string{set, enabled}},
		{name: "a plain flag that is not on", flag: "checkout.beta", want: []string{set, enabled}},
		{name: "missing", flag: "checkout.nothing", want: []string{set}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, g := newFlags(t, "production"), newGate(newBucket(t))
			for _, key := range tt.refuse {
				_, r := artifact(t, key)
				g.set(r.Digest, true)
			}
			s := serve(t, d.options(), g, &tt.options)
			if tt.edit != nil {
				tt.edit(d)
				eventually(t, "the edit", func() bool { a, _ := s.object(tt.flag, tt.ec); return a.Reason == tt.until })
			}
			ctx := context.Background()
			if tt.pin != nil {
				ctx = provider.WithPin(ctx, *tt.pin)
				if tt.pin == &other {
					if _, err := s.provider.Resolve(ctx, other); err != nil {
						t.Fatal(err)
					}
				}
			}
			meta := s.metadata(ctx, tt.flag, tt.def, tt.ec)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(meta))); diff != "" {
				t.Errorf("keys (-want +got)\n%s", diff)
			}
			checkMetadata(t, table, meta)
			for key := range meta {
				all[key] = true
			}
			for _, key := range shared {
				if _, ok := meta[key]; !ok && slices.Contains(tt.want, name) && key != role {
					t.Errorf("%s, which others rely on, is not with a prompt", key)
				}
			}
		})
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(table)), slices.Sorted(maps.Keys(all))); diff != "" {
		t.Errorf("keys of the table and of all answers (-table +answers)\n%s", diff)
	}
	for _, key := range shared {
		if table[key] != "string" {
			t.Errorf("metrics.json: %s is not a string of the table, but %q", key, table[key])
		}
	}
}

func (s *service) metadata(ctx context.Context, flag string, def any, ec openfeature.EvaluationContext) openfeature.FlagMetadata {
	switch def := def.(type) {
	case bool:
		d, _ := s.BooleanValueDetails(ctx, flag, def, ec)
		return d.FlagMetadata
	case string:
		d, _ := s.StringValueDetails(ctx, flag, def, ec)
		return d.FlagMetadata
	case float64:
		d, _ := s.FloatValueDetails(ctx, flag, def, ec)
		return d.FlagMetadata
	case int64:
		d, _ := s.IntValueDetails(ctx, flag, def, ec)
		return d.FlagMetadata
	}
	d, _ := s.ObjectValueDetails(ctx, flag, def, ec)
	return d.FlagMetadata
}

// checkMetadata checks types and forms of values.
func checkMetadata(t *testing.T, table map[string]string, meta openfeature.FlagMetadata) {
	t.Helper()
	forms := map[string]string{
		"promptName": `[a-z.]+`, "promptVersion": `sha256:[0-9a-f]{64}`, "promptRole": `stable|candidate`, "promptRequested": `[a-z.]+@sha256:[0-9a-f]{64}`,
		"promptPinned": `true`, "promptFeedAgeSeconds": `[0-9]+`, "flagSetId": `default/production`, "featureEnabled": `true|false`, "payloadType": `json`,
	}
	for key, value := range meta {
		if kind := fmt.Sprintf("%T", value); kind != table[key] {
			t.Errorf("%s is a %s, the table says %q", key, kind, table[key])
		}
		if !regexp.MustCompile(`^(` + forms[key] + `)$`).MatchString(fmt.Sprint(value)) {
			t.Errorf("%s = %q, want %s", key, value, forms[key])
		}
	}
}

// What nobody knows is not there: before the first feed, and after Shutdown.
func TestMetadataWithoutFlags(t *testing.T) {
	d := newFlags(t, "production")
	if err := os.Remove(d.path()); err != nil {
		t.Fatal(err)
	}
	source, err := unleashflags.New(d.options())
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, provider.New(source, newBucket(t), &provider.Options{NoCache: true}))
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err == nil {
		t.Fatal("SetProviderAndWait succeeded")
	}
	for _, def := range []any{false, "", 0.5, int64(1), nil} {
		if meta := s.metadata(context.Background(), "support.reply", def, nobody); len(meta) != 0 {
			t.Errorf("metadata of a %T before the first feed = %v", def, meta)
		}
	}
	s.provider.Shutdown()
	if meta := s.provider.ObjectEvaluation(context.Background(), "support.reply", nil, nil).FlagMetadata; len(meta) != 0 {
		t.Errorf("metadata after Shutdown = %v", meta)
	}
}
