package llm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// block is a piece of content in Anthropic's shape.
type block = map[string]any

// anthropicMessages translates messages. System messages are a member of the
// request there and come first; results of tools are said by the user.
func anthropicMessages(messages []prompts.Message, m *mistakes) (system []block, out []any) {
	out = []any{}
	results := -1 // the index in out of the results that more can be added to
	for i, msg := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		content := anthropicContent(msg, at, m)
		switch msg.Role {
		case "system", "developer":
			others(msg.Other, at, m)
			if len(out) > 0 {
				m.add("%s: Anthropic wants system messages before all others", at)
			}
			for _, b := range content {
				if b["type"] == "image" || b["type"] == "document" {
					m.add("%s: Anthropic takes only text from the system", at)
				}
			}
			system = append(system, content...)
		case "user":
			others(msg.Other, at, m)
			out = append(out, block{"role": "user", "content": content})
		case "assistant":
			content = append(content, toolUses(msg.Other["tool_calls"], at, m)...)
			others(msg.Other, at, m, "tool_calls")
			out = append(out, block{"role": "assistant", "content": content})
		case "tool":
			id, ok := msg.Other["tool_call_id"].(string)
			if !ok {
				m.add("%s: no tool_call_id", at)
			}
			others(msg.Other, at, m, "tool_call_id")
			result := block{"type": "tool_result", "tool_use_id": id, "content": content}
			if results == len(out)-1 && results >= 0 {
				user := out[results].(block)
				user["content"] = append(user["content"].([]block), result)
				continue
			}
			out = append(out, block{"role": "user", "content": []block{result}})
			results = len(out) - 1
		default:
			if msg.Role != "" {
				m.add("%s: Anthropic has no role %s", at, name(msg.Role))
			}
		}
	}
	return system, out
}

// others finds members of a message that nobody would see.
func others(members map[string]any, at string, m *mistakes, except ...string) {
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if members[key] != nil && !slices.Contains(except, key) {
			m.add("%s.%s: Anthropic has nothing like it", at, name(key))
		}
	}
}

// toolUses are the calls that an assistant made, from OpenAI's tool_calls.
func toolUses(calls any, at string, m *mistakes) []block {
	if calls == nil {
		return nil
	}
	list, ok := calls.([]any)
	if !ok {
		m.add("%s.tool_calls is not a list", at)
	}
	var out []block
	for i, v := range list {
		call, _ := v.(map[string]any)
		id, _ := call["id"].(string)
		function, _ := call["function"].(map[string]any)
		called, _ := function["name"].(string)
		text, _ := function["arguments"].(string)
		var input map[string]any
		if id == "" || called == "" || json.Unmarshal([]byte(text), &input) != nil || input == nil {
			m.add("%s.tool_calls[%d]: want an id, and a function with a name and arguments that are a JSON object", at, i)
			continue
		}
		out = append(out, block{"type": "tool_use", "id": id, "name": called, "input": json.RawMessage(text)})
	}
	return out
}

// anthropicContent is the content of a message as blocks. An empty text, which
// the API refuses, is no block where there may be none: of an assistant that
// calls tools, and of a result.
func anthropicContent(msg prompts.Message, at string, m *mistakes) []block {
	out := []block{}
	if msg.Parts == nil {
		if msg.Content == "" && (msg.Role == "tool" || msg.Role == "assistant" && msg.Other["tool_calls"] != nil) {
			return out
		}
		return append(out, block{"type": "text", "text": msg.Content})
	}
	for i, p := range msg.Parts {
		b, problem := anthropicPart(p)
		if problem != "" {
			m.add("%s.content[%d]: %s", at, i, problem)
			continue
		}
		for key, v := range p.Other { // cache_control, or all of a part that is not OpenAI's
			b[key] = v
		}
		out = append(out, b)
	}
	return out
}

func anthropicPart(p prompts.Part) (b block, problem string) {
	switch {
	case p.Image != nil:
		if p.Image.Detail != "" && p.Image.Detail != "auto" {
			return nil, "image_url.detail: Anthropic has nothing like it"
		}
		source, problem := imageSource(p.Image.URL)
		return block{"type": "image", "source": source}, problem
	case p.File != nil:
		return document(p.File)
	case p.Type == "text":
		return block{"type": "text", "text": p.Text}, ""
	}
	return block{"type": p.Type}, ""
}

func imageSource(url string) (source block, problem string) {
	if !strings.HasPrefix(url, "data:") {
		return block{"type": "url", "url": url}, ""
	}
	media, data, ok := dataURL(url)
	if !ok {
		return nil, "image_url.url: want https, or data: with a media type and base64"
	}
	return block{"type": "base64", "media_type": media, "data": data}, ""
}

func document(f *prompts.File) (b block, problem string) {
	if f.ID != "" {
		return nil, "file.file_id: a file of another vendor; write file_data"
	}
	media, data, ok := dataURL(f.Data)
	if !ok || media != "application/pdf" {
		return nil, "file.file_data: Anthropic takes data:application/pdf;base64,…"
	}
	b = block{"type": "document", "source": block{"type": "base64", "media_type": media, "data": data}}
	if f.Name != "" {
		b["title"] = f.Name
	}
	return b, ""
}

// dataURL takes data:TYPE;base64,DATA apart.
func dataURL(url string) (media, data string, ok bool) {
	rest, isData := strings.CutPrefix(url, "data:")
	head, data, hasData := strings.Cut(rest, ",")
	media, isBase64 := strings.CutSuffix(head, ";base64")
	return media, data, isData && hasData && isBase64 && media != "" && data != ""
}
