package unleashflags_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// exposure is what was counted of one flag: "yes", "no" and each variant.
type exposure map[string]int

// counted is what the server says that an app was given.
func (r *realServer) counted(flag, app string) exposure {
	r.t.Helper()
	var answer struct {
		Data []struct {
			Environment, AppName string
			Yes, No              int
			Variants             map[string]int
		}
	}
	path := "/api/admin/client-metrics/features/" + url.PathEscape(r.prefix+flag) + "/raw?" + lastHours
	if err := json.Unmarshal(r.call("GET", path, r.admin, nil), &answer); err != nil {
		r.t.Fatal(err)
	}
	out := exposure{}
	for _, d := range answer.Data {
		if d.Environment != "production" || d.AppName != app {
			continue
		}
		out["yes"] += d.Yes
		out["no"] += d.No
		for v, n := range d.Variants {
			out[v] += n
		}
	}
	return out
}

// counts waits until the server counts what is reported of new flags: it drops
// what is not in a list of names which it keeps for ten seconds.
func (r *realServer) counts(flags ...string) {
	r.t.Helper()
	toggles := object{}
	for _, f := range flags {
		toggles[r.prefix+f] = object{"yes": 1, "no": 0, "variants": object{}}
	}
	r.minute("the server knows the new flags", func() bool {
		now := time.Now().UTC()
		r.call("POST", "/api/client/metrics", r.prod, object{"appName": "warm-up", "instanceId": "one", "bucket": object{"start": now, "stop": now, "toggles": toggles}})
		for _, f := range flags {
			if r.counted(f, "warm-up")["yes"] == 0 {
				return false
			}
		}
		return true
	})
}

// minute is eventually for a server that works by the clock.
func (r *realServer) minute(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("never: %s", what)
		}
	}
}

// teller makes evaluations and notes what was served.
type teller struct {
	*service
	prefix string
	served map[string]exposure
}

func (t *teller) note(flag string, on bool, variant string) {
	e := t.served[flag]
	if e == nil {
		e = exposure{"yes": 0, "no": 0}
		t.served[flag] = e
	}
	e[map[bool]string{true: "yes", false: "no"}[on]]++
	if variant != "" {
		e[variant]++
	}
}

// prompt asks for a prompt; the answer has to have this version and reason.
func (t *teller) prompt(flag string, ec openfeature.EvaluationContext, want prompts.Ref, reason openfeature.Reason) {
	t.t.Helper()
	d, _ := t.ObjectValueDetails(context.Background(), t.prefix+flag, "default", ec)
	e, _ := t.StringValueDetails(context.Background(), t.prefix+flag, "default", ec)
	if fmt.Sprint(d.Value) != want.String() || e.Value != want.String() || d.Reason != reason || e.Reason != reason {
		t.t.Fatalf("%s = %v %s, %v %s; want %s %s", flag, d.Value, d.Reason, e.Value, e.Reason, want, reason)
	}
	for range 2 {
		t.note(flag, reason != openfeature.DisabledReason, want.Version())
	}
}

// Every row of answers is counted as it was served, on the server's Metrics tab:
// yes, no and variants.
func TestRealExposuresOfEveryRow(t *testing.T) {
	t.Parallel() // with TestRealExposures: both wait for the server
	r := newRealServer(t)
	bucket := newBucket(t)
	refs := func(name string) (one, two, three prompts.Ref) {
		return publish(t, bucket, name, r.prefix+"1"), publish(t, bucket, name, r.prefix+"2"), publish(t, bucket, name, r.prefix+"3")
	}
	segment := r.segment("acme", "acme")
	only := func(s object) object { s["segments"] = []any{segment}; return s }
	full1, full2, full3 := refs("row.full")
	r.flag("row.full", only(ours("", 10, 100, full3)), ours("candidate", 500, 50, full2), ours("stable", 1000, 100, full1))
	off1, off2, _ := refs("row.off")
	r.flag("row.off", ours("candidate", 500, 100, off2), ours("stable", 1000, 100, off1))
	r.toggle("row.off", false)
	stale1, _, _ := refs("row.stale")
	_, absent := made(t, "row.stale", "never published")
	r.flag("row.stale", ours("candidate", 500, 100, absent), ours("stable", 1000, 100, stale1))
	none1, none2, _ := refs("row.none")
	r.flag("row.none", ours("candidate", 500, 0, none2), only(ours("stable", 1000, 100, none1)))
	_, nowhere := made(t, "row.nothing", "never published")
	r.flag("row.nothing", ours("stable", 1000, 100, nowhere))
	plain := func(typ, value string) object {
		s := ours("", 10, 100, prompts.Ref{Name: "plain"})
		s["variants"] = []any{variantOf("given", typ, value)}
		return s
	}
	r.flag("plain.json", only(plain("json", `{"a":1}`)))
	r.flag("plain.number", plain("number", "7"))
	r.flag("plain.switch", only(object{
		"name": "flexibleRollout", "sortOrder": 1, "constraints": []any{}, "variants": []any{},
		"parameters": object{"rollout": "100", "stickiness": "default", "groupId": "switch"},
	}))
	flags := []string{"row.full", "row.off", "row.stale", "row.none", "row.nothing", "plain.json", "plain.number", "plain.switch"}
	r.inFeed(flags...)
	r.counts(flags...)

	app := r.prefix + "app"
	s := &teller{prefix: r.prefix, served: map[string]exposure{}, service: serve(t, unleashflags.Options{
		URL: r.url, Token: r.prod, RefreshInterval: 250 * time.Millisecond, Timeout: realTimeout, AppName: app, MetricsInterval: 100 * time.Millisecond,
	}, bucket, &provider.Options{FlagPrefix: r.prefix, Prompts: []string{"row.*", "plain*"}})}
	s.rows(map[string]prompts.Ref{"1": full1, "2": full2, "3": full3, "off": off1, "stale": stale1, "none": none1})
	same := func() bool {
		for _, f := range flags {
			if !gocmp.Equal(s.served[f], r.counted(f, app)) {
				return false
			}
		}
		return true
	}
	report := func(what string) {
		t.Helper()
		defer func() {
			for _, f := range flags {
				if diff := gocmp.Diff(s.served[f], r.counted(f, app)); diff != "" {
					t.Errorf("%s: %s (-served +counted)\n%s", what, f, diff)
				}
			}
		}()
		r.minute(what, same)
	}
	report("what was served is counted")
	s.rows(map[string]prompts.Ref{"1": full1, "2": full2, "3": full3, "off": off1, "stale": stale1, "none": none1})
	if err := s.api.Shutdown(context.Background()); err != nil { // reports the open bucket
		t.Fatal(err)
	}
	report("the last ones are counted")
	t.Logf("counted: %v", s.served)
}

// rows makes a known series of evaluations.
func (s *teller) rows(refs map[string]prompts.Ref) {
	s.t.Helper()
	ctx := context.Background()
	for i := range 50 {
		id := fmt.Sprint("user-", i)
		want := refs["1"]
		if bucketOf("row.full", id) <= 50 {
			want = refs["2"]
		}
		s.prompt("row.full", user(id, "tenantId", "globex"), want, "SPLIT")
		s.prompt("row.full", user(id, "tenantId", "acme"), refs["3"], "TARGETING_MATCH")
		s.prompt("row.off", user(id), refs["off"], "DISABLED")
		s.prompt("row.stale", user(id), refs["stale"], "STALE")
		in, out := user(id, "tenantId", "acme"), user(id, "tenantId", "globex")
		s.prompt("row.none", in, refs["none"], "TARGETING_MATCH")

		d, _ := s.ObjectValueDetails(ctx, s.prefix+"row.none", "default", out) // nothing matches: stable, and not on
		s.note("row.none", false, d.Variant)
		e, _ := s.ObjectValueDetails(ctx, s.prefix+"row.nothing", "default", in)
		if e.ErrorCode != openfeature.GeneralCode || d.Reason != openfeature.DefaultReason {
			s.t.Fatalf("row.nothing = %v %s, row.none = %v %s", e.Value, e.ErrorCode, d.Value, d.Reason)
		}
		s.note("row.nothing", true, "disabled")
		for _, ec := range []openfeature.EvaluationContext{in, out} {
			a, _ := s.ObjectValueDetails(ctx, s.prefix+"plain.json", nil, ec)
			on, _ := a.FlagMetadata.GetBool("featureEnabled")
			s.note("plain.json", on, cmp.Or(a.Variant, "disabled"))
			b, _ := s.IntValueDetails(ctx, s.prefix+"plain.number", 0, ec)
			s.note("plain.number", b.Value == 7, b.Variant)
			for _, flag := range []string{"plain.switch", "row.full", "row.off"} {
				on, _ := s.BooleanValue(ctx, s.prefix+flag, false, ec)
				s.note(flag, on, "")
			}
		}
	}
}
