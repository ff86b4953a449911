// Package unleashflags is a flag source for package provider on Unleash's Go
// client, and the only package of the provider that knows Unleash.
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
// The client (unleash-client-go v4.5.0) decides; everything around it is ours:
//
//	poll loop:   fetch from server or file -> normalise, mark, compile -> provider,
//	             which loads what the feed names and makes it visible flag by flag
//	evaluation:  a flag that the provider shows -> client's GetVariant on the
//	             definition that came with it -> match
//
// The client takes the definition of a flag as an option of every call, so that
// answer and feed belong together while the next feed arrives. Its own polls,
// its storage and its metrics have no part: with them a client does not start
// while the server hangs, waits up to eleven intervals after an outage, shares
// a file in the temporary directory with every client of the same app name and
// holds evaluations up while it takes in a large feed. What it keeps is what it
// is for: strategies, constraints, stickiness and variants, exactly as in every
// other Go service that uses Unleash. Clients in one process share nothing.
//
// The client does not say which strategy matched, and two may carry the same
// ref: payloads of prompt flags are therefore marked with their place before the
// client sees them. Marks never leave this package.
//
// # Context
//
// The targeting key is Unleash's userId and wins over an attribute of that
// name. The attributes userId, sessionId, remoteAddress, environment, appName
// and currentTime are Unleash's fields of these names; all others are
// properties. Values become strings: floats without an exponent, times as RFC
// 3339. What is not scalar is left out, with a line in the log at debug level.
//
// # Exposures
//
// Registration and exposure counts are sent as Unleash's own clients send them,
// so the Metrics tab shows them: yes, no and a count for each variant, in
// buckets of Options.MetricsInterval. What could not be sent is sent with the
// next bucket, and closing the source sends the last one. An embedded document
// has nobody to report to.
package unleashflags
