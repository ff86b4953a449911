// Package llm calls models: the OpenAI dialect of chat completions and
// embeddings (OpenAI, Azure, vLLM, Ollama's /v1, OpenRouter and any other base
// URL), and Anthropic's messages; with limits, retries, prices and recorded
// responses.
//
// A Client is one endpoint. It implements chat.Model and chat.Embedder and is
// what a whole run shares: its limits hold for all goroutines together.
//
//	client, err := llm.New(llm.Endpoint{Family: llm.OpenAI, KeyEnv: "OPENAI_API_KEY", Concurrency: 32},
//		&llm.Options{Getenv: os.Getenv})
//	records, err := llm.OpenDir("recorded")
//	model := llm.NewRecorder(client, client, client.Family(), records, llm.Record, nil)
//
// # What is sent
//
// What the prompt says, or nothing: a parameter that the endpoint has no place
// for is a *chat.Error with chat.BadRequest that names it, before anything is
// sent. Parameters of the OpenAI dialect are sent by the name that they have,
// whether we know it or not; those of Anthropic are translated and have to be
// known. The members of parameters.extra are merged into the request; one that
// says otherwise than the rest of the request is an error.
//
// With n above 1, the first choice is the answer; all are paid.
//
// # What comes back
//
// Of the endpoint's own words in an error only its identifiers are kept (type,
// code, param, the id of the request), because a message may quote the prompt
// or a part of the key. Redirects are not followed: a key goes to the host that
// the base URL names.
//
// # Retries
//
// One layer. A 429, any 5xx but 501, a 408, no connection, an answer that ends
// early or is not what the API documents: all are attempts that failed, and there
// are at most Options.Attempts. An attempt that exceeds Endpoint.Timeout is
// tried once more and not oftener, since the endpoint may ask money for both. What the
// endpoint says by Retry-After is waited, up to Options.MaxWait, and after a
// 429 all requests to the endpoint wait.
package llm
