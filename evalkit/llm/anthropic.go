package llm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

const (
	anthropicVersion = "2023-06-01"
	// anthropicMaxTokens is sent when the prompt writes no max_tokens, because the
	// API wants one. An answer that reaches it ends with length.
	anthropicMaxTokens = 4096
)

// anthropicPath takes base URLs with and without the version.
func anthropicPath(base string) string {
	if strings.HasSuffix(base, "/v1") {
		return "/messages"
	}
	return "/v1/messages"
}

// anthropicRequest is the body of POST /v1/messages. What has no counterpart
// there is a mistake, named as the prompt wrote it.
func anthropicRequest(r chat.Request) (map[string]any, error) {
	var m mistakes
	out := map[string]any{"model": r.Model, "max_tokens": anthropicMaxTokens}
	sendable(r.Messages, &m)
	system, messages := anthropicMessages(r.Messages, &m)
	if system != nil {
		out["system"] = system
	}
	out["messages"] = messages
	if len(r.Tools) > 0 {
		out["tools"] = anthropicTools(r.Tools)
	}
	config := map[string]any{}
	if format := anthropicFormat(r.Output, &m); format != nil {
		config["format"] = format
	}
	for _, key := range slices.Sorted(maps.Keys(r.Parameters)) {
		v := r.Parameters[key]
		switch key {
		case "temperature", "top_p", "top_k", "max_tokens":
			out[key] = v
		case "stop":
			if s, ok := v.(string); ok {
				v = []string{s}
			}
			out["stop_sequences"] = v
		case "reasoning_effort":
			if effort, _ := v.(string); !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, effort) {
				m.add("parameters.reasoning_effort: Anthropic has low, medium, high, xhigh and max")
			}
			config["effort"] = v
		case "service_tier":
			if tier, _ := v.(string); tier != "auto" && tier != "standard_only" {
				m.add("parameters.service_tier: Anthropic has auto and standard_only")
			}
			out[key] = v
		case "tool_choice", "parallel_tool_calls", "extra": // below
		case "max_completion_tokens":
			m.add("parameters.max_completion_tokens: write max_tokens for Anthropic")
		default:
			m.add("parameters.%s: Anthropic has nothing like it", name(key))
		}
	}
	if r.Logprobs {
		m.add("logprobs: Anthropic has nothing like it, and an assertion needs them")
	}
	if choice := anthropicChoice(r, &m); choice != nil {
		out["tool_choice"] = choice
	}
	if len(config) > 0 {
		out["output_config"] = config
	}
	mergeExtra(out, r.Parameters["extra"], &m)
	return out, m.err()
}

func anthropicTools(tools []prompts.Tool) []any {
	out := make([]any, len(tools))
	for i, t := range tools {
		tool := map[string]any{"name": t.Name, "input_schema": map[string]any{"type": "object"}}
		if t.Description != "" {
			tool["description"] = t.Description
		}
		if t.Parameters != nil {
			tool["input_schema"] = t.Parameters
		}
		if t.Strict != nil {
			tool["strict"] = *t.Strict
		}
		out[i] = tool
	}
	return out
}

// anthropicFormat is output_config.format, which the API enforces always.
func anthropicFormat(o *prompts.Output, m *mistakes) map[string]any {
	switch {
	case o == nil:
		return nil
	case o.Schema != nil && (o.Format == "" || o.Format == "json"):
		if o.Strict != nil && !*o.Strict {
			m.add("output.strict = false: Anthropic always keeps to a schema")
		}
		return map[string]any{"type": "json_schema", "schema": o.Schema}
	case o.Schema != nil || o.Strict != nil:
		m.add("output: strict and schema need the format json and a schema")
	case o.Format == "json":
		m.add("output.format = json: Anthropic needs a schema with it")
	case o.Format != "text" && o.Format != "":
		m.add("output.format %s: have json and text", name(o.Format))
	}
	return nil
}

// anthropicChoice is tool_choice, which also holds parallel_tool_calls.
func anthropicChoice(r chat.Request, m *mistakes) map[string]any {
	choice, hasChoice := r.Parameters["tool_choice"]
	parallel, hasParallel := r.Parameters["parallel_tool_calls"]
	if !hasChoice && !hasParallel {
		return nil
	}
	out := map[string]any{"type": "auto"}
	if hasChoice {
		out = choiceFrom(choice)
	}
	if out == nil {
		m.add("parameters.tool_choice: want auto, none, required or a function, as OpenAI has them")
		return nil
	}
	if hasParallel {
		allowed, ok := parallel.(bool)
		if !ok || len(r.Tools) == 0 || out["type"] == "none" {
			m.add("parameters.parallel_tool_calls: Anthropic takes it where tools may be called")
			return nil
		}
		out["disable_parallel_tool_use"] = !allowed
	}
	return out
}

func choiceFrom(v any) map[string]any {
	switch v {
	case "auto", "none":
		return map[string]any{"type": v}
	case "required":
		return map[string]any{"type": "any"}
	}
	object, _ := v.(map[string]any)
	function, _ := object["function"].(map[string]any)
	called, _ := function["name"].(string)
	if object["type"] != "function" || called == "" || len(object) != 2 || len(function) != 1 {
		return nil
	}
	return map[string]any{"type": "tool", "name": called}
}

// anthropicAnswer is what we read of an answer.
type anthropicAnswer struct {
	Model   string `json:"model"`
	Content *[]struct {
		Type  string          `json:"type"`
		Text  string          `json:"text"`
		ID    string          `json:"id"`
		Name  string          `json:"name"`
		Input json.RawMessage `json:"input"`
	} `json:"content"`
	Stop    string `json:"stop_reason"`
	Details *struct {
		Explanation string `json:"explanation"`
	} `json:"stop_details"`
	Usage *struct {
		Input        *int `json:"input_tokens"`
		Output       *int `json:"output_tokens"`
		CacheWritten int  `json:"cache_creation_input_tokens"`
		CacheRead    int  `json:"cache_read_input_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// readAnthropic reads an answer with status 200. Blocks of thinking are left
// out: they are not the answer.
func readAnthropic(body []byte) (chat.Response, error) {
	var a anthropicAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return chat.Response{}, err
	}
	if a.Content == nil {
		return chat.Response{}, insteadOf("content", a.Error, body)
	}
	if a.Stop == "" {
		return chat.Response{}, malformed("stop_reason is missing: nobody can tell whether the answer is whole")
	}
	out := chat.Response{Model: a.Model, Finish: anthropicFinish(a.Stop)}
	var text strings.Builder
	for i, b := range *a.Content {
		switch b.Type {
		case "text":
			text.WriteString(b.Text)
		case "tool_use":
			if b.Name == "" {
				return chat.Response{}, malformed("content[%d] names no tool", i)
			}
			out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: b.ID, Name: b.Name, Arguments: string(b.Input)})
		}
	}
	out.Text = text.String()
	if a.Stop == "refusal" {
		out.Refusal = out.Text
		if a.Details != nil && a.Details.Explanation != "" {
			out.Refusal = a.Details.Explanation
		}
		if out.Refusal == "" {
			out.Refusal = "refusal" // it gives no words: stop_reason is all it says
		}
	}
	if u := a.Usage; u != nil && u.Input != nil && u.Output != nil && u.CacheWritten >= 0 {
		out.Usage = known(chat.Usage{Input: *u.Input + u.CacheWritten + u.CacheRead, Cached: u.CacheRead, Output: *u.Output})
	}
	return out, nil
}

func anthropicFinish(reason string) string {
	switch reason {
	case "end_turn", "stop_sequence":
		return "stop"
	case "max_tokens", "model_context_window_exceeded":
		return "length"
	case "tool_use":
		return "tool_calls"
	case "refusal":
		return "content_filter"
	}
	return finish(reason)
}
