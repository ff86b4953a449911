package schema

import "math"

// parameters are the model parameters, with the ranges that prompts checks.
func parameters() Node {
	return Node{
		"temperature":           number(0, 2, "How freely the model chooses words: 0 is the likeliest each time."),
		"top_p":                 number(0, 1, "The share of likely words that the model chooses from. Change this or temperature, not both."),
		"top_k":                 integer(0, math.MaxInt32, "The number of likely words that the model chooses from. OpenAI's models do not take it."),
		"max_tokens":            integer(1, math.MaxInt32, "The longest answer, in tokens."),
		"max_completion_tokens": integer(1, math.MaxInt32, "The longest answer with its reasoning, in tokens: max_tokens for OpenAI's reasoning models."),
		"presence_penalty":      number(-2, 2, "Above 0, words that were there already become less likely."),
		"frequency_penalty":     number(-2, 2, "Above 0, words become less likely the more often they were there."),
		"seed":                  integer(-1<<53, 1<<53, "The same seed asks for the same answer, as far as the API can."),
		"n":                     integer(1, 128, "The number of answers to one request."),
		"stop":                  Node{"type": []any{"string", "array"}, "items": Node{"type": "string"}, "description": "Texts at which the answer ends."},
		"reasoning_effort":      says("How long a reasoning model thinks: low, medium, high; which words it takes depends on the model."),
		"verbosity":             says("How much the model says: low, medium, high."),
		"service_tier":          says("The class of service at the vendor, such as default or flex."),
		"logit_bias": Node{"type": "object", "additionalProperties": number(-100, 100, "What is added to the likelihood of this token."),
			"description": "Makes tokens likelier or less likely, by their id."},
		"logprobs":            flag("true: the likelihood of each token comes with the answer."),
		"top_logprobs":        integer(0, 20, "The number of other tokens whose likelihood comes with each token; needs logprobs."),
		"parallel_tool_calls": flag("false: the model calls one tool at a time."),
		"tool_choice":         Node{"type": []any{"string", "object"}, "pattern": `\S`, "description": "auto, none, required, or a table that names the tool to call."},
		"store":               flag("true: the vendor keeps the answer."),
		"extra":               open("Parameters of one vendor, which are passed on as they are."),
	}
}
