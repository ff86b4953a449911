// Package notify tells other systems what happened: by webhooks that take
// Slack's messages, and by JSON that is signed.
//
// It never decides anything: what cannot be told is a warning of the caller.
// Addresses and secrets come from environment variables, which messages and
// errors name instead. No text of a prompt or of a model is sent.
//
// # The signed webhook
//
// One POST with up to 100 events, application/json:
//
//	{"promptflag":1,"events":[{"kind":"published","prompt":"support.triage","environment":"production","version":"3f9a2c1b04de",
//	  "before":"stable 77ab01c2d3e4","after":"candidate 3f9a2c1b04de at 5 %","actor":"ann","reason":"shorter answers",
//	  "url":"https://github.com/acme/prompts/pull/7","time":"2026-03-01T12:00:00Z"}]}
//
// kind is published, promoted, rolled_back, drift or gate_failed; members that
// are not known are absent, and more may come. Any 2xx answer means that it was
// received; 429, 5xx and lost connections are tried again, up to three times, so
// an event may come twice, with the same signature.
//
// The headers X-Promptflag-Timestamp (Unix seconds) and X-Promptflag-Signature
// ("sha256=" and hex digits) prove where it comes from. The receiver
//
//  1. refuses a timestamp that is more than five minutes from its clock,
//  2. computes HMAC-SHA-256 over timestamp, ".", and the body as received, with
//     the shared secret as key,
//  3. compares in constant time.
//
// In a shell: printf '%s.%s' "$timestamp" "$body" | openssl dgst -sha256 -hmac "$secret".
package notify
