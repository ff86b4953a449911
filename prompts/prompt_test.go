package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPromptAccessors(t *testing.T) {
	p := parseVector(t, "every_member")
	yes := true
	if got := p.Ref(); got.Name != "support.triage" || got.Digest != DigestOf(p.Artifact()) || p.Name() != got.Name || p.Digest() != got.Digest || p.Version() != got.Version() {
		t.Errorf("Ref() = %v", got)
	}
	if got := p.Model(); got != "gpt-4o-mini" {
		t.Errorf("Model() = %q", got)
	}
	if got := p.Parameters(); got["temperature"] != 0.2 || got["max_tokens"] != 400.0 || len(got) != 19 {
		t.Errorf("Parameters() = %v", got)
	}
	variables := []Variable{
		{Name: "customer", Type: "object", Default: map[string]any{"name": "Ada", "plan": map[string]any{"tier": "gold"}}},
		{Name: "labels", Type: "array", Default: []any{"a", "b"}},
		{Name: "language", Type: "string", Default: "en", Enum: []any{"en", "de", "fr"}},
		{Name: "limit", Type: "integer", Default: 3.0},
		{Name: "threshold", Type: "number", Default: 0.5},
		{Name: "ticket", Type: "string", Required: true},
		{Name: "urgent", Type: "boolean", Default: false},
	}
	if diff := cmp.Diff(variables, p.Variables()); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
	if got := p.Messages(); len(got) != 3 || !cmp.Equal(got[1], Message{Role: "user", Content: "{{ticket}}"}) {
		t.Errorf("Messages() = %v", got)
	}
	query := map[string]any{"type": "string", "description": "What to look for."}
	tools := []Tool{{Name: "search_kb", Description: "Searches the knowledge base.", Strict: &yes, Parameters: map[string]any{
		"type": "object", "required": []any{"query"}, "additionalProperties": false, "properties": map[string]any{"query": query},
	}}}
	if diff := cmp.Diff(tools, p.Tools()); diff != "" {
		t.Errorf("Tools (-want +got):\n%s", diff)
	}
	output, ok := p.Output()
	if !ok || output.Format != "json" || !*output.Strict || output.Schema["type"] != "object" {
		t.Errorf("Output() = %v, %v", output, ok)
	}
}

func TestPromptOfNothing(t *testing.T) {
	p := parseVector(t, "minimal")
	if _, ok := p.Output(); ok {
		t.Error("Output() is there, nobody wrote one")
	}
	if p.Parameters() == nil || len(p.Parameters()) != 0 || len(p.Variables()) != 0 || len(p.Tools()) != 0 {
		t.Errorf("Parameters() = %v, Variables() = %v, Tools() = %v, want all empty", p.Parameters(), p.Variables(), p.Tools())
	}
	if output, ok := parseVector(t, "empty_table_is_kept").Output(); !ok || output.Format != "" {
		t.Errorf("Output() = %v, %v, want an empty one", output, ok)
	}
}

// TestPromptIsImmutable changes everything that the accessors return.
func TestPromptIsImmutable(t *testing.T) {
	data := parseVector(t, "every_member").Artifact()
	p, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	data[0] = 'x'
	before := marshal(t, p.Structure()) + marshal(t, p.Variables()) + marshal(t, p.Tools()) + marshal(t, p.Parameters())
	p.Artifact()[0] = 'x'
	p.Structure()["messages"].([]any)[0].(map[string]any)["content"] = "x"
	p.Parameters()["stop"].([]any)[0] = "x"
	p.Variables()[0].Default.(map[string]any)["name"] = "x"
	p.Variables()[2].Enum[0] = "x"
	p.Messages()[0].Content = "x"
	tools := p.Tools()
	tools[0].Parameters["type"], *tools[0].Strict = "x", false
	output, _ := p.Output()
	output.Schema["type"], *output.Strict = "x", false
	after := marshal(t, p.Structure()) + marshal(t, p.Variables()) + marshal(t, p.Tools()) + marshal(t, p.Parameters())
	if before != after || DigestOf(p.Artifact()) != p.Digest() {
		t.Errorf("the prompt changed:\n%s\n%s", before, after)
	}
}

// TestPromptPrintsItsRef: no way of printing shows what customers or authors wrote.
func TestPromptPrintsItsRef(t *testing.T) {
	p := parseVector(t, "minimal")
	ref := p.Ref().String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%10s"} {
		if got := fmt.Sprintf(verb, p); got != ref {
			t.Errorf("%s prints %s, want %s", verb, got, ref)
		}
	}
	for _, got := range []string{p.String(), p.GoString(), fmt.Sprint(p), fmt.Sprint([]*Prompt{p})} {
		if strings.Trim(got, "[]") != ref {
			t.Errorf("prints %s, want %s", got, ref)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("got", "prompt", p)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("got", "prompt", p)
	if got := log.String(); strings.Count(got, ref) != 2 || strings.Contains(got, "Hello") {
		t.Errorf("logs %s", got)
	}
}

func TestPromptMarshalJSON(t *testing.T) {
	p := parseVector(t, "minimal")
	if got := marshal(t, map[string]any{"p": p}); got != `{"p":`+string(p.Artifact())+`}` {
		t.Errorf("json.Marshal = %s, want the artifact", got)
	}
}

func TestFrom(t *testing.T) {
	p := parseVector(t, "every_member")
	structure := p.Structure()
	structure["parameters"].(map[string]any)["max_tokens"] = int64(400) // another provider may keep integers
	structure["parameters"].(map[string]any)["seed"] = json.Number("7")
	for name, v := range map[string]any{
		"prompt": p, "bytes": p.Artifact(), "raw": json.RawMessage(p.Artifact()), "string": string(p.Artifact()),
		"structure": p.Structure(), "integers": structure,
	} {
		got, err := From(v)
		if err != nil || got.Ref() != p.Ref() {
			t.Errorf("From(%s) = %v, %v, want %v", name, got, err, p)
		}
	}
	cycle := map[string]any{}
	cycle["cycle"] = cycle
	seed := func(v any) map[string]any {
		m := p.Structure()
		m["parameters"] = map[string]any{"seed": v}
		return m
	}
	for name, v := range map[string]any{
		"nil": nil, "nil prompt": (*Prompt)(nil), "number": 1, "empty map": map[string]any{}, "empty string": "", "nil bytes": []byte(nil),
		"cycle": cycle, "channel": seed(make(chan int)), "integer beyond 2^53": seed(int64(1<<53 + 1)),
		"unsigned beyond 2^53": seed(uint64(1<<63 + 1)), "number beyond 2^53": seed(json.Number("123456789012345678901234567890")),
		"number out of range": seed(json.Number("1e400")), "too large": strings.Repeat(" ", maxSize) + "{}",
	} {
		if got, err := From(v); err == nil {
			t.Errorf("From(%s) = %v, want an error", name, got)
		}
	}
	if got, err := From(seed(1e20)); err != nil || got.Parameters()["seed"] != 1e20 {
		t.Errorf("From(float64 1e20) = %v, %v: a float64 loses nothing", got, err)
	}
}

func TestDecodeUnsupported(t *testing.T) {
	for artifact, want := range map[string]bool{
		`{"promptflag":2,"anything":"goes"}`:                  true,
		`{"promptflag":1,"name":"a","requires":["x"]}`:        true,
		`{"promptflag":1,"name":"a","requires":["x",1]}`:      true,
		`{"promptflag":1,"name":"a"}`:                         false,
		`{"name":"a"}`:                                        false,
		`nonsense`:                                            false,
		`{"promptflag":1,"name":"a","messages":[{"x":true}]}`: true,
	} {
		if _, err := Decode([]byte(artifact)); err == nil || errors.Is(err, ErrUnsupported) != want {
			t.Errorf("Decode(%s) = %v, want unsupported %v", artifact, err, want)
		}
	}
}

// A Prompt that nobody has looked into is little more than its bytes.
func TestResident(t *testing.T) {
	const count = 1000
	words := strings.Repeat("Answer what was asked, promise nothing. ", 100)
	var bytes int
	list := make([]*Prompt, count)
	before := liveBytes()
	for i := range list {
		artifact := fmt.Appendf(nil, `{"messages":[{"content":"%d: {{ticket}} %s","role":"system"}],"name":"p","promptflag":1,"variables":{"ticket":{"type":"string"}}}`, i, words)
		p, err := Decode(artifact)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(artifact)
		list[i] = p
	}
	after := liveBytes()
	if ratio := float64(after-before) / float64(bytes); ratio > 1.4 {
		t.Errorf("%d prompts take %.2f times their bytes, want at most 1.4", count, ratio)
	}
	var wg sync.WaitGroup
	for range 4 { // the first look, by several at once
		wg.Go(func() {
			for i, p := range list[:100] {
				got, err := p.Render(map[string]any{"ticket": "T"})
				if err != nil || !strings.HasPrefix(got[0].Content, fmt.Sprintf("%d: T ", i)) {
					t.Errorf("prompt %d: %v, %v", i, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func liveBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
