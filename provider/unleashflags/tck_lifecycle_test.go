package unleashflags_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/provider"
)

// The draft's features lifecycle and events, which are its other 8 scenarios, the
// four of flagd's events.feature (github.com/open-feature/flagd-testbed), and
// what OpenFeature's specification says of states beyond them. A backend is lost
// by refused connections, on the fake feed and in front of a real Unleash.
func TestTCK(t *testing.T) {
	onBoth(t, tckFlags(), func(t *testing.T, b *backend) {
		for _, sc := range []struct {
			name      string
			deviation string // why the scenario as it is written does not hold; run asserts what does
			run       func(t *testing.T, b *backend)
		}{
			{"a provider that successfully initializes becomes ready", "", tckReady},
			{"unreachable backend reports an error within its deadline and still returns code defaults", "", tckUnreachable},
			{"hung backend reports an error within its deadline and still returns code defaults", "", tckHung},
			{"shutdown twice", "", tckShutdownTwice},
			{"reinitialisation", "", tckReinitialisation},
			{"configuration change is signalled and applied, flag in payload", "", tckChange},
			{"losing the backend makes the provider stale, regaining it ready", "", tckStale},

			{"events/ready, error, ready", "a lost connection is STALE and never ERROR, for all evaluations go on; ERROR needs somebody to act, as a refused token does", flagdError},
			{"events/ready, stale, error, ready", "no grace period turns STALE into ERROR: a long outage is no other thing than a short one (Options.MaxFeedAge bounds candidates)", flagdStaleError},
			{"events/ready, stale, ready", "", tckStale},
			{"events/flag change", "", tckChange},

			{"READY is emitted once", "", tckReadyOnce},
			{"initialisation that is given up becomes ready later", "", tckGivenUp},
			{"options that no retry can help are fatal", "", tckFatal},
			{"a start from disk is ready, then stale", "", tckFromDisk},
			{"what changed during an outage is signalled after it", "", tckChangeInOutage},
			{"an error event says who, what and which code", "", tckErrorEvent},
			{"handlers run late after registration", "", tckLateHandlers},
		} {
			name := sc.name
			if sc.deviation != "" {
				name += " (deviation)"
			}
			t.Run(name, func(t *testing.T) {
				b.fault(t)
				sc.run(t, b)
			})
		}
	})
}

func refused() faultproxy.Rule { return faultproxy.All(faultproxy.Status(401)) }
func lost() faultproxy.Rule    { return faultproxy.All(faultproxy.Stop()) }

// within gives what the draft allows a provider: ten seconds.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// awaits waits until so many events of a type have come.
func (s *service) awaits(typ openfeature.EventType, n int) {
	s.t.Helper()
	eventually(s.t, string(typ), func() bool { return len(s.seen(typ)) >= n })
}

// saw says how many events for READY, STALE and ERROR came, and how many changes
// of the test's own flags: others use the same server.
func (b *backend) saw(s *service) [4]int {
	changes := 0
	for _, e := range s.seen(openfeature.ProviderConfigChange) {
		if slices.ContainsFunc(e.flags, func(name string) bool { return strings.HasPrefix(name, b.prefix) }) {
			changes++
		}
	}
	return [4]int{
		len(s.seen(openfeature.ProviderReady)), len(s.seen(openfeature.ProviderStale)), len(s.seen(openfeature.ProviderError)), changes,
	}
}

func (s *service) is(state openfeature.State) {
	s.t.Helper()
	eventually(s.t, "state "+string(state), func() bool { return s.State() == state })
}

func tckReady(t *testing.T, b *backend) {
	s := b.service(t, newBucket(t), nil)
	if err := s.api.SetProvider(within(t), s.provider); err != nil {
		t.Fatal(err)
	}
	s.awaits(openfeature.ProviderReady, 1)
	s.is(openfeature.ReadyState)
	if n := b.Count("GET", "/api/client/features", "pass"); n == 0 {
		t.Error("ready without asking the backend")
	}
}

func tckUnreachable(t *testing.T, b *backend) { unavailable(t, b, lost()) }

func tckHung(t *testing.T, b *backend) {
	b.timeout = 300 * time.Millisecond
	defer func() { b.timeout = 0 }()
	unavailable(t, b, faultproxy.All(faultproxy.Hang()))
}

// unavailable is three of the draft's scenarios: reports an error, returns code
// defaults, and shuts down promptly; and it becomes ready when it can be.
func unavailable(t *testing.T, b *backend, fault faultproxy.Rule) {
	b.fault(t, fault)
	s, gone := b.service(t, newBucket(t), nil), b.service(t, newBucket(t), nil)
	for _, s := range []*service{s, gone} {
		if err := s.api.SetProviderAndWait(within(t), s.provider); err == nil {
			t.Error("SetProviderAndWait succeeded")
		}
		s.awaits(openfeature.ProviderError, 1)
		s.is(openfeature.ErrorState)
	}
	for _, def := range []any{false, "fallback", 0.5, int64(7), object{"a": 1.0}} {
		for _, flag := range []string{"boolean-flag", "string-flag", "missing-flag"} {
			got, _ := ask(s.Client, b.prefix+flag, def, nobody)
			if diff := cmp.Diff(answer{def, "default", "ERROR", openfeature.ProviderNotReadyCode}, got); diff != "" {
				t.Errorf("%s as %s (-want +got)\n%s", flag, kind(def), diff)
			}
		}
	}
	if err := gone.provider.ShutdownWithContext(within(t)); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 1)
	s.is(openfeature.ReadyState)
	if got, _ := ask(s.Client, b.prefix+"boolean-flag", false, nobody); got.Value != true || got.Code != "" {
		t.Errorf("after it came: %v", got)
	}
	if saw := b.saw(s); saw != [4]int{1, 0, 1, 0} {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v", saw)
	}
}

func tckShutdownTwice(t *testing.T, b *backend) {
	s := b.service(t, newBucket(t), nil)
	s.provider.Shutdown() // before it was ever initialised
	if err := s.api.SetProviderAndWait(within(t), s.provider); err != nil {
		t.Fatal(err)
	}
	s.provider.Shutdown()
	s.provider.Shutdown()
	got, _ := ask(s.Client, b.prefix+"boolean-flag", false, nobody)
	if diff := cmp.Diff(answer{false, "default", "ERROR", openfeature.ProviderNotReadyCode}, got); diff != "" {
		t.Errorf("uninitialised again (-want +got)\n%s", diff)
	}
}

func tckReinitialisation(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	for range 2 {
		s.provider.Shutdown()
		if err := s.provider.InitWithContext(within(t), nobody); err != nil {
			t.Fatal(err)
		}
		if got, _ := ask(s.Client, b.prefix+"boolean-flag", false, nobody); got.Value != true || got.Code != "" {
			t.Errorf("initialised again: %v", got)
		}
	}
	if err := s.api.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	again := newService(t, s.provider) // another API, whose events come as at first
	if err := again.api.SetProviderAndWait(within(t), s.provider); err != nil {
		t.Fatal(err)
	}
	b.changes(t, again)
}

// changed waits for a change event with a flag.
func (s *service) changed(flag string) {
	s.t.Helper()
	eventually(s.t, "a change event with the flag", func() bool {
		return slices.ContainsFunc(s.seen(openfeature.ProviderConfigChange), func(e event) bool { return slices.Contains(e.flags, flag) })
	})
}

// changes changes the changing flag, which s must signal and apply.
func (b *backend) changes(t *testing.T, s *service) {
	t.Helper()
	flag := b.prefix + "changing-flag"
	before, _ := ask(s.Client, flag, "unset", nobody)
	next := before.Value.(string) + "!" // of another length: the fake's tags know no better
	b.set("changing-flag", "changed", next)
	s.changed(flag)
	if got, _ := ask(s.Client, flag, "unset", nobody); got != (answer{next, "changed", "SPLIT", ""}) {
		t.Errorf("after the event: %v, want %q", got, next)
	}
}

func tckChange(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.changes(t, s)
	for _, e := range s.seen(openfeature.ProviderConfigChange) {
		for _, name := range e.flags {
			if strings.HasPrefix(name, b.prefix) && name != b.prefix+"changing-flag" {
				t.Errorf("the payload names %s, nobody changed it", name)
			}
		}
	}
	if saw := b.saw(s); saw[0] != 1 || saw[1]+saw[2] != 0 || s.State() != openfeature.ReadyState {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v in state %s", saw, s.State())
	}
}

func tckStale(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.fault(t, lost())
	s.awaits(openfeature.ProviderStale, 1)
	s.is(openfeature.StaleState)
	if got, _ := ask(s.Client, b.prefix+"string-flag", "bye", nobody); got != (answer{"hi", "greeting", "SPLIT", ""}) {
		t.Errorf("while it is lost: %v", got)
	}
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 2)
	s.is(openfeature.ReadyState)
	if saw := b.saw(s); saw != [4]int{2, 1, 0, 0} {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v", saw)
	}
}

// For a lost connection see tckStale: no ERROR there.
func flagdError(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.fault(t, refused())
	s.awaits(openfeature.ProviderError, 1)
	s.is(openfeature.ErrorState)
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 2)
	s.is(openfeature.ReadyState)
	if saw := b.saw(s); saw != [4]int{2, 0, 1, 0} {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v", saw)
	}
}

func flagdStaleError(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.fault(t, faultproxy.All(faultproxy.Status(503)))
	s.awaits(openfeature.ProviderStale, 1)
	b.polled(t, 20)
	if saw := b.saw(s); saw != [4]int{1, 1, 0, 0} || s.State() != openfeature.StaleState {
		t.Errorf("a long outage: events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v in state %s", saw, s.State())
	}
	b.fault(t, refused())
	s.awaits(openfeature.ProviderError, 1)
	s.is(openfeature.ErrorState)
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 2)
	s.is(openfeature.ReadyState)
	if saw := b.saw(s); saw != [4]int{2, 1, 1, 0} {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v", saw)
	}
}

func tckReadyOnce(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.polled(t, 5)
	b.changes(t, s)
	b.fault(t, lost()) // what comes next comes behind all earlier events
	s.awaits(openfeature.ProviderStale, 1)
	if n := len(s.seen(openfeature.ProviderReady)); n != 1 {
		t.Errorf("%d READY events, want 1", n)
	}
}

// A caller who waits no longer gets the error, everybody else a provider.
func tckGivenUp(t *testing.T, b *backend) {
	b.fault(t, faultproxy.All(faultproxy.Hang()))
	s := b.service(t, newBucket(t), nil)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.api.SetProviderAndWait(ctx, s.provider); err == nil {
		t.Error("SetProviderAndWait succeeded")
	}
	if got, _ := ask(s.Client, b.prefix+"string-flag", "bye", nobody); got.Value != "bye" || got.Code != openfeature.ProviderNotReadyCode {
		t.Errorf("given up: %v", got)
	}
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 1)
	s.is(openfeature.ReadyState)
	if got, _ := ask(s.Client, b.prefix+"string-flag", "bye", nobody); got.Value != "hi" {
		t.Errorf("later: %v", got)
	}
}

func tckFatal(t *testing.T, b *backend) {
	s := b.service(t, newBucket(t), &provider.Options{Prompts: []string{"[a-"}})
	if err := s.api.SetProviderAndWait(within(t), s.provider); err == nil || !strings.Contains(err.Error(), "Prompts") {
		t.Errorf("SetProviderAndWait = %v, want an error that names the option", err)
	}
	s.is(openfeature.FatalState)
	if got, _ := ask(s.Client, b.prefix+"string-flag", "bye", nobody); got.Value != "bye" || got.Code != openfeature.ProviderFatalCode {
		t.Errorf("answer = %v", got)
	}
}

// The SDK makes READY of whatever it hears during Init, so STALE must come later.
func tckFromDisk(t *testing.T, b *backend) {
	dir := t.TempDir()
	first := b.serve(t, newBucket(t), &provider.Options{CacheDir: dir})
	if err := first.api.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	b.fault(t, lost())
	s := b.serve(t, newBucket(t), &provider.Options{CacheDir: dir})
	if got, _ := ask(s.Client, b.prefix+"string-flag", "bye", nobody); got != (answer{"hi", "greeting", "SPLIT", ""}) {
		t.Errorf("from disk: %v", got)
	}
	s.awaits(openfeature.ProviderStale, 1)
	s.is(openfeature.StaleState)
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 2)
	s.is(openfeature.ReadyState)
	if saw := b.saw(s); saw[0] != 2 || saw[1] != 1 || saw[2] != 0 {
		t.Errorf("events READY, STALE, ERROR, CONFIGURATION_CHANGED = %v", saw)
	}
}

// A change does not clear STALE in the SDK: READY must come too.
func tckChangeInOutage(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	s.awaits(openfeature.ProviderReady, 1)
	b.fault(t, lost())
	s.awaits(openfeature.ProviderStale, 1)
	before, _ := ask(s.Client, b.prefix+"changing-flag", "unset", nobody)
	b.set("changing-flag", "changed", before.Value.(string)+"?")
	b.fault(t)
	s.awaits(openfeature.ProviderReady, 2)
	s.changed(b.prefix + "changing-flag") // others change theirs on the same server
	s.is(openfeature.ReadyState)
	if got, _ := ask(s.Client, b.prefix+"changing-flag", "unset", nobody); got.Value != before.Value.(string)+"?" {
		t.Errorf("after the outage: %v", got)
	}
}

func tckErrorEvent(t *testing.T, b *backend) {
	s := b.serve(t, newBucket(t), nil)
	told := make(chan openfeature.EventDetails, 10)
	f := func(d openfeature.EventDetails) {
		if state := s.State(); state != openfeature.ErrorState {
			t.Errorf("state %s in the handler, want ERROR", state)
		}
		told <- d
	}
	s.AddHandler(openfeature.ProviderError, &f)
	b.fault(t, refused())
	s.awaits(openfeature.ProviderError, 1)
	d := <-told
	if d.ProviderName != "promptflag" || !strings.Contains(d.Message, "refuses the token") || strings.Contains(d.Message, b.token) || d.EventMetadata["errorCode"] != "GENERAL" {
		t.Errorf("event = %+v", d)
	}
}
