package llm

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

func ptr[T any](v T) *T { return &v }

// full is a request with one of everything that both families take.
func full() chat.Request {
	return chat.Request{
		Model: "m",
		Parameters: map[string]any{
			"temperature": 0.0, "top_p": 1.0, "max_tokens": 400.0, "stop": "END", "tool_choice": "required",
			"parallel_tool_calls": false, "reasoning_effort": "low", "service_tier": "auto",
			"extra": map[string]any{"vendor_thing": map[string]any{"on": true}},
		},
		Messages: []prompts.Message{
			{Role: "system", Content: "sort <tickets> & more"},
			{Role: "user", Parts: []prompts.Part{
				{Type: "text", Text: "look", Other: map[string]any{"cache_control": map[string]any{"type": "ephemeral"}}},
				{Type: "image_url", Image: &prompts.Image{URL: "https://example.com/cat.png"}},
				{Type: "image_url", Image: &prompts.Image{URL: "data:image/png;base64,AAAA", Detail: "auto"}},
				{Type: "file", File: &prompts.File{Data: "data:application/pdf;base64,BBBB", Name: "a.pdf"}},
			}},
			{Role: "assistant", Other: map[string]any{"tool_calls": []any{
				map[string]any{"id": "c1", "type": "function", "function": map[string]any{"name": "search", "arguments": `{"q": 1}`}},
				map[string]any{"id": "c2", "type": "function", "function": map[string]any{"name": "search", "arguments": `{}`}},
			}}},
			{Role: "tool", Content: "found", Other: map[string]any{"tool_call_id": "c1"}},
			{Role: "tool", Content: "", Other: map[string]any{"tool_call_id": "c2"}},
			{Role: "user", Content: "go on"},
		},
		Tools:  []prompts.Tool{{Name: "search", Description: "searches", Parameters: map[string]any{"type": "object"}, Strict: ptr(true)}},
		Output: &prompts.Output{Format: "json", Schema: map[string]any{"type": "object"}, Strict: ptr(true)},
	}
}

const wantOpenAI = `{
 "model": "m", "temperature": 0, "top_p": 1, "max_tokens": 400, "stop": "END", "tool_choice": "required", "parallel_tool_calls": false,
 "reasoning_effort": "low", "service_tier": "auto", "vendor_thing": {"on": true},
 "messages": [
  {"role": "system", "content": "sort <tickets> & more"},
  {"role": "user", "content": [
   {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
   {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
   {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "auto"}},
   {"type": "file", "file": {"file_data": "data:application/pdf;base64,BBBB", "filename": "a.pdf"}}]},
  {"role": "assistant", "tool_calls": [
   {"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{\"q\": 1}"}},
   {"id": "c2", "type": "function", "function": {"name": "search", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "c1", "content": "found"},
  {"role": "tool", "tool_call_id": "c2", "content": ""},
  {"role": "user", "content": "go on"}],
 "tools": [{"type": "function", "function": {"name": "search", "description": "searches", "parameters": {"type": "object"}, "strict": true}}],
 "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": true}}}`

const wantAnthropic = `{
 "model": "m", "temperature": 0, "top_p": 1, "max_tokens": 400, "stop_sequences": ["END"], "service_tier": "auto", "vendor_thing": {"on": true},
 "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
 "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
 "system": [{"type": "text", "text": "sort <tickets> & more"}],
 "messages": [
  {"role": "user", "content": [
   {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
   {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}},
   {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
   {"type": "document", "title": "a.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "BBBB"}}]},
  {"role": "assistant", "content": [
   {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": 1}},
   {"type": "tool_use", "id": "c2", "name": "search", "input": {}}]},
  {"role": "user", "content": [
   {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "found"}]},
   {"type": "tool_result", "tool_use_id": "c2", "content": []}]},
  {"role": "user", "content": [{"type": "text", "text": "go on"}]}],
 "tools": [{"name": "search", "description": "searches", "input_schema": {"type": "object"}, "strict": true}]}`

// sent is the request that a client sends.
func sent(t *testing.T, e Endpoint, r chat.Request) (req *http.Request, body string) {
	t.Helper()
	c := client(t, e, Options{}, func(w http.ResponseWriter, got *http.Request) {
		b, _ := io.ReadAll(got.Body)
		req, body = got, string(b)
		if e.Family == Anthropic {
			_, _ = io.WriteString(w, anthropicOK)
		} else {
			_, _ = io.WriteString(w, openaiOK)
		}
	})
	if _, err := c.Complete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return req, body
}

func TestRequests(t *testing.T) {
	for family, want := range map[string]string{OpenAI: wantOpenAI, Anthropic: wantAnthropic} {
		r := full()
		before, _ := json.Marshal(r)
		req, got := sent(t, Endpoint{Family: family, Headers: map[string]string{"x-extra": "1"}}, r)
		var a, b any
		if err := json.Unmarshal([]byte(want), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: %s", family, diff)
		}
		if strings.Contains(got, `\u003c`) || !strings.Contains(got, "sort <tickets> & more") {
			t.Errorf("%s: text was escaped: %s", family, got)
		}
		if after, _ := json.Marshal(r); string(before) != string(after) {
			t.Errorf("%s: the caller's request was changed", family)
		}
		if h := req.Header; h.Get("X-Extra") != "1" || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", family, h)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		e                 Endpoint
		url, header, want string
	}{
		{Endpoint{Family: OpenAI}, "/chat/completions", "Authorization", "Bearer " + key},
		{Endpoint{Family: Azure, APIVersion: "2024-10-21"}, "/openai/deployments/m/chat/completions?api-version=2024-10-21", "Api-Key", key},
		{Endpoint{Family: Anthropic}, "/v1/messages", "X-Api-Key", key},
	} {
		req, _ := sent(t, tt.e, ask())
		if req.URL.String() != tt.url || req.Header.Get(tt.header) != tt.want || req.Method != http.MethodPost {
			t.Errorf("%s: %s %s, %v", tt.e.Family, req.Method, req.URL, req.Header)
		}
	}
	if anthropicPath("/v1") != "/messages" || anthropicPath("/proxy") != "/v1/messages" {
		t.Error("anthropicPath")
	}
}

// TestLikeTheLibrary compares with go-openai: where it can send a request, ours
// has the same path, headers and body.
func TestLikeTheLibrary(t *testing.T) {
	for _, family := range []string{OpenAI, Azure} {
		r := chat.Request{
			Model: "gpt-4o",
			Parameters: map[string]any{
				"temperature": 0.5, "top_p": 0.25, "max_completion_tokens": 100.0, "n": 2.0, "seed": 7.0, "presence_penalty": 0.5, "frequency_penalty": -0.5,
				"logit_bias": map[string]any{"1639": 6.0}, "top_logprobs": 2.0, "parallel_tool_calls": false, "store": true, "reasoning_effort": "low",
				"verbosity": "high", "service_tier": "flex", "stop": []any{"a", "b"},
			},
			Messages: []prompts.Message{
				{Role: "system", Content: "s"},
				{Role: "user", Parts: []prompts.Part{{Type: "text", Text: "t"}, {Type: "image_url", Image: &prompts.Image{URL: "https://example.com/x", Detail: "low"}}}},
			},
			Tools:    []prompts.Tool{{Name: "f", Description: "d", Parameters: map[string]any{"type": "object"}, Strict: ptr(true)}},
			Output:   &prompts.Output{Schema: map[string]any{"type": "object"}, Strict: ptr(true)},
			Logprobs: true,
		}
		e := Endpoint{Family: family}
		if family == Azure {
			e.APIVersion = "2024-10-21"
		}
		ours, body := sent(t, e, r)

		var theirs *http.Request
		var theirBody string
		config := openai.DefaultConfig(key)
		config.BaseURL = "http://example.com"
		if family == Azure {
			config = openai.DefaultAzureConfig(key, "http://example.com")
			config.APIVersion = e.APIVersion
		}
		config.HTTPClient = doer(func(req *http.Request) (*http.Response, error) {
			b, err := io.ReadAll(req.Body)
			theirs, theirBody = req, string(b)
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(openaiOK))}, err
		})
		_, err := openai.NewClientWithConfig(config).CreateChatCompletion(t.Context(), openai.ChatCompletionRequest{
			Model: "gpt-4o", Temperature: 0.5, TopP: 0.25, MaxCompletionTokens: 100, N: 2, Seed: ptr(7), PresencePenalty: 0.5, FrequencyPenalty: -0.5,
			LogitBias: map[string]int{"1639": 6}, LogProbs: true, TopLogProbs: 2, ParallelToolCalls: false, Store: true, ReasoningEffort: "low",
			Verbosity: "high", ServiceTier: "flex", Stop: []string{"a", "b"},
			Messages: []openai.ChatCompletionMessage{
				{Role: "system", Content: "s"},
				{Role: "user", MultiContent: []openai.ChatMessagePart{
					{Type: "text", Text: "t"},
					{Type: "image_url", ImageURL: &openai.ChatMessageImageURL{URL: "https://example.com/x", Detail: "low"}},
				}},
			},
			Tools:          []openai.Tool{{Type: "function", Function: &openai.FunctionDefinition{Name: "f", Description: "d", Parameters: map[string]any{"type": "object"}, Strict: true}}},
			ResponseFormat: &openai.ChatCompletionResponseFormat{Type: "json_schema", JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "answer", Schema: json.RawMessage(`{"type":"object"}`), Strict: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		var a, b map[string]any
		if json.Unmarshal([]byte(body), &a) != nil || json.Unmarshal([]byte(theirBody), &b) != nil {
			t.Fatal(body, theirBody)
		}
		delete(b, "stream") // false, which we leave out
		if diff := cmp.Diff(b, a); diff != "" {
			t.Errorf("%s: they (-) and we (+): %s", family, diff)
		}
		if ours.URL.RequestURI() != theirs.URL.RequestURI() {
			t.Errorf("%s: they %s, we %s", family, theirs.URL.RequestURI(), ours.URL.RequestURI())
		}
		for _, h := range []string{"Authorization", "Api-Key", "Content-Type", "Accept"} {
			if ours.Header.Get(h) != theirs.Header.Get(h) {
				t.Errorf("%s: %s: they %q, we %q", family, h, theirs.Header.Get(h), ours.Header.Get(h))
			}
		}
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// TestNothingIsDropped: each parameter that a prompt can write is in the
// request, by its value, or named by the error.
func TestNothingIsDropped(t *testing.T) {
	values := map[string]any{
		"temperature": 0.0, "top_p": 0.0, "top_k": 0.0, "max_tokens": 7.0, "max_completion_tokens": 7.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
		"seed": 0.0, "n": 1.0, "stop": []any{"x"}, "reasoning_effort": "low", "verbosity": "low", "service_tier": "auto", "logit_bias": map[string]any{"1": 0.0},
		"logprobs": false, "top_logprobs": 0.0, "parallel_tool_calls": true, "tool_choice": "auto", "store": false, "future_thing": 1.0,
	}
	refused := map[string]string{
		OpenAI:    "",
		Anthropic: "max_completion_tokens presence_penalty frequency_penalty seed n verbosity logit_bias logprobs top_logprobs store future_thing",
	}
	for family, list := range refused {
		for key, v := range values {
			r := full()
			r.Parameters = map[string]any{key: v}
			build := openaiRequest
			if family == Anthropic {
				build = anthropicRequest
			}
			without := full()
			without.Parameters = nil
			plain, err := build(without)
			if err != nil {
				t.Fatal(err)
			}
			got, err := build(r)
			named := err != nil && strings.Contains(err.Error(), "parameters."+key)
			if want := slices.Contains(strings.Fields(list), key); want != named || !want && err != nil {
				t.Errorf("%s %s: error %v, want one %v", family, key, err, want)
			}
			if err == nil && cmp.Equal(plain, got) {
				t.Errorf("%s: %s changes nothing", family, key)
			}
			if family == OpenAI && !cmp.Equal(got[key], v) {
				t.Errorf("%s = %v, want %v", key, got[key], v)
			}
		}
	}
}

func TestBadRequests(t *testing.T) {
	for _, tt := range []struct {
		family, want string
		change       func(*chat.Request)
	}{
		{"", "no model", func(r *chat.Request) { r.Model = "" }},
		{"", "there are no messages", func(r *chat.Request) { r.Messages = nil }},
		{"", "messages[0]: not rendered", func(r *chat.Request) { r.Messages[0] = prompts.Message{Placeholder: "history"} }},
		{"", "messages[1]: no parts", func(r *chat.Request) { r.Messages[1].Parts = []prompts.Part{} }},
		{"", "parameters.extra.temperature: the request has it already", func(r *chat.Request) { r.Parameters["extra"] = map[string]any{"temperature": 1.0} }},
		{"", "parameters.extra.stream", func(r *chat.Request) { r.Parameters["extra"] = map[string]any{"stream": true} }},
		{"", "parameters.extra is not a table", func(r *chat.Request) { r.Parameters["extra"] = 1.0 }},
		{"", "parameters.extra.model", func(r *chat.Request) { r.Parameters["extra"] = map[string]any{"model": "other"} }},
		{OpenAI, "parameters.logprobs: false", func(r *chat.Request) { r.Logprobs, r.Parameters["logprobs"] = true, false }},
		{OpenAI, "output.format yaml", func(r *chat.Request) { r.Output = &prompts.Output{Format: "yaml"} }},
		{OpenAI, "parameters.response_format: not a parameter", func(r *chat.Request) { r.Parameters["response_format"] = "x" }},
		{OpenAI, "output: strict and schema need", func(r *chat.Request) { r.Output = &prompts.Output{Format: "json", Strict: ptr(false)} }},
		{Anthropic, "logprobs", func(r *chat.Request) { r.Logprobs = true }},
		{Anthropic, "messages[5]: Anthropic wants system messages before", func(r *chat.Request) { r.Messages[5].Role = "system" }},
		{Anthropic, "messages[1].name", func(r *chat.Request) { r.Messages[1].Other = map[string]any{"name": "bob"} }},
		{Anthropic, "image_url.detail", func(r *chat.Request) { r.Messages[1].Parts[1].Image.Detail = "high" }},
		{Anthropic, "want https, or data:", func(r *chat.Request) { r.Messages[1].Parts[2].Image.URL = "data:image/png,AAAA" }},
		{Anthropic, "file.file_id", func(r *chat.Request) { r.Messages[1].Parts[3].File = &prompts.File{ID: "f"} }},
		{Anthropic, "file.file_data", func(r *chat.Request) { r.Messages[1].Parts[3].File.Data = "BBBB" }},
		{Anthropic, "messages[3]: no tool_call_id", func(r *chat.Request) { r.Messages[3].Other = nil }},
		{Anthropic, "messages[2].tool_calls[0]: want an id", func(r *chat.Request) {
			r.Messages[2].Other = map[string]any{"tool_calls": []any{map[string]any{"id": "c1", "function": map[string]any{"name": "f", "arguments": "[]"}}}}
		}},
		{Anthropic, "no role critic", func(r *chat.Request) { r.Messages[1].Role = "critic" }},
		{Anthropic, "output.format = json", func(r *chat.Request) { r.Output = &prompts.Output{Format: "json"} }},
		{Anthropic, "output.strict = false", func(r *chat.Request) { r.Output.Strict = ptr(false) }},
		{Anthropic, "reasoning_effort", func(r *chat.Request) { r.Parameters["reasoning_effort"] = "minimal" }},
		{Anthropic, "service_tier", func(r *chat.Request) { r.Parameters["service_tier"] = "flex" }},
		{Anthropic, "tool_choice", func(r *chat.Request) { r.Parameters["tool_choice"] = "search" }},
		{Anthropic, "parallel_tool_calls", func(r *chat.Request) { r.Parameters["tool_choice"] = "none" }},
	} {
		for _, family := range []string{OpenAI, Anthropic} {
			if tt.family != "" && tt.family != family {
				continue
			}
			c := client(t, Endpoint{Family: family}, Options{}, func(http.ResponseWriter, *http.Request) { t.Errorf("%s: it was sent", tt.want) })
			r := full()
			r.Parameters = maps.Clone(r.Parameters)
			tt.change(&r)
			_, err := c.Complete(t.Context(), r)
			e, ok := err.(*chat.Error)
			if !ok || e.Fault != chat.BadRequest || e.Attempts != 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want %q", family, err, tt.want)
			}
		}
	}
}

// TestExtraMerges: objects of parameters.extra join those of the request.
func TestExtraMerges(t *testing.T) {
	r := full()
	r.Parameters["extra"] = map[string]any{"output_config": map[string]any{"budget": 5.0}, "thinking": map[string]any{"type": "adaptive"}}
	got, err := anthropicRequest(r)
	want := map[string]any{"effort": "low", "budget": 5.0, "format": map[string]any{"type": "json_schema", "schema": map[string]any{"type": "object"}}}
	if diff := cmp.Diff(want, got["output_config"]); err != nil || diff != "" || got["thinking"] == nil {
		t.Errorf("%v %s", err, diff)
	}
	r.Parameters["extra"] = map[string]any{"output_config": map[string]any{"effort": "max"}, "a key\nof " + strings.Repeat("x", 50): 1.0, "model": "z"}
	if _, err := anthropicRequest(r); err == nil || !strings.Contains(err.Error(), "parameters.extra.output_config.effort: the request has it already; parameters.extra.model") && !strings.Contains(err.Error(), "parameters.extra.model: the request has it already; parameters.extra.output_config.effort") {
		t.Errorf("error %v", err)
	}
	r.Parameters = map[string]any{"a key\nof " + strings.Repeat("x", 50): 1.0}
	if _, err := anthropicRequest(r); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "…") {
		t.Errorf("error %v", err)
	}
}
