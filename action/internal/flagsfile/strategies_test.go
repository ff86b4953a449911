package flagsfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

const flag = "support.triage"

var (
	refA = flag + "@sha256:" + strings.Repeat("a", 64)
	refB = flag + "@sha256:" + strings.Repeat("b", 64)
)

// newFlag returns a document with one flag, OFF and empty.
func newFlag(t *testing.T) *File {
	t.Helper()
	f := newFile(t, t.TempDir())
	if err := f.Create(t.Context(), flags.New{Name: flag, Prompt: flag, Description: "Sorts tickets."}); err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, f *File) flags.Flag {
	t.Helper()
	got, err := f.Read(t.Context(), flag)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func add(t *testing.T, f *File, s flags.Strategy) string {
	t.Helper()
	id, err := f.Add(t.Context(), flag, s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stable() flags.Strategy {
	return flags.Build(flags.Stable, flag, flags.ID(flag, "production", "0123456789ab", "1"), refA, "aaaaaaaaaaaa", "first", 100, "userId")
}

func candidate() flags.Strategy {
	return flags.Build(flags.Candidate, flag, flags.ID(flag, "production", "0123456789ab", "2"), refB, "bbbbbbbbbbbb", "second", 5, "userId")
}

func TestCreateAndAdd(t *testing.T) {
	f := newFlag(t)
	want := flags.Flag{
		Name: flag, Type: "kill-switch", Project: "default",
		Tags: []flags.Tag{{Type: "promptflag", Value: flag}}, Strategies: []flags.Strategy{},
	}
	if diff := cmp.Diff(want, read(t, f)); diff != "" {
		t.Errorf("created flag (-want +got):\n%s", diff)
	}
	s, c := stable(), candidate()
	c.Constraints = []json.RawMessage{json.RawMessage(`{"contextName":"tenantId"}`)}
	s.ID = add(t, f, s)
	c.ID = add(t, f, c)
	if s.ID >= c.ID {
		t.Errorf("ids %s, %s: the younger one must be higher", s.ID, c.ID)
	}
	s.Constraints, s.Segments = []json.RawMessage{}, []int{}
	c.Segments = []int{}
	want.Strategies = []flags.Strategy{c, s}
	got := read(t, f)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with strategies (-want +got):\n%s", diff)
	}
	all, err := f.Export(t.Context())
	if diff := cmp.Diff(map[string]flags.Flag{flag: want}, all); diff != "" || err != nil {
		t.Errorf("Export: %v (-want +got):\n%s", err, diff)
	}
	roles := flags.Recognise(got, flag, "production")
	if roles.Stable == nil || roles.Candidate == nil || len(roles.Foreign)+len(roles.People) != 0 {
		t.Errorf("Recognise = %+v, want stable and candidate only", roles)
	}
}

// TestAddFillsIn: what Unleash 7.6 makes of a strategy at its bare minimum.
func TestAddFillsIn(t *testing.T) {
	f := newFlag(t)
	add(t, f, flags.Strategy{Name: flags.StrategyName, Variants: []flags.Variant{
		{Name: "c", Weight: 7}, {Name: "a"}, {Name: "fixed", Weight: 100, WeightType: "fix"}, {Name: "b", Stickiness: "userId"}, {Name: "d"}, {Name: "e"}, {Name: "f"}, {Name: "g"},
	}})
	add(t, f, flags.Strategy{Name: "default"})
	got := read(t, f).Strategies
	want := map[string]string{"rollout": "100", "stickiness": "default", "groupId": flag}
	if diff := cmp.Diff(want, got[0].Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	var variants []string
	for _, v := range got[0].Variants {
		variants = append(variants, fmt.Sprint(v.Name, " ", v.Weight, " ", v.WeightType, " ", v.Stickiness))
	}
	wantVariants := []string{
		"a 129 variable default", "b 129 variable userId", "c 129 variable default", "d 129 variable default",
		"e 128 variable default", "f 128 variable default", "fixed 100 fix default", "g 128 variable default",
	}
	if diff := cmp.Diff(wantVariants, variants); diff != "" {
		t.Errorf("variants (-want +got):\n%s", diff)
	}
	if len(got[1].Parameters) != 0 {
		t.Errorf("parameters of another strategy type = %v, want none", got[1].Parameters)
	}
}

func TestAddRefuses(t *testing.T) {
	f := newFlag(t)
	one := func(v ...flags.Variant) flags.Strategy {
		return flags.Strategy{Name: flags.StrategyName, Variants: v}
	}
	for want, s := range map[string]flags.Strategy{
		"without a type":          {},
		`variant "a/b": not a na`: one(flags.Variant{Name: "a/b"}),
		"a is there twice":        one(flags.Variant{Name: "a"}, flags.Variant{Name: "a"}),
		"weight 1001":             one(flags.Variant{Name: "a", Weight: 1001}),
		`weight type "x"`:         one(flags.Variant{Name: "a", WeightType: "x"}),
		"a variable weight":       one(flags.Variant{Name: "a", WeightType: "fix"}),
		"are 1001 together":       one(flags.Variant{Name: "a"}, flags.Variant{Name: "b", Weight: 1000, WeightType: "fix"}, flags.Variant{Name: "c", Weight: 1, WeightType: "fix"}),
	} {
		if id, err := f.Add(t.Context(), flag, s); id != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Add = %q, %v; want an error with %q", id, err, want)
		}
	}
	full := &feature{Name: flag, Strategies: make([]*strategy, maxStrategies)}
	if _, err := f.add(&document{}, full, stable()); err == nil || !strings.Contains(err.Error(), "30 strategies") {
		t.Errorf("add: error %v, want the limit", err)
	}
}

// TestSwitch: when the environment of a flag goes ON and OFF by itself.
func TestSwitch(t *testing.T) {
	f := newFlag(t)
	ctx := t.Context()
	on := func(when string, want bool) {
		t.Helper()
		if got := read(t, f).Enabled; got != want {
			t.Errorf("enabled after %s = %v, want %v", when, got, want)
		}
	}
	disable := func(id string, yes bool) {
		t.Helper()
		must(t, f.Patch(ctx, flag, id, flags.Patch{Disabled: &yes}))
	}
	s, c := add(t, f, stable()), add(t, f, candidate())
	on("adding strategies", false)
	must(t, f.Switch(ctx, flag, true))
	on("switching on", true)
	if n := len(read(t, f).Strategies); n != 2 {
		t.Errorf("%d strategies after switching on, want 2", n)
	}
	disable(c, true)
	on("disabling one of two", true)
	disable(s, true)
	on("disabling the last", false)
	disable(s, false)
	on("enabling a strategy", false)
	must(t, f.Switch(ctx, flag, true))
	must(t, f.Delete(ctx, flag, s))
	on("deleting the last enabled one", false)

	// Only the disabled candidate is left: ON adds a strategy behind it.
	must(t, f.Switch(ctx, flag, true))
	on("switching on without an enabled strategy", true)
	got := read(t, f).Strategies
	want := flags.Strategy{
		ID: got[1].ID, Name: flags.StrategyName, SortOrder: flags.CandidateOrder + 1,
		Constraints: []json.RawMessage{}, Segments: []int{}, Variants: []flags.Variant{},
		Parameters: map[string]string{"rollout": "100", "stickiness": "default", "groupId": flag},
	}
	if diff := cmp.Diff(want, got[1]); diff != "" || len(got) != 2 {
		t.Errorf("%d strategies, the second (-want +got):\n%s", len(got), diff)
	}
	must(t, f.Switch(ctx, flag, false))
	on("switching off", false)
}

func TestPatch(t *testing.T) {
	f := newFlag(t)
	ctx := t.Context()
	c := add(t, f, candidate())
	for name, p := range map[string]struct {
		patch flags.Patch
		want  func(*flags.Strategy)
	}{
		"rollout":    {flags.Patch{Rollout: ptr(50), Expect: refB}, func(s *flags.Strategy) { s.Parameters["rollout"] = "50" }},
		"title":      {flags.Patch{Title: ptr("new")}, func(s *flags.Strategy) { s.Title = "new" }},
		"disabled":   {flags.Patch{Disabled: ptr(true)}, func(s *flags.Strategy) { s.Disabled = true }},
		"stickiness": {flags.Patch{Stickiness: ptr("tenantId")}, func(s *flags.Strategy) { s.Parameters["stickiness"], s.Variants[0].Stickiness = "tenantId", "tenantId" }},
		"parameters": {flags.Patch{Parameters: map[string]*string{flags.ParamRole: nil, "note": ptr("x"), "not there": nil}}, func(s *flags.Strategy) {
			delete(s.Parameters, flags.ParamRole)
			s.Parameters["note"] = "x"
		}},
		"nothing": {flags.Patch{}, func(*flags.Strategy) {}},
	} {
		t.Run(name, func(t *testing.T) {
			want := read(t, f).Strategies[0]
			must(t, f.Patch(ctx, flag, c, p.patch))
			p.want(&want)
			if diff := cmp.Diff(want, read(t, f).Strategies[0]); diff != "" {
				t.Errorf("patched (-want +got):\n%s", diff)
			}
		})
	}
	before := read(t, f)
	for name, p := range map[string]struct {
		id    string
		patch flags.Patch
		want  error
	}{
		"conflict":  {c, flags.Patch{Expect: refA, Rollout: ptr(1)}, flags.ErrConflict},
		"not there": {"x", flags.Patch{Rollout: ptr(1)}, flags.ErrNotFound},
		"rollout":   {c, flags.Patch{Rollout: ptr(101)}, nil},
	} {
		if err := f.Patch(ctx, flag, p.id, p.patch); err == nil || (p.want != nil && !errors.Is(err, p.want)) {
			t.Errorf("%s: error %v, want %v", name, err, p.want)
		}
	}
	if diff := cmp.Diff(before, read(t, f)); diff != "" {
		t.Errorf("after refused patches (-want +got):\n%s", diff)
	}
}

// TestKillSpoiltStrategy: whatever a person typed, it can be disabled.
func TestKillSpoiltStrategy(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `{"promptflagFlags":1,"environment":"production","features":[{"name":"support.triage","project":"default","enabled":true,
	  "strategies":[{"id":"x","name":"flexibleRollout","parameters":{"rollout":"abc"},"variants":[{"name":"a b","weight":5}]}]}]}`)
	f := newFile(t, dir)
	must(t, f.Patch(t.Context(), flag, "x", flags.Patch{Disabled: ptr(true)}))
	if got := read(t, f); !got.Strategies[0].Disabled || got.Enabled {
		t.Errorf("flag = %+v, want the strategy disabled and the environment OFF", got)
	}
}

func TestReorder(t *testing.T) {
	f := newFlag(t)
	ctx := t.Context()
	a, b := add(t, f, stable()), add(t, f, stable())
	ids := func() string {
		var list []string
		for _, s := range read(t, f).Strategies {
			list = append(list, fmt.Sprint(strings.NewReplacer(a, "a", b, "b").Replace(s.ID), s.SortOrder))
		}
		return strings.Join(list, " ")
	}
	if got := ids(); got != "a1000 b1000" {
		t.Errorf("equal orders = %s, want the older id first", got)
	}
	must(t, f.Reorder(ctx, flag, map[string]int{a: 20, b: 10}))
	if got := ids(); got != "b10 a20" {
		t.Errorf("reordered = %s", got)
	}
	if err := f.Reorder(ctx, flag, map[string]int{a: 1, "x": 2, b: 3}); !errors.Is(err, flags.ErrNotFound) {
		t.Errorf("Reorder with an unknown id: %v, want ErrNotFound", err)
	}
	if got := ids(); got != "b10 a20" {
		t.Errorf("after a refused reorder = %s, want all or nothing", got)
	}
}

// TestNoChangeNoWrite: the second time is free.
func TestNoChangeNoWrite(t *testing.T) {
	f := newFlag(t)
	ctx := t.Context()
	s := add(t, f, stable())
	must(t, f.Switch(ctx, flag, true))
	must(t, f.Link(ctx, flag, "https://example.com/1", "PR 1"))
	before := revision(t, f)
	must(t, f.Create(ctx, flags.New{Name: flag, Prompt: flag, Description: "other words"}))
	must(t, f.Switch(ctx, flag, true))
	must(t, f.Link(ctx, flag, "https://example.com/1", "again"))
	must(t, f.Reorder(ctx, flag, map[string]int{s: flags.StableOrder}))
	must(t, f.Delete(ctx, flag, "gone"))
	must(t, f.Delete(ctx, "no.flag", "gone"))
	if got := revision(t, f); got != before {
		t.Errorf("revision = %d, want %d as before", got, before)
	}
	must(t, f.Link(ctx, flag, "https://example.com/2", "PR 2"))
	if got := revision(t, f); got != before+1 {
		t.Errorf("revision = %d after a change, want %d", got, before+1)
	}
	if n, err := f.Exposures(ctx, flag); n != nil || err != nil {
		t.Errorf("Exposures = %v, %v; want nil: nobody counts", n, err)
	}
}

func ptr[T any](v T) *T { return &v }
