package llm

import (
	"encoding/json"
	"maps"
	"math"
	"strings"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

// openaiRequest is the body of POST /chat/completions. What the prompt wrote
// is sent as it is: zeros, parameters that we do not know, further members of messages.
func openaiRequest(r chat.Request) (map[string]any, error) {
	var m mistakes
	out := maps.Clone(r.Parameters)
	if out == nil {
		out = map[string]any{}
	}
	for _, key := range []string{"model", "messages", "tools", "response_format", "stream"} {
		if _, written := out[key]; written {
			m.add("parameters.%s: not a parameter", key)
		}
	}
	delete(out, "extra")
	out["model"], out["messages"] = r.Model, r.Messages
	sendable(r.Messages, &m)
	if len(r.Tools) > 0 {
		tools := make([]any, len(r.Tools))
		for i, t := range r.Tools {
			tools[i] = map[string]any{"type": "function", "function": t}
		}
		out["tools"] = tools
	}
	if format := openaiFormat(r.Output, &m); format != nil {
		out["response_format"] = format
	}
	if r.Logprobs {
		if v, written := out["logprobs"]; written && v != true {
			m.add("parameters.logprobs: false, and an assertion needs them")
		}
		out["logprobs"] = true
	}
	mergeExtra(out, r.Parameters["extra"], &m)
	return out, m.err()
}

// openaiFormat is a response_format; nil when the prompt wrote none.
func openaiFormat(o *prompts.Output, m *mistakes) map[string]any {
	switch {
	case o == nil || o.Format == "" && o.Schema == nil:
		if o != nil && o.Strict != nil {
			m.add("output.strict: there is no schema that it could be about")
		}
		return nil
	case o.Schema != nil && (o.Format == "" || o.Format == "json"):
		schema := map[string]any{"name": "answer", "schema": o.Schema}
		if o.Strict != nil {
			schema["strict"] = *o.Strict
		}
		return map[string]any{"type": "json_schema", "json_schema": schema}
	case o.Schema != nil || o.Strict != nil:
		m.add("output: strict and schema need the format json and a schema")
		return nil
	case o.Format == "json":
		return map[string]any{"type": "json_object"}
	case o.Format == "text":
		return map[string]any{"type": "text"}
	}
	m.add("output.format %s: have json and text", name(o.Format))
	return nil
}

// sendable finds messages that are templates still.
func sendable(messages []prompts.Message, m *mistakes) {
	if len(messages) == 0 {
		m.add("there are no messages")
	}
	for i, msg := range messages {
		switch {
		case msg.Placeholder != "" || msg.Examples:
			m.add("messages[%d]: not rendered", i)
		case msg.Role == "":
			m.add("messages[%d]: no role", i)
		case msg.Parts != nil && len(msg.Parts) == 0:
			m.add("messages[%d]: no parts", i)
		}
	}
}

// openaiAnswer is what we read of an answer: only what is documented of what we
// need, because the dialect has many speakers.
type openaiAnswer struct {
	Model   string `json:"model"`
	Choices []struct {
		Index   int `json:"index"`
		Message *struct {
			Content      openaiText `json:"content"`
			Refusal      string     `json:"refusal"`
			ToolCalls    []toolCall `json:"tool_calls"`
			FunctionCall *function  `json:"function_call"`
		} `json:"message"`
		Finish   string `json:"finish_reason"`
		Logprobs *struct {
			Content []struct {
				Logprob *float64 `json:"logprob"`
			} `json:"content"`
		} `json:"logprobs"`
	} `json:"choices"`
	Usage *openaiUsage    `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type toolCall struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Function *function `json:"function"`
}

type function struct {
	Name      string    `json:"name"`
	Arguments arguments `json:"arguments"`
}

// arguments are a text, or from some servers the object itself.
type arguments string

func (a *arguments) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		*a = arguments(data)
		return nil
	}
	var s string
	err := json.Unmarshal(data, &s)
	*a = arguments(s)
	return err
}

// openaiText is a content: a text, null, or from some servers parts.
type openaiText string

func (t *openaiText) UnmarshalJSON(data []byte) error {
	var s string
	if len(data) == 0 || data[0] != '[' {
		err := json.Unmarshal(data, &s)
		*t = openaiText(s)
		return err
	}
	var parts []struct{ Type, Text string }
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Type == "text" {
			b.WriteString(p.Text)
		}
	}
	*t = openaiText(b.String())
	return nil
}

type openaiUsage struct {
	Prompt     *int `json:"prompt_tokens"`
	Completion *int `json:"completion_tokens"`
	Details    *struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

func (u *openaiUsage) usage(completes bool) chat.Usage {
	if u == nil || u.Prompt == nil || completes && u.Completion == nil {
		return chat.Usage{}
	}
	out := chat.Usage{Input: *u.Prompt}
	if u.Completion != nil {
		out.Output = *u.Completion
	}
	if u.Details != nil {
		out.Cached = u.Details.Cached
	}
	return known(out)
}

// known is u when its numbers can be: no request is without tokens, so zeros
// are those of a server that does not count.
func known(u chat.Usage) chat.Usage {
	const most = math.MaxInt32
	if u.Input <= 0 || u.Output < 0 || u.Cached < 0 || u.Cached > u.Input || u.Input > most || u.Output > most {
		return chat.Usage{}
	}
	u.Known = true
	return u
}

// readOpenAI reads an answer with status 200.
func readOpenAI(body []byte) (chat.Response, error) {
	var a openaiAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return chat.Response{}, err
	}
	if len(a.Choices) == 0 {
		return chat.Response{}, insteadOf("choices", a.Error, body)
	}
	c := a.Choices[0]
	for _, other := range a.Choices {
		if other.Index < c.Index {
			c = other
		}
	}
	if c.Message == nil {
		return chat.Response{}, malformed("choices[0].message is missing")
	}
	if c.Finish == "" {
		return chat.Response{}, malformed("choices[0].finish_reason is missing: nobody can tell whether the answer is whole")
	}
	out := chat.Response{
		Text: string(c.Message.Content), Refusal: c.Message.Refusal, Model: a.Model,
		Finish: finish(c.Finish), Usage: a.Usage.usage(true),
	}
	if f := c.Message.FunctionCall; f != nil && len(c.Message.ToolCalls) == 0 {
		c.Message.ToolCalls = []toolCall{{Function: f}}
	}
	for i, t := range c.Message.ToolCalls {
		if t.Function == nil || t.Function.Name == "" {
			return chat.Response{}, malformed("tool_calls[%d] names no function", i)
		}
		out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: t.ID, Name: t.Function.Name, Arguments: string(t.Function.Arguments)})
	}
	if c.Logprobs != nil {
		for i, t := range c.Logprobs.Content {
			if t.Logprob == nil {
				return chat.Response{}, malformed("logprobs.content[%d].logprob is missing", i)
			}
			out.Logprobs = append(out.Logprobs, *t.Logprob)
		}
	}
	return out, nil
}

// insteadOf is the error of an answer with status 200 and without what it is
// for. Gateways report errors of their upstream so.
func insteadOf(member string, said json.RawMessage, body []byte) error {
	if len(said) > 0 && string(said) != "null" {
		return &fault{chat.Unavailable, saidIn(body).err(nil)}
	}
	return malformed("%s is missing", member)
}

// finish is a reason in the words of chat.Response.
func finish(reason string) string {
	switch reason {
	case "function_call":
		return "tool_calls"
	case "stop", "length", "content_filter", "tool_calls":
		return reason
	}
	return reason[:min(len(reason), 64)]
}
