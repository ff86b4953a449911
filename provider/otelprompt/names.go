package otelprompt

import "go.opentelemetry.io/otel/attribute"

// ScopeName is the instrumentation scope of the metrics.
const ScopeName = "github.com/promptflag/promptflag/provider/otelprompt"

// Attribute keys. They are written out instead of taken from a semconv package:
// they are frozen here, whatever version of OpenTelemetry is linked.
const (
	keyPromptName    = attribute.Key("gen_ai.prompt.name")
	keyPromptVersion = attribute.Key("gen_ai.prompt.version")

	keyFlag     = attribute.Key("feature_flag.key")
	keyFlags    = attribute.Key("feature_flag.provider.name")
	keyVariant  = attribute.Key("feature_flag.result.variant")
	keyReason   = attribute.Key("feature_flag.result.reason")
	keySet      = attribute.Key("feature_flag.set.id")
	keyError    = attribute.Key("error.type")
	keyModel    = attribute.Key("gen_ai.request.model")
	keyProvider = attribute.Key("gen_ai.provider.name")
	keyOp       = attribute.Key("gen_ai.operation.name")
	keyToken    = attribute.Key("gen_ai.token.type")
	keyScore    = attribute.Key("gen_ai.evaluation.name")

	keyRole     = attribute.Key("promptflag.role")
	keyOutcome  = attribute.Key("promptflag.outcome")
	keyCurrency = attribute.Key("promptflag.currency")
	keyRating   = attribute.Key("promptflag.feedback.rating")
)

// evaluationEvent is the name of the span event of one evaluation.
const evaluationEvent = "feature_flag.evaluation"

// Keys of package provider's flag metadata that are read here.
const (
	metaName    = "promptName"
	metaVersion = "promptVersion"
	metaRole    = "promptRole"
	metaSet     = "flagSetId"
)

// ErrorType says in one word how a model call failed. The first four are
// seldom the prompt's doing, the next four often.
type ErrorType string

// All error types that are reported; any other value counts as Other.
const (
	Timeout     ErrorType = "timeout"      // no answer in time
	Canceled    ErrorType = "canceled"     // the caller gave up
	RateLimited ErrorType = "rate_limited" // too many requests, or out of quota
	Unavailable ErrorType = "unavailable"  // the model's server failed or was not reached

	Rejected      ErrorType = "rejected"       // the request was refused: too long, bad parameters or schema
	Filtered      ErrorType = "content_filter" // refused or cut by a content filter
	Truncated     ErrorType = "truncated"      // the answer hit its token limit
	InvalidOutput ErrorType = "invalid_output" // the answer has not the form that the prompt asks for

	Other ErrorType = "_OTHER"
)

func (t ErrorType) known() ErrorType {
	switch t {
	case Timeout, Canceled, RateLimited, Unavailable, Rejected, Filtered, Truncated, InvalidOutput:
		return t
	}
	return Other
}

// Rating is what a person said of an answer.
type Rating string

// The ratings.
const (
	Positive Rating = "positive"
	Negative Rating = "negative"
)

const (
	outcomeSuccess = "success"
	outcomeError   = "error"
)

// operation returns op if the conventions know it: chat when it is empty,
// _OTHER when they do not.
func operation(op string) string {
	switch op {
	case "":
		return "chat"
	case "chat", "generate_content", "text_completion", "embeddings", "retrieval", "invoke_agent", "invoke_workflow", "execute_tool", "plan":
		return op
	}
	return string(Other)
}
