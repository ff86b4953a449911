// Package provider answers OpenFeature evaluations with prompts: a flag says
// which version of a prompt the caller gets, and the value is that prompt,
// ready in memory.
//
//	bucket, err := store.OpenDir("/srv/prompts")
//	source, err := unleashflags.New(unleashflags.Options{URL: "https://unleash.acme.dev", Token: token})
//	err = openfeature.SetProviderAndWait(provider.New(source, bucket, nil))
//
//	v, err := client.ObjectValue(ctx, "support.triage", fallback, openfeature.NewEvaluationContext(userID, nil))
//	prompt, err := prompts.From(v)
//	messages, err := prompt.Render(map[string]any{"ticket": text})
//
// # How it works
//
// A flag source (package unleashflags) polls the flag server. What a new feed
// names is fetched from the bucket, checked against its digest and parsed
// before the feed becomes visible; every answer that a flag can give is worked
// out at that moment. An evaluation asks the source for the caller's variant,
// in memory, and picks the answer. It never does I/O and never waits.
//
// A prompt is loadable when its blob is there, hashes to the digest, is of a
// form that this version knows and carries the name that the ref has, which is
// the flag's key less Options.FlagPrefix. A fetch has three seconds, all that
// one feed names ten; what was missed is fetched again at later polls.
//
// # Answers of a prompt flag
//
// A flag is a prompt flag when a strategy has one of the roles stable and
// candidate (its parameter promptflag) or a payload that is a ref,
// name@sha256:<hex>.
//
//	situation                                   value              reason           error
//	the matched variant's prompt is loaded      that prompt        SPLIT (1)        -
//	environment OFF, or a parent not satisfied  stable             DISABLED (2)     -
//	ON, nothing matched or without a variant    stable             DEFAULT          -
//	the matched prompt is not loadable          stable             STALE            - (3)
//	stable is not loadable                      last stable        STALE            - (3)
//	the flag vanished, for 24 hours             last stable        STALE            - (3)
//	nothing is loadable                         caller's default   ERROR            GENERAL
//	unknown flag                                caller's default   ERROR            FLAG_NOT_FOUND
//	no feed yet, or shut down                   caller's default   ERROR            PROVIDER_NOT_READY
//
// (1) SPLIT when the matched strategy or one before it is partial (more than 0
// and less than 100 %), or when the matched one has several variants, else
// TARGETING_MATCH when one of these has constraints, else STATIC. (2) With
// Options.WhenOff = Default the caller's default. (3) And one ERROR event that
// names the flags; READY when all is served as asked again.
//
// Stable is what the first strategy in the role stable names; if no strategy
// has the role, the first one that everybody gets and that is no candidate. An
// earlier candidate is never served. The variant is the version, twelve hex
// digits; with the caller's default it is "default", never empty, because stock
// telemetry exports the value of an answer that has none.
//
// ObjectValue returns *prompts.Prompt: shared, immutable, printed as its ref
// and never as its content. With Options.Structure it is a map[string]any of
// the artifact, fresh at every call. StringValue returns the ref. BooleanValue
// is the plain switch, so that a team can turn the feature itself off; numbers
// are TYPE_MISMATCH.
//
// # Flag metadata
//
//	promptName            string
//	promptVersion         string  the digest, sha256:<64 hex>
//	promptRole            string  stable or candidate; absent for a strategy that is not ours
//	promptRequested       string  with STALE: the payload that is not loadable
//	promptFeedAgeSeconds  int64   since the flag server last confirmed the feed
//	flagSetId             string  <project>/<environment>
//	featureEnabled        bool    false with DISABLED; always there for plain flags
//	payloadType           string  plain flags only
//
// # Plain flags
//
// Every other flag answers as Unleash's own OpenFeature provider for Node does:
// a variant's payload with SPLIT (json for ObjectValue, string and csv for
// StringValue, number for the numbers), DISABLED and the default when it is not
// on for the caller, DEFAULT when there is no payload, TYPE_MISMATCH and
// PARSE_ERROR. One deviation: a flag that does not exist is FLAG_NOT_FOUND.
//
// # Life
//
// Init returns when the first feed is visible. It fails when that cannot be had,
// and the provider goes on trying: READY follows when it succeeds.
// CONFIGURATION_CHANGED comes after the change is visible and names the flags
// whose answer may differ. Shutdown ends every goroutine and closes the event
// channel once; then Init may be called again. All of it is idempotent. Bind a
// provider to one domain of one API: the OpenFeature SDK initialises it once
// for each domain and delivers its events to one listener.
package provider
