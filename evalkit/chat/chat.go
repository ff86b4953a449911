// Package chat says what a model is asked and what it answers, in the terms of
// chat completions. It calls nobody: the clients are in package llm, and
// whoever evaluates takes a Model.
package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// Request is everything that an answer depends on.
type Request struct {
	Model string `json:"model"`
	// Parameters have OpenAI's names, as a prompt writes them. A client leaves out
	// or translates what its endpoint calls otherwise.
	Parameters map[string]any    `json:"parameters,omitempty"`
	Messages   []prompts.Message `json:"messages"`
	Tools      []prompts.Tool    `json:"tools,omitempty"`
	Output     *prompts.Output   `json:"output,omitempty"`
	// Logprobs asks for the log probability of each token of the answer.
	Logprobs bool `json:"logprobs,omitempty"`
	// Repeat tells apart requests that are otherwise equal, so that repeated
	// samples stay independent. It is not sent.
	Repeat int `json:"repeat"`
}

// Key is the identity of a request to a family of endpoints ("openai",
// "anthropic"): 64 hex digits, the SHA-256 of its canonical JSON (RFC 8785).
// Requests with the same key may share an answer.
func (r Request) Key(family string) (string, error) { return key("chat", family, r) }

func key(kind, family string, request any) (string, error) {
	text, err := prompts.Canonical(map[string]any{"kind": kind, "family": family, "request": request})
	if err != nil {
		return "", fmt.Errorf("key of a request: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Response is one answer.
type Response struct {
	// Text is what the model said; "" when it only called tools or refused.
	Text string `json:"text"`
	// Refusal is the model's own words when it says by a field of its API that it
	// refuses; "" otherwise.
	Refusal   string     `json:"refusal,omitempty"`
	ToolCalls []ToolCall `json:"toolCalls,omitempty"`
	// Finish is why the answer ended: stop, length, content_filter, tool_calls, or
	// the endpoint's own word when it is none of them.
	Finish string `json:"finish"`
	// Model is who answered, as the endpoint says it: often a dated version of the
	// model that was asked.
	Model string `json:"model,omitempty"`
	Usage Usage  `json:"usage"`
	// Logprobs are the natural logarithms of the tokens' probabilities, in order;
	// nil when the endpoint gives none.
	Logprobs []float64 `json:"logprobs,omitempty"`
	// Latency is the time of the attempt that succeeded, without waiting and
	// without attempts that failed. A recorded answer keeps its own.
	Latency time.Duration `json:"latencyNanoseconds"`

	// Recorded: no call was made for this answer, a record of it was read.
	Recorded bool `json:"-"`
}

// ToolCall is a function that the model wants to have called.
type ToolCall struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // JSON as the model wrote it, which may be broken
}

// Usage counts tokens. Known is false when the endpoint did not say: then the
// cost is unknown, not zero.
type Usage struct {
	Known  bool `json:"known"`
	Input  int  `json:"input"`  // all tokens of the request, those from a cache included
	Cached int  `json:"cached"` // of Input, those that the endpoint had in a cache
	Output int  `json:"output"` // of the answer, reasoning included
}

// A Model answers requests. It may be used by several goroutines. Errors of the
// endpoint are *Error.
type Model interface {
	Complete(ctx context.Context, r Request) (Response, error)
}

// EmbedRequest asks for the embeddings of texts.
type EmbedRequest struct {
	Model string   `json:"model"`
	Texts []string `json:"texts"`
}

// Key is as Request.Key.
func (r EmbedRequest) Key(family string) (string, error) { return key("embeddings", family, r) }

// Embeddings are one vector for each text.
type Embeddings struct {
	Vectors [][]float64 `json:"vectors"`
	Usage   Usage       `json:"usage"`

	Recorded bool `json:"-"`
}

// An Embedder turns texts into vectors. It may be used by several goroutines.
type Embedder interface {
	Embed(ctx context.Context, r EmbedRequest) (Embeddings, error)
}

// Fault is what kind of thing went wrong with a request.
type Fault string

// The faults. A person mends some of them (Unauthorized, BadRequest, Unknown
// model, NotRecorded); the others may be gone at the next run.
const (
	Unauthorized Fault = "unauthorized" // 401, 403, or there is no key
	BadRequest   Fault = "bad request"  // 400, 404, 422: the endpoint will not take it
	RateLimited  Fault = "rate limited" // 429 to the last attempt
	Unavailable  Fault = "unavailable"  // 5xx, no connection
	Malformed    Fault = "malformed"    // an answer that is not what the API documents
	Cut          Fault = "cut"          // an answer that ended in the middle
	TimedOut     Fault = "timed out"    // no answer before the deadline of the request
	NotRecorded  Fault = "not recorded" // replay, and there is no record of it
	OverBudget   Fault = "over budget"  // not asked, because the money or time is spent
)

// Error is why there is no answer.
type Error struct {
	Fault    Fault
	Status   int // of HTTP; 0 when there was no answer
	Attempts int // requests sent; 0 when none was
	// Err says more. It holds neither keys nor texts of prompts or models.
	Err error
}

func (e *Error) Error() string {
	text := string(e.Fault)
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf(" after %d attempts", e.Attempts)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }
