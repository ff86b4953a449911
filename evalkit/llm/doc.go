// Package llm calls models: the OpenAI dialect of chat completions, Anthropic's
// messages, embeddings; with retries, limits and recorded responses.
package llm
