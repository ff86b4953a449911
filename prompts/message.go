package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Message is one chat message: a template in Prompt.Messages, what is to be sent
// in the result of Prompt.Render. Its JSON is OpenAI's: role and content, which
// is a text or a list of parts.
type Message struct {
	Role    string
	Content string // the text; "" when the message has Parts
	Parts   []Part // nil when the content is a text

	// Of a message that Prompt.Messages returns: the name under which the caller
	// passes messages that go here, or that the examples do.
	Placeholder string
	Examples    bool

	// Other holds the further members of a message that the caller passed:
	// tool_calls, tool_call_id, name. They are sent as they are.
	Other map[string]any
}

// Part is a piece of a message that is not text alone. Type says which of the
// others is set: "text", "image_url" or "file".
type Part struct {
	Type  string
	Text  string
	Image *Image
	File  *File

	// Other holds the further members, such as cache_control, and all members of a
	// part of another type that the caller passed. They are sent as they are.
	Other map[string]any
}

// Image is a picture that the model is to look at.
type Image struct {
	URL    string `json:"url"`              // https, or data:image/…;base64,…
	Detail string `json:"detail,omitempty"` // auto, low, high, or "" when not written
}

// File is a document that the model is to read: by its data, or by the id that
// an upload gave it.
type File struct {
	Data string `json:"file_data,omitempty"` // base64
	ID   string `json:"file_id,omitempty"`
	Name string `json:"filename,omitempty"`
}

// Example is an input and the output that is right for it.
type Example struct {
	Input  string `json:"input"`
	Output string `json:"output"`
}

func (m Message) clone() Message {
	m.Parts = slices.Clone(m.Parts)
	for i, p := range m.Parts {
		m.Parts[i].Other, _ = clone(p.Other).(map[string]any)
		if p.Image != nil {
			image := *p.Image
			m.Parts[i].Image = &image
		}
		if p.File != nil {
			file := *p.File
			m.Parts[i].File = &file
		}
	}
	m.Other, _ = clone(m.Other).(map[string]any)
	return m
}

// MarshalJSON is the message as it stands in an artifact or a request.
func (m Message) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	switch {
	case m.Placeholder != "":
		out["placeholder"] = m.Placeholder
		return json.Marshal(out)
	case m.Examples:
		out["examples"] = true
		return json.Marshal(out)
	}
	maps.Copy(out, m.Other)
	out["role"] = m.Role
	switch {
	case m.Parts != nil:
		out["content"] = m.Parts
	case m.Content != "" || m.Role != "assistant" || len(m.Other) == 0: // an assistant that calls tools says nothing
		out["content"] = m.Content
	}
	return marshalText(out)
}

// UnmarshalJSON reads a message as it stands in a request. A content of null is
// an empty text.
func (m *Message) UnmarshalJSON(data []byte) error {
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	got, err := messageFrom(members)
	if err != nil {
		return err
	}
	*m = got
	return nil
}

// messageFrom reads a message that a caller passes.
func messageFrom(members map[string]any) (Message, error) {
	var m Message
	var ok bool
	if m.Role, ok = members["role"].(string); !ok || m.Role == "" {
		return m, errors.New("has no role")
	}
	switch content := members["content"].(type) {
	case nil:
	case string:
		m.Content = content
	case []any:
		for i, v := range content {
			object, _ := v.(map[string]any)
			p, err := partFrom(object)
			if err != nil {
				return m, fmt.Errorf("has a part %d that %w", i, err)
			}
			m.Parts = append(m.Parts, p)
		}
	default:
		return m, errors.New("has a content that is neither text nor parts")
	}
	for key, v := range members {
		if key != "role" && key != "content" {
			if m.Other == nil {
				m.Other = map[string]any{}
			}
			m.Other[key] = v
		}
	}
	return m, nil
}

// partFrom reads a part of a content.
func partFrom(members map[string]any) (p Part, err error) {
	p.Type, _ = members["type"].(string)
	texts := func(in map[string]any, keys map[string]*string) error {
		for key, to := range keys {
			v, written := in[key]
			s, ok := v.(string)
			if written && !ok {
				return fmt.Errorf("has a %s that is not a text", key)
			}
			*to = s
		}
		return nil
	}
	for key, v := range members {
		if key == "type" || key == p.Type && slices.Contains(partTypes, key) {
			continue
		}
		if p.Other == nil {
			p.Other = map[string]any{}
		}
		p.Other[key] = v
	}
	switch p.Type {
	case "":
		return p, errors.New("has no type")
	case "text":
		return p, texts(members, map[string]*string{"text": &p.Text})
	case "image_url":
		in, _ := members["image_url"].(map[string]any)
		p.Image = &Image{}
		if _, ok := in["url"].(string); !ok {
			return p, errors.New("has no image_url.url")
		}
		return p, texts(in, map[string]*string{"url": &p.Image.URL, "detail": &p.Image.Detail})
	case "file":
		in, _ := members["file"].(map[string]any)
		p.File = &File{}
		return p, texts(in, map[string]*string{"file_data": &p.File.Data, "file_id": &p.File.ID, "filename": &p.File.Name})
	}
	return p, nil
}

// MarshalJSON is the part in OpenAI's shape.
func (p Part) MarshalJSON() ([]byte, error) {
	out := maps.Clone(p.Other)
	if out == nil {
		out = map[string]any{}
	}
	out["type"] = p.Type
	switch {
	case p.Image != nil:
		out["image_url"] = p.Image
	case p.File != nil:
		out["file"] = p.File
	case p.Type == "text":
		out["text"] = p.Text
	}
	return marshalText(out)
}

// UnmarshalJSON reads a part in OpenAI's shape.
func (p *Part) UnmarshalJSON(data []byte) error {
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	got, err := partFrom(members)
	if err != nil {
		return fmt.Errorf("part %w", err)
	}
	*p = got
	return nil
}
