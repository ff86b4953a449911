// Package otelprompt links traces and metrics to prompts, on the OpenTelemetry
// API alone: which version of which prompt a request got, and how the model
// call that used it went.
//
//	api.AddHooks(otelprompt.Hook{})
//	runs, err := otelprompt.NewRuns(meterProvider, nil)
//
//	v, err := client.ObjectValueDetails(ctx, "support.triage", fallback, caller)
//	prompt, err := prompts.From(v.Value)
//	ctx, span := tracer.Start(ctx, "chat", trace.WithAttributes(otelprompt.Attributes(prompt)...))
//	run := runs.Start(ctx, prompt, otelprompt.Served(v.FlagMetadata))
//	… the model call …
//	run.Tokens(usage.Input, usage.Output)
//	run.Succeed()                  // or run.Fail(otelprompt.Timeout)
//	answer.Feedback = run.Token()  // later, anywhere: runs.Resume(token), then Feedback or Score
//
// # Spans
//
// Hook writes on the span of the evaluation's context, when it records:
//
//	gen_ai.prompt.name           support.triage
//	gen_ai.prompt.version        3f9a2c1b04de
//	feature_flag.key             support.triage
//	feature_flag.provider.name   promptflag
//	feature_flag.result.variant  3f9a2c1b04de
//	feature_flag.result.reason   split
//	feature_flag.set.id          default/production
//
// A span has one value for each attribute. These are written together, empty
// ones too, and only by evaluations that gave a prompt, so they always describe
// one evaluation: the last that gave a prompt. Every evaluation, of plain flags
// and failed ones too, is also a span event feature_flag.evaluation with the
// same attributes less the empty ones, and error.type where it failed. The span
// itself never gets error.type: it would call the service's operation failed,
// which went on with the caller's default, and could not be taken back.
//
// gen_ai.prompt.version is the version, twelve hex digits, and not the digest.
// The convention asks for the identifier that the prompt management system
// uses: that is what people see as the variant in the flag server, in release
// records and on the command line, and it is the label of the metrics, so that
// a trace and a series can be joined. The digest is the identity of bytes.
//
// The span of the evaluation is seldom the span of the model call, and a hook
// cannot change the caller's context. Attributes are for the latter;
// ContextWithPrompt carries the prompt there.
//
// # Metrics
//
//	gen_ai.client.token.usage                    histogram  {token}       gen_ai.token.type: input, output
//	gen_ai.client.operation.duration             histogram  s             error.type when it failed
//	gen_ai.client.operation.time_to_first_chunk  histogram  s
//	promptflag.run.started                       counter    {run}
//	promptflag.run.finished                      counter    {run}         promptflag.outcome: success, error; error.type
//	promptflag.run.cost                          histogram  {currency}    promptflag.currency
//	promptflag.feedback                          counter    {feedback}    promptflag.feedback.rating: positive, negative
//	promptflag.score                             histogram  1             gen_ai.evaluation.name
//
// All have gen_ai.prompt.name and gen_ai.prompt.version, and where known
// promptflag.role (candidate or stable) and feature_flag.set.id (the
// environment). Those of the conventions also have gen_ai.operation.name, and
// gen_ai.request.model and gen_ai.provider.name where known. Names, units and
// buckets are those of the conventions for generative AI where these have one.
// Time to first token is measured here in the client, so it is their
// time_to_first_chunk and not gen_ai.server.time_to_first_token.
//
// An instrumented model client may report the gen_ai metrics as well. Those
// from here have the scope name ScopeName and a gen_ai.prompt.name: select by
// these before adding up.
//
// The number of series is bounded. Error types, outcomes, roles and operations
// are fixed sets; at most 32 names of scores and 16 of model providers are
// taken in the life of a Runs; the model is the one that the artifact names;
// prompts that come from outside (tokens without a key, refs of Track) are at
// most 1,000. Nothing here ever reads a user id, a value of the evaluation
// context, the text of a prompt or of an answer.
//
// internal/contract/metrics.json freezes all names, for those who read them.
package otelprompt
