package otelprompt

import (
	"context"
	"strings"

	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptflag/promptflag/prompts"
)

// Hook is an OpenFeature hook that puts evaluations on the current span; the
// package comment says what. It never reads the evaluation context, and of the
// value only name and version. Without a span that records it costs nothing:
// no allocation. The zero value is ready; it may be shared by goroutines.
type Hook struct{ openfeature.UnimplementedHook }

var _ openfeature.Hook = Hook{}

// Finally writes the evaluation on ctx's span.
func (Hook) Finally(ctx context.Context, hc openfeature.HookContext, d openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	set, _ := d.FlagMetadata[metaSet].(string)
	attrs := make([]attribute.KeyValue, 0, 8)
	attrs = append(attrs,
		keyFlag.String(hc.FlagKey()),
		keyFlags.String(hc.ProviderMetadata().Name),
		keyVariant.String(d.Variant),
		keyReason.String(reason(d.Reason)),
		keySet.String(set),
	)
	if name, version, ok := promptOf(d); ok {
		attrs = append(attrs, keyPromptName.String(name), keyPromptVersion.String(version))
		span.SetAttributes(attrs...)
	}
	event := make([]attribute.KeyValue, 0, 8)
	for _, a := range attrs {
		if a.Value.AsString() != "" {
			event = append(event, a)
		}
	}
	if d.ErrorCode != "" {
		event = append(event, keyError.String(errorCode(d.ErrorCode)))
	}
	span.AddEvent(evaluationEvent, trace.WithAttributes(event...))
}

// promptOf returns the prompt that the caller gets. The value goes first: a
// caller's default can be a prompt, and then that is what the model sees.
func promptOf(d openfeature.InterfaceEvaluationDetails) (name, version string, ok bool) {
	if p, is := d.Value.(*prompts.Prompt); is && p != nil {
		return p.Name(), p.Version(), true
	}
	name, _ = d.FlagMetadata[metaName].(string)
	digest, _ := d.FlagMetadata[metaVersion].(string)
	parsed, err := prompts.ParseDigest(digest)
	if err != nil || prompts.ValidName(name) != nil {
		return "", "", false
	}
	return name, parsed.Version(), true
}

// reason is r as the conventions write it.
func reason(r openfeature.Reason) string {
	if r == "" {
		return "unknown"
	}
	return strings.ToLower(string(r))
}

// errorCode is c as the conventions write it. Messages are never used: they
// are free text.
func errorCode(c openfeature.ErrorCode) string {
	switch c {
	case openfeature.ProviderNotReadyCode, openfeature.ProviderFatalCode, openfeature.FlagNotFoundCode, openfeature.ParseErrorCode,
		openfeature.TypeMismatchCode, openfeature.TargetingKeyMissingCode, openfeature.InvalidContextCode, openfeature.GeneralCode:
		return strings.ToLower(string(c))
	}
	return string(Other)
}

// Attributes are gen_ai.prompt.name and gen_ai.prompt.version of p, in a fresh
// slice, for the span of the model call. A nil p has none.
func Attributes(p *prompts.Prompt) []attribute.KeyValue {
	if p == nil {
		return nil
	}
	return []attribute.KeyValue{keyPromptName.String(p.Name()), keyPromptVersion.String(p.Version())}
}

type promptKey struct{}

// ContextWithPrompt returns a context that carries p to where the model is
// called. It stays in the process: nothing of it is propagated to other
// services.
func ContextWithPrompt(ctx context.Context, p *prompts.Prompt) context.Context {
	return context.WithValue(ctx, promptKey{}, p)
}

// PromptFromContext returns the prompt that ContextWithPrompt put into ctx; ok
// is false when there is none.
func PromptFromContext(ctx context.Context) (p *prompts.Prompt, ok bool) {
	p, _ = ctx.Value(promptKey{}).(*prompts.Prompt)
	return p, p != nil
}
