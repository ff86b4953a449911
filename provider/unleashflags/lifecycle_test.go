package unleashflags_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// The change is signalled and applied, with the flags it is about.
func TestConfigurationChange(t *testing.T) {
	d := newFlags(t, "production")
	d.edit("support.reply", dependsOn("checkout.beta"))
	s := serve(t, d.options(), newBucket(t), nil)
	eventually(t, "READY once", func() bool { return len(s.seen(openfeature.ProviderReady)) == 1 })

	d.edit("support.greet", func(f object) { f["enabled"] = true })
	d.edit("checkout.beta", func(f object) { f["enabled"] = false })
	var changed []string
	eventually(t, "CONFIGURATION_CHANGED names three flags", func() bool {
		changed = nil
		for _, e := range s.seen(openfeature.ProviderConfigChange) {
			changed = append(changed, e.flags...)
		}
		slices.Sort(changed)
		changed = slices.Compact(changed)
		return len(changed) >= 3
	})
	want := []string{"checkout.beta", "support.greet", "support.reply"} // the last one by its parent
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("FlagChanges (-want +got)\n%s", diff)
	}
	if a, _ := s.object("support.greet", user("user-0")); a.Reason != "STATIC" {
		t.Errorf("after the event: %v", a)
	}
	if n := len(s.seen(openfeature.ProviderReady)); n != 1 {
		t.Errorf("%d READY events", n)
	}
	if d, _ := s.ObjectValueDetails(context.Background(), "support.reply", nil, user("user-0")); d.Reason != "DISABLED" {
		t.Errorf("child of a parent that is off: %v", d)
	}
}

// A document rewritten without a change of any flag is no news.
func TestNoChangeNoEvent(t *testing.T) {
	d := newFlags(t, "production")
	g := newGate(newBucket(t))
	s := serve(t, d.options(), g, nil)
	d.edit("support.greet", func(f object) { f["description"] = "only for people" })
	d.edit("support.greet", func(f object) { f["enabled"] = true })
	eventually(t, "one event", func() bool { return len(s.seen(openfeature.ProviderConfigChange)) > 0 })
	for _, e := range s.seen(openfeature.ProviderConfigChange) {
		if diff := cmp.Diff([]string{"support.greet"}, e.flags); diff != "" {
			t.Error(diff)
		}
	}
	for _, key := range []string{"support.triage.1", "support.triage.2", "support.reply.1"} {
		if _, r := artifact(t, key); g.count(r.Digest) != 1 {
			t.Errorf("%s was fetched %d times, want once", key, g.count(r.Digest))
		}
	}
	if _, r := artifact(t, "support.reply.2"); g.count(r.Digest) != 0 {
		t.Error("the prompt of a disabled strategy was fetched")
	}
}

func TestVanishedFlag(t *testing.T) {
	d := newFlags(t, "production")
	s := serve(t, d.options(), newBucket(t), nil)
	d.edit("support.triage", func(f object) { f["archived"] = true })
	want := got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "STALE", ""}
	eventually(t, "the last stable version", func() bool {
		a, _ := s.object("support.triage", user("user-3"))
		return a == want
	})
	eventually(t, "ERROR", func() bool { return len(s.seen(openfeature.ProviderError)) == 1 })
	if e := s.seen(openfeature.ProviderError)[0]; !slices.Equal(e.flags, []string{"support.triage"}) {
		t.Errorf("ERROR event = %+v", e)
	}
	d.edit("support.triage", func(f object) { f["archived"] = false })
	eventually(t, "the flag is back", func() bool {
		a, _ := s.object("support.triage", user("user-3"))
		return a.Reason == "SPLIT" && a.Variant == version(t, "support.triage.2")
	})
	eventually(t, "READY again", func() bool { return len(s.seen(openfeature.ProviderReady)) == 2 })
}

func TestCandidateNotLoadable(t *testing.T) {
	d := newFlags(t, "production")
	g := newGate(newBucket(t))
	_, candidate := artifact(t, "support.triage.2")
	g.set(candidate.Digest, true)
	s := serve(t, d.options(), g, nil)

	a, meta := s.object("support.triage", user("user-3"))
	if want := (got{ref(t, "support.triage.1"), version(t, "support.triage.1"), "STALE", ""}); a != want {
		t.Errorf("candidate not loadable: %v, want %v", a, want)
	}
	if meta["promptRequested"] != candidate.String() || meta["promptRole"] != "stable" {
		t.Errorf("metadata = %v", meta)
	}
	if a, _ := s.object("support.triage", user("user-0")); a.Reason != "SPLIT" {
		t.Errorf("stable is not touched by it: %v", a)
	}
	eventually(t, "ERROR", func() bool { return len(s.seen(openfeature.ProviderError)) == 1 })

	g.set(candidate.Digest, false) // a miss is never final
	eventually(t, "the candidate is served", func() bool {
		a, _ := s.object("support.triage", user("user-3"))
		return a == got{candidate.String(), candidate.Version(), "SPLIT", ""}
	})
	eventually(t, "READY", func() bool { return len(s.seen(openfeature.ProviderReady)) == 2 })
	s.awaits(openfeature.ProviderConfigChange, 1) // its handler runs beside READY's
	if e := s.seen(openfeature.ProviderConfigChange); len(e) != 1 || !slices.Equal(e[0].flags, []string{"support.triage"}) {
		t.Errorf("CONFIGURATION_CHANGED = %+v", e)
	}
}

func TestStableNotLoadable(t *testing.T) {
	d := newFlags(t, "production")
	g := newGate(newBucket(t))
	_, next := artifact(t, "support.reply.2")
	g.set(next.Digest, true)
	s := serve(t, d.options(), g, nil)
	d.edit("support.reply", func(f object) { setRef(strategy(f, "stable"), next.String()) })
	want := got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STALE", ""}
	eventually(t, "the last stable version", func() bool {
		a, meta := s.object("support.reply", user("user-0"))
		return a == want && meta["promptRequested"] == next.String()
	})

	t.Run("nothing loadable", func(t *testing.T) {
		s := serve(t, d.options(), g, nil)
		if a, _ := s.object("support.reply", user("user-0")); a != (got{"default", "default", "ERROR", "GENERAL"}) {
			t.Errorf("answer = %v", a)
		}
		g.set(next.Digest, false)
		eventually(t, "loaded at last", func() bool {
			a, _ := s.object("support.reply", user("user-0"))
			return a == got{next.String(), next.Version(), "STATIC", ""}
		})
	})
}

// A flag that was a prompt flag stays one; OFF is OFF without a word of ours in it.
func TestOffWithoutTrace(t *testing.T) {
	for _, tt := range []struct {
		options *provider.Options
		want    got
	}{
		{nil, got{ref(t, "support.reply.1"), version(t, "support.reply.1"), "STALE", ""}},
		{&provider.Options{WhenOff: provider.Default}, got{"default", "default", "DISABLED", ""}},
	} {
		d := newFlags(t, "production")
		s := serve(t, d.options(), newBucket(t), tt.options)
		d.edit("support.reply", func(f object) {
			f["enabled"] = false
			f["strategies"] = []any{object{"id": "1", "name": "default", "disabled": false}}
		})
		eventually(t, "the change", func() bool { return len(s.seen(openfeature.ProviderConfigChange)) > 0 })
		a, meta := s.object("support.reply", user("user-0"))
		if _, requested := meta["promptRequested"]; a != tt.want || meta["featureEnabled"] != false || requested {
			t.Errorf("answer = %v %v, want %v", a, meta, tt.want)
		}
	}
}

// A ref to another prompt's bytes is never served.
func TestRefOfAnotherPrompt(t *testing.T) {
	d := newFlags(t, "production")
	d.edit("support.triage", func(f object) { setRef(strategy(f, "candidate"), ref(t, "support.reply.1")) })
	s := serve(t, d.options(), newBucket(t), nil)
	if a, _ := s.object("support.triage", user("user-3")); a.Value != ref(t, "support.triage.1") || a.Reason != "STALE" {
		t.Errorf("answer = %v", a)
	}
	_, reply := artifact(t, "support.reply.1")
	d.edit("support.triage", func(f object) {
		setRef(strategy(f, "candidate"), "support.triage@"+string(reply.Digest)) // the name only in the flag
	})
	eventually(t, "both events", func() bool { return len(s.seen(openfeature.ProviderConfigChange)) == 1 })
	if a, _ := s.object("support.triage", user("user-3")); a.Value != ref(t, "support.triage.1") || a.Reason != "STALE" {
		t.Errorf("answer = %v", a)
	}
}

func TestTwoProvidersShareNothing(t *testing.T) {
	tmp := t.TempDir() // others use the machine's
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, tmp)
	}
	dir, bucket := t.TempDir(), newBucket(t)
	production, development := flagsIn(t, dir, "production"), flagsIn(t, dir, "development")
	development.edit("support.reply", func(f object) { setRef(strategy(f, "stable"), ref(t, "support.reply.2")) })
	development.edit("support.greet", func(f object) { f["enabled"] = true })

	a, b := serve(t, production.options(), bucket, nil), serve(t, development.options(), bucket, nil)
	check := func() {
		t.Helper()
		for _, tt := range []struct {
			s    *service
			flag string
			want string
			set  string
		}{
			{a, "support.reply", "support.reply.1", "default/production"},
			{b, "support.reply", "support.reply.2", "default/development"},
			{a, "support.greet", "support.greet.1", "default/production"},
			{b, "support.greet", "support.greet.2", "default/development"},
		} {
			answer, meta := tt.s.object(tt.flag, user("user-0"))
			if answer.Value != ref(t, tt.want) || meta["flagSetId"] != tt.set {
				t.Errorf("%s = %v %v, want %s of %s", tt.flag, answer, meta, tt.want, tt.set)
			}
		}
	}
	check()
	if err := b.api.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if answer, _ := a.object("support.reply", user("user-0")); answer.Value != ref(t, "support.reply.1") {
		t.Errorf("after the other one's shutdown: %v", answer)
	}
	entries, _ := os.ReadDir(os.TempDir())
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "unleash-repo-schema") {
			t.Errorf("the client's backup file %s is in the temporary directory", e.Name())
		}
	}
}

func TestShutdownAndAgain(t *testing.T) {
	d := newFlags(t, "production")
	source, err := unleashflags.New(d.options())
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, newBucket(t), &provider.Options{NoCache: true})
	p.Shutdown() // before any Init
	for life := range 3 {
		s := newService(t, p)
		if err := s.api.SetProviderAndWait(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		if err := p.Init(openfeature.EvaluationContext{}); err != nil {
			t.Errorf("second Init: %v", err)
		}
		want := "STATIC"
		if life%2 == 0 {
			want = "DISABLED"
		}
		d.edit("support.greet", func(f object) { f["enabled"] = want == "STATIC" })
		eventually(t, fmt.Sprintf("life %d answers %s", life, want), func() bool {
			a, _ := s.object("support.greet", user("user-0"))
			return string(a.Reason) == want
		})
		if life > 0 {
			eventually(t, "an event in each life", func() bool { return len(s.seen(openfeature.ProviderConfigChange)) > 0 })
		}
		ch := p.EventChannel()
		if err := s.api.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		p.Shutdown()
		if _, open := <-ch; open {
			t.Error("the event channel is open after Shutdown")
		}
		if d := p.ObjectEvaluation(context.Background(), "support.greet", "default", nil); d.Value != "default" || d.ResolutionDetail().ErrorCode != openfeature.ProviderNotReadyCode {
			t.Errorf("after Shutdown: %+v", d)
		}
	}
}

// Bound to two domains and replaced in both: without the closed channel the
// SDK's API.Shutdown never returns.
func TestTwoDomains(t *testing.T) {
	source, err := unleashflags.New(newFlags(t, "production").options())
	if err != nil {
		t.Fatal(err)
	}
	p, api, ctx := provider.New(source, newBucket(t), &provider.Options{NoCache: true}), isolated.NewAPI(), context.Background()
	for _, domain := range []string{"a", "b"} {
		if err := api.SetProviderAndWait(ctx, p, openfeature.WithDomain(domain)); err != nil {
			t.Fatal(err)
		}
	}
	for _, domain := range []string{"a", "b"} {
		if err := api.SetProviderAndWait(ctx, openfeature.NoopProvider{}, openfeature.WithDomain(domain)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() { done <- api.Shutdown(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("API.Shutdown hangs")
	}
	p.Shutdown() // the SDK's own call may still be running
}

func TestInitWithoutFlags(t *testing.T) {
	d := newFlags(t, "production")
	if err := os.Rename(d.path(), d.path()+".away"); err != nil {
		t.Fatal(err)
	}
	source, err := unleashflags.New(d.options())
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, provider.New(source, newBucket(t), &provider.Options{NoCache: true}))
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err == nil || !strings.Contains(err.Error(), "production.json") {
		t.Errorf("SetProviderAndWait = %v, want an error that names the document", err)
	}
	if a, _ := s.object("support.reply", user("user-0")); a != (got{"default", "default", "ERROR", "PROVIDER_NOT_READY"}) {
		t.Errorf("answer = %v", a)
	}
	if err := os.Rename(d.path()+".away", d.path()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "READY", func() bool { return len(s.seen(openfeature.ProviderReady)) == 1 && s.State() == openfeature.ReadyState })
	if a, _ := s.object("support.reply", user("user-0")); a.Value != ref(t, "support.reply.1") {
		t.Errorf("answer = %v", a)
	}

	d.write("{ torn") // the last good body stays
	time.Sleep(50 * time.Millisecond)
	if a, _ := s.object("support.reply", user("user-0")); a.Value != ref(t, "support.reply.1") {
		t.Errorf("answer after a torn document = %v", a)
	}
}
