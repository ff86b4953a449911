package unleashflags_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hazard is one way in which unleash-client-go v4.5.0, used as its documentation
// shows, fails a service.
type hazard struct {
	what string // of the client
	seen string // how it is reproduced
	here string // why it is not one of ours, and what proves it
	bare func(t *testing.T)
	ours func(t *testing.T)
}

func hazards() []hazard {
	return []hazard{
		{
			"`NewClient` with metrics waits for the answer to its registration, without a deadline",
			"a server holds the registration: `NewClient` is found waiting in `registerInstance`",
			"registration is our own, bounded and in the background: with it held, the provider is ready and answers",
			shows("registration", "NewClient waits in registerInstance"), oursRegistration,
		},
		{
			"`WaitForReady` waits for ever while the server is down, whatever was bootstrapped",
			"with a bootstrapped flag answered and polls failing, `WaitForReady` is found waiting",
			"never called; with the server down the provider is ready from disk",
			shows("ready", "WaitForReady waits, bootstrapped flags are answered, 3 polls failed"), oursReady,
		},
		{
			"after `Close`, `GetVariant` deadlocks: at the 4th evaluation error, at the 11th impression",
			"after `Close` both calls are found sending to a channel that nobody reads",
			"a gate turns evaluations off before the client closes; impressionData never reaches it",
			func(t *testing.T) {
				shows("error after close", "call 4 waits for ever")(t)
				shows("impression after close", "call 11 waits for ever")(t)
			}, oursAfterClose,
		},
		{
			"a second `Close` panics",
			"the process dies of `close of closed channel`",
			"`Close` and `Shutdown` are idempotent",
			shows("close twice", "panic: close of closed channel"), oursCloseTwice,
		},
		{
			"a flexibleRollout without `stickiness` panics in `GetVariant`",
			"the process dies of an interface conversion in `flexibleRolloutStrategy`",
			"a missing stickiness is written before the client sees the feed",
			shows("stickiness", "interface conversion: interface {} is nil, not string", "flexibleRollout"), oursStickiness,
		},
		{
			"`WithRefreshInterval(0)` panics",
			"the process dies of `non-positive interval for NewTicker`",
			"zero and negative intervals mean 3 s; the client gets an interval of a year",
			shows("interval", "non-positive interval for NewTicker"), oursInterval,
		},
		{
			"clients with one app name share a backup file in the temporary directory, world-readable and written in place",
			"with its server down, a production client answers what a development client kept",
			"the client's storage is ours and in memory; the provider's files are named by server, project, environment and token scope, private and checked",
			shows("shared backup", "production answers development's version"), oursBackup,
		},
		{
			"the backup has no segments: after a restart with the server down, a flag with a segment is disabled for everybody",
			"kept with its segment, restarted without a server: stable behind it is not answered",
			"the whole body is kept, and segments are written into their strategies",
			shows("segments in the backup", `before: "stable", after: ""`), oursSegmentsKept,
		},
		{
			"a backup that is not empty wins over what the caller bootstraps",
			"a client that is given a new version answers the one in the backup",
			"nothing reads such a file: one that lies there changes no answer, the bundle is served",
			shows("backup wins", "given new, answers old"), oursBundle,
		},
		{
			"data race on segments: written under a lock, read without",
			"the race detector ends a process that evaluates while it polls",
			"segments are written into strategies, and the client has none: same traffic under the race detector",
			barelyRaces, oursRace,
		},
		{
			"an operator that it does not know is skipped without a word, and evaluations wait for whoever listens to errors",
			"REGEX is passed over; with a slow listener the 5th evaluation is found waiting",
			"strategies with such an operator are taken out and reported, never evaluated: STALE, one ERROR that names flag and operator, and no evaluation waits for the log",
			func(t *testing.T) {
				shows("operator", "answers stable")(t)
				shows("slow listener", "call 5 waits")(t)
			}, oursOperator,
		},
		{
			"after 401, 403 or 404 ten polls are left out, after each 429 or 5xx up to ten",
			"between its refusal and its next poll, a provider with the same interval polls several times",
			"polls are our own and never back off",
			nil, backOff,
		},
		{
			"the caller's `http.Header` is changed",
			"after `NewClient` it has the client's app name",
			"there is no such option: each source has headers of its own, and a shared `http.Client` stays as it was",
			bareHeader, oursHeader,
		},
		{
			"a flag whose weights add up to 0 turns every missing flag of the process on",
			"after one such flag, an unknown one is enabled",
			"such variants are dropped; and where another client of the process has done it, ours still answer OFF and FLAG_NOT_FOUND",
			shows("weights", "an unknown flag: Enabled true", "ours: FLAG_NOT_FOUND, off"), oursWeights,
		},
		{
			"an answer of `{}` with 200 takes all flags away",
			"after it the flag is not enabled any more",
			"no list of features is no feed, an empty list after a full one is an outage: answers stay",
			bareEmpty, oursEmpty,
		},
		{
			"a feed request that is not answered stops all polls",
			"with one request held, the only goroutine that polls is found waiting, its `http.Client` without a timeout",
			"each request has Options.Timeout: with one held, the next one brings the news",
			shows("feed", "the poll waits in fetch, timeout 0s"), oursFeed,
		},
	}
}

// Each hazard is reproduced on the bare client, and is not one of ours.
func TestHazards(t *testing.T) {
	for i, h := range hazards() {
		if h.bare != nil {
			t.Run(fmt.Sprintf("%d/bare", i+1), h.bare)
		}
		t.Run(fmt.Sprintf("%d/ours", i+1), h.ours)
	}
}

// The table is testdata/hazards.md, for whoever documents it.
func TestHazardTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("| | unleash-client-go v4.5.0 | reproduced | package unleashflags |\n|-|-|-|-|\n")
	for i, h := range hazards() {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", i+1, h.what, h.seen, h.here)
	}
	const path = "testdata/hazards.md"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got), UPDATE=1 writes it\n%s", path, diff)
	}
}

// scenarios are what runs in a process of its own.
func scenarios() map[string]scenario {
	return map[string]scenario{
		"registration":           processRegistration,
		"ready":                  processReady,
		"error after close":      processErrorAfterClose,
		"impression after close": processImpressionAfterClose,
		"close twice": func(t *testing.T, _ func(string, ...any)) {
			c := bootstrap(t, fixtureFeed(t))
			_ = c.Close()
			_ = c.Close()
		},
		"stickiness":             processStickiness,
		"interval":               processInterval,
		"shared backup":          processSharedBackup,
		"segments in the backup": processSegmentsInBackup,
		"backup wins":            processBackupWins,
		"race":                   processRace,
		"operator":               processOperator,
		"slow listener":          processSlowListener,
		"weights":                processWeights,
		"feed":                   processFeed,
	}
}
