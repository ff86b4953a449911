package schema

func gate() Node {
	return table("What evaluations mean for publishing.", Node{
		"require_suite": with(flag("A prompt without a suite is not published. Default false."), Node{"default": false}),
		"on_inconclusive": oneOf("What happens to a version of which the evaluation could not tell. Default stop.",
			word{"stop", "It is not published."}, word{"publish", "It is published all the same."}),
	})
}

func endpoint() Node {
	const most = 1_000_000_000
	return table("An API of models.", Node{
		"family": oneOf("The dialect that it speaks. Default openai.",
			word{"openai", "OpenAI, and what speaks as it does: vLLM, Ollama, OpenRouter and others, by base_url."},
			word{"azure", "Azure OpenAI: the model is the name of the deployment."}, word{"anthropic", "Anthropic's messages."}),
		"base_url":            matching("^https?://[^/?#@]+[^?#@]*$", "Where it is. Default the vendor's own. Without credentials."),
		"key_env":             text("The environment variable with the key. Default OPENAI_API_KEY, AZURE_OPENAI_API_KEY or ANTHROPIC_API_KEY. - sends none."),
		"api_version":         text("The api-version of azure."),
		"concurrency":         integer(1, most, "Calls at the same time. Default 16."),
		"requests_per_minute": integer(1, most, "Calls a minute. Default no limit."),
		"tokens_per_minute":   integer(1, most, "Tokens a minute, of requests and answers. Default no limit."),
		"timeout_seconds":     integer(1, most, "Of one attempt. Default 120."),
		"headers": with(named("Sent with every request, for gateways. Without secrets: keys come by key_env.", "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", matching(`^[\t -~]*$`, "The value.")),
			Node{"propertyNames": Node{"not": Node{"pattern": keyHeaders}}}),
	})
}

// keyHeaders are the headers with keys, in letters of both cases: patterns of
// schemas have no flags.
const keyHeaders = "^([Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]|" +
	"[Pp][Rr][Oo][Xx][Yy]-[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]|" +
	"([Xx]-)?[Aa][Pp][Ii]-[Kk][Ee][Yy]|[Cc][Oo][Oo][Kk][Ii][Ee])$"

func price() Node {
	usd := func(doc string) Node {
		return Node{"type": "number", "minimum": 0, "exclusiveMaximum": 1_000_000_000, "description": doc}
	}
	return table("What a model costs, in USD per million tokens.", Node{
		"input":  usd("Of the request."),
		"output": usd("Of the answer. 0 for models of embeddings."),
		"cached": usd("Of what the endpoint had in a cache. Default as input."),
		"date":   text("Since when."),
	}, "input", "output")
}
