// Package unleashflags is a flag source for package provider on Unleash's Go
// clients. With its engines it is the only part of the provider that knows Unleash.
//
//	unleashflags.New(unleashflags.Options{URL: "https://unleash.acme.dev", Token: os.Getenv("UNLEASH_CLIENT_TOKEN")})
//	unleashflags.New(unleashflags.Options{URL: "file:///srv/prompts/flags", Environment: "production"})
//
// The second form is the embedded default and needs no server: the document
// <dir>/<environment>.json, which promptflag writes, is turned into the feed
// that a server would give.
//
// # Construction
//
// An engine decides; everything around it is ours:
//
//	poll loop:   fetch from server or file -> normalise, mark, compile -> provider,
//	             which loads what the feed names and makes it visible flag by flag
//	evaluation:  a flag that the provider shows -> its parents -> the engine, with the
//	             definition that came with the flag -> match
//
// The clients take the definition of a flag as an option of every call, so that
// answer and feed belong together while the next feed arrives. Their own polls,
// their storage and their metrics have no part: with them a client does not start
// while the server hangs, waits up to eleven intervals after an outage, shares
// a file in the temporary directory with every client of the same app name and
// holds evaluations up while it takes in a large feed. What they keep is what they
// are for: strategies, constraints, stickiness and variants, exactly as in every
// other Go service that uses Unleash. Sources in one process share nothing.
//
// The clients do not say which strategy matched, and two may carry the same
// ref: payloads of prompt flags are therefore marked with their place before an
// engine sees them. Marks never leave this package.
//
// # Engines
//
// The default is unleash-client-go v4.5.0; package unleashv6 has its successor,
// for Options.Engine. Of the 275 cases of Unleash's client specification 6.1.0
// that are not about streaming, driven through OpenFeature and this source,
//
//	v4.5.0   passes 247; the other 28 use REGEX (18), IN_CIDR (6), SEMVER_GTE and SEMVER_LTE (4)
//	v6.4.0   passes 275
//
// What an engine does not know is never wrong in silence: a strategy with such
// an operator, of an unknown kind, or with a segment that is not in the feed
// matches nobody, keeps its place, and provider.Flag.Trouble names it, which the
// provider turns into an ERROR event.
//
// Parents of a flag are evaluated here, for both engines in the same way: the
// flag is off unless each of them is as demanded, by its definition in the newest
// feed. A parent that is missing, or has parents itself, is never as demanded;
// one that is unresolved is not known to be off, nor which variant it gives.
//
// # Context
//
// The targeting key is Unleash's userId and wins over an attribute of that
// name. The attributes userId, sessionId, remoteAddress, environment, appName
// and currentTime are Unleash's fields of these names; all others are
// properties. Values become strings: floats without an exponent, times as RFC
// 3339. Only what the rules of a flag read is looked at; what is not scalar is
// left out, with a line in the log for each name.
//
// # Exposures
//
// Registration and exposure counts are sent as Unleash's own clients send them,
// so the Metrics tab shows them: yes, no and a count for each variant, in
// buckets of Options.MetricsInterval. What could not be sent is sent with the
// next bucket (if only the answer was lost, it counts twice), and closing the
// source sends the last one. An embedded document has nobody to report to.
package unleashflags
