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
//	client's poll loop -> transport -> server or file
//	                        decode, normalise, mark
//	                        provider loads what the feed names
//	client decodes     <- body
//	client's storage   -> the feed becomes visible, one atomic store
//
// The transport is the client's HTTP transport, so the client polls us and we
// poll the server: with a time limit, without the client's back-off of up to
// eleven intervals after an error, and without its backup file, which all
// clients of one app name share. The storage keeps flags in memory. Clients in
// one process share nothing.
//
// An evaluation is the client's GetVariant on the definition that came with the
// flag, so that answer and feed belong together while a new feed arrives. The
// client does not say which strategy matched, and two may carry the same ref:
// payloads of prompt flags are therefore marked with their place before the
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
// buckets of Options.MetricsInterval. They are sent by a reporter of ours. The
// client's own makes NewClient wait for the server, puts a channel and two
// locks on every evaluation, and loses what was counted since its last report
// when it is closed; ours keeps what could not be sent and sends the rest when
// the source is closed.
package unleashflags
