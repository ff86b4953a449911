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
// A flag source (package unleashflags) polls the flag server. One goroutine
// takes each new feed apart, flag by flag: what a flag names is fetched, checked
// against its digest and parsed, every answer that the flag can give is worked
// out, and then evaluation sees the new definition. Until then that flag keeps
// its old one, for ten seconds at most, and every other flag, and every flag
// that is switched OFF, goes on at once. A version that failed once is not
// waited for again. An evaluation is one look into a map and one question to
// the flag source; it does no I/O and waits for nobody who does.
//
// A prompt is loadable when its blob is there, hashes to the digest, is of a
// form that this version knows and carries the name that the ref has, which is
// the flag's key less Options.FlagPrefix. It comes from memory, else disk, else
// the bundle, else the bucket. A fetch from the bucket has three seconds; no
// failure is final, a missing blob and a refusal included: it is tried again
// after 1, 2, 4 … 60 seconds, give or take a fifth, a few of those that failed
// at each poll, and all of them when the bucket answers again.
//
// # Answers of a prompt flag
//
// A flag is a prompt flag when a strategy has one of the roles stable and
// candidate (its parameter promptflag) or a payload that is a ref,
// name@sha256:<hex>, or when it was one before.
//
//	situation                                   value              reason           error
//	the matched variant's prompt is loaded      that prompt        SPLIT (1)        -
//	environment OFF, or a parent not satisfied  stable             DISABLED (2)     -
//	ON, nothing matched or without a variant    stable             DEFAULT          -
//	the matched prompt is not loadable          stable             STALE            - (3)
//	behind a strategy that cannot be resolved   what matched       STALE            - (3)
//	stable is not loadable                      last stable (4)    STALE            - (3)
//	the flag vanished, for Options.Gone         last stable (4)    STALE            - (3)
//	partial candidate, feed past MaxFeedAge     stable             STALE            -
//	the flag source panics                      stable             STALE            -
//	the caller pins a version (WithPin)         that version       STATIC           -
//	nothing is loadable                         caller's default   ERROR            GENERAL
//	unknown flag                                caller's default   ERROR            FLAG_NOT_FOUND
//	no feed yet, or shut down                   caller's default   ERROR            PROVIDER_NOT_READY
//
// (1) SPLIT when the matched strategy, one before it or one of a parent flag is
// partial (more than 0 and less than 100 %), or when the matched one has several
// variants, else TARGETING_MATCH when one of these has constraints, else STATIC.
// (2) With Options.WhenOff = Default the caller's default. (3) And one ERROR
// event that names the flags; READY when all is served as asked again. (4) The
// one that this process loaded last, else the one that the last good state on
// disk names, else the bundle's.
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
//	promptRequested       string  with STALE: what was asked for and could not be had
//	promptPinned          bool    true: the caller's pin decided, not the flag
//	promptFeedAgeSeconds  int64   since the flag server last confirmed the feed
//	flagSetId             string  <project>/<environment>
//	featureEnabled        bool    false with DISABLED; always there for plain flags and BooleanValue
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
// # Purged versions
//
// A version that must not exist any more, because a secret was in it, is named
// by its digest in the parameter promptflagPurged of the flag's stable strategy.
// With the feed that says so the provider drops it from memory, removes it from
// the disk cache and never loads it again: not for a flag, a pin or Resolve, not
// from the bundle, and not after the next start, which reads the list from the
// last good state. A flag that names nothing else answers the caller's default.
// Prompts that callers hold already, and the bytes of an embedded bundle, are out
// of its reach.
//
// # Starting, and what is on disk
//
// Init returns when every flag can be answered. When the flag server refuses
// the connection, or does not answer within 250 ms, the last good feed on disk
// is used; without one, and after the first poll has failed, the last stable
// versions that are known; without these, the bundle (Options.Baseline), of
// which partial candidates are not served. STALE follows with the next poll.
// With none of these Init fails, the provider goes on trying, and READY comes
// when it succeeds.
//
// Options.CacheDir keeps prompts, the last feed and the last good state, in
// files that are checked when they are read. Disk errors never fail an
// evaluation; they are logged. A feed that is empty, or has lost more than half
// of what was known, is taken for an outage of the server: it does not replace
// the one on disk.
//
// # Events
//
//	READY                  all is current and served as asked, after STALE or ERROR
//	STALE                  three polls in a row failed, or there was no server at the start
//	ERROR                  at once when the server refuses the token; when flags are not
//	                       served as asked; and once for each definition of a flag whose
//	                       candidate is dialled by a context field that a caller lacks
//	CONFIGURATION_CHANGED  after the change is visible; FlagChanges are the flags whose
//	                       answer may differ
//
// All evaluations are answered in every state. The SDK drops error codes on the
// way to handlers: the event metadata has errorCode.
//
// # Life
//
// Shutdown ends every goroutine and closes the event channel once; then Init
// may be called again. All of it is idempotent. Bind a provider to one domain of
// one API: the OpenFeature SDK initialises it once for each domain and delivers
// its events to one listener.
package provider
