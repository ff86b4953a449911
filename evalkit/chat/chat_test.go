package chat_test

import (
	"errors"
	"testing"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

func request() chat.Request {
	strict := true
	return chat.Request{
		Model:      "gpt-4o-mini",
		Parameters: map[string]any{"temperature": 0.0, "max_tokens": 200.0},
		Messages:   []prompts.Message{{Role: "system", Content: "You sort tickets."}, {Role: "user", Content: "Grüße <&>"}},
		Tools:      []prompts.Tool{{Name: "search", Parameters: map[string]any{"type": "object"}}},
		Output:     &prompts.Output{Format: "json", Schema: map[string]any{"type": "object"}, Strict: &strict},
		Repeat:     1,
	}
}

// TestKey: records are named by it, so it must never change for the same request.
func TestKey(t *testing.T) {
	key, err := request().Key("openai")
	if want := "0e6fe701beae22542e541c6cc7d1497f1d2323184125ed70623316c7aa4540b2"; key != want || err != nil {
		t.Errorf("Key = %s, %v; want %s", key, err, want)
	}
	again, _ := request().Key("openai")
	if again != key {
		t.Errorf("Key = %s the second time", again)
	}
	seen := map[string]string{key: "the request"}
	for name, change := range map[string]func(*chat.Request){
		"model":     func(r *chat.Request) { r.Model = "gpt-4o" },
		"parameter": func(r *chat.Request) { r.Parameters["temperature"] = 0.1 },
		"message":   func(r *chat.Request) { r.Messages[1].Content += " " },
		"part":      func(r *chat.Request) { r.Messages[1].Parts = []prompts.Part{{Type: "text", Text: "x"}} },
		"other":     func(r *chat.Request) { r.Messages[1].Other = map[string]any{"name": "x"} },
		"tool":      func(r *chat.Request) { r.Tools[0].Description = "x" },
		"no tools":  func(r *chat.Request) { r.Tools = nil },
		"schema":    func(r *chat.Request) { r.Output.Schema["type"] = "array" },
		"strict":    func(r *chat.Request) { r.Output.Strict = nil },
		"logprobs":  func(r *chat.Request) { r.Logprobs = true },
		"repeat":    func(r *chat.Request) { r.Repeat = 2 },
	} {
		r := request()
		change(&r)
		k, err := r.Key("openai")
		if other, twice := seen[k]; twice || err != nil {
			t.Errorf("%s has the key of %s (%v)", name, other, err)
		}
		seen[k] = name
	}
	if k, _ := request().Key("anthropic"); seen[k] != "" {
		t.Errorf("another family has the key of %s", seen[k])
	}
	e := chat.EmbedRequest{Model: "m", Texts: []string{"a"}}
	one, _ := e.Key("openai")
	e.Texts = []string{"a", "b"}
	if two, _ := e.Key("openai"); one == two || seen[one] != "" {
		t.Errorf("embeddings: %s, %s", one, two)
	}
}

func TestError(t *testing.T) {
	cause := errors.New("service unavailable")
	for want, e := range map[string]*chat.Error{
		"not recorded": {Fault: chat.NotRecorded},
		"unavailable (HTTP 503) after 5 attempts: service unavailable": {Fault: chat.Unavailable, Status: 503, Attempts: 5, Err: cause},
		"timed out: context deadline exceeded":                         {Fault: chat.TimedOut, Attempts: 1, Err: errors.New("context deadline exceeded")},
	} {
		if got := e.Error(); got != want {
			t.Errorf("Error = %q, want %q", got, want)
		}
	}
	if e := (&chat.Error{Err: cause}); !errors.Is(e, cause) {
		t.Error("the cause is lost")
	}
}
