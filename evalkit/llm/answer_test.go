package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/promptflag/promptflag/evalkit/chat"
)

func TestAnswers(t *testing.T) {
	choice := func(s string) string { return `{"choices":[` + s + `]}` }
	for _, tt := range []struct {
		name, family, body string
		want               chat.Response
	}{
		{"refusal", OpenAI, choice(`{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}`), chat.Response{Refusal: "I cannot", Finish: "stop"}},
		{"filtered", OpenAI, choice(`{"message":{"content":""},"finish_reason":"content_filter"}`), chat.Response{Finish: "content_filter"}},
		{"parts", OpenAI, choice(`{"message":{"content":[{"type":"thinking","text":"hm"},{"type":"text","text":"a"},{"type":"text","text":"b"}]},"finish_reason":"stop"}`), chat.Response{Text: "ab", Finish: "stop"}},
		{
			"tools", OpenAI, choice(`{"message":{"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{broken"}},{"id":"2","function":{"name":"g","arguments":{"a": 1}}}]},"finish_reason":"tool_calls"}`),
			chat.Response{Finish: "tool_calls", ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: "{broken"}, {ID: "2", Name: "g", Arguments: `{"a": 1}`}}},
		},
		{"function", OpenAI, choice(`{"message":{"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}`), chat.Response{Finish: "tool_calls", ToolCalls: []chat.ToolCall{{Name: "f", Arguments: "{}"}}}},
		{"logprobs", OpenAI, choice(`{"message":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.25}]},"finish_reason":"stop"}`), chat.Response{Text: "a", Finish: "stop", Logprobs: []float64{-0.25}}},
		{"first of several", OpenAI, choice(`{"index":1,"message":{"content":"b"},"finish_reason":"stop"},{"index":0,"message":{"content":"a"},"finish_reason":"length"}`), chat.Response{Text: "a", Finish: "length"}},
		{"own word", OpenAI, choice(`{"message":{"content":"a"},"finish_reason":"eos_token"}`), chat.Response{Text: "a", Finish: "eos_token"}},
		{"usage of zeros", OpenAI, strings.Replace(openaiOK, `"prompt_tokens":11,"completion_tokens":5`, `"prompt_tokens":0,"completion_tokens":0`, 1), chat.Response{Text: "hi", Finish: "stop", Model: "m-1"}},
		{"half a usage", OpenAI, strings.Replace(openaiOK, `"completion_tokens":5,`, "", 1), chat.Response{Text: "hi", Finish: "stop", Model: "m-1"}},
		{"impossible usage", OpenAI, strings.Replace(openaiOK, `"cached_tokens":3`, `"cached_tokens":12`, 1), chat.Response{Text: "hi", Finish: "stop", Model: "m-1"}},
		{
			"blocks", Anthropic, `{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"},{"type":"tool_use","id":"1","name":"f","input":{"a": 1}},{"type":"text","text":"b"}],"stop_reason":"tool_use","usage":{"input_tokens":1,"cache_creation_input_tokens":2,"cache_read_input_tokens":4,"output_tokens":8}}`,
			chat.Response{Text: "ab", Finish: "tool_calls", ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: `{"a": 1}`}}, Usage: chat.Usage{Known: true, Input: 7, Cached: 4, Output: 8}},
		},
		{"refusal", Anthropic, `{"content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"not that"}}`, chat.Response{Refusal: "not that", Finish: "content_filter"}},
		{"refusal in the text", Anthropic, `{"content":[{"type":"text","text":"no"}],"stop_reason":"refusal","stop_details":null}`, chat.Response{Text: "no", Refusal: "no", Finish: "content_filter"}},
		{"refusal without words", Anthropic, `{"content":[],"stop_reason":"refusal"}`, chat.Response{Refusal: "refusal", Finish: "content_filter"}},
		{"stop sequence", Anthropic, `{"content":[],"stop_reason":"stop_sequence"}`, chat.Response{Finish: "stop"}},
		{"tokens", Anthropic, `{"content":[],"stop_reason":"max_tokens"}`, chat.Response{Finish: "length"}},
		{"window", Anthropic, `{"content":[],"stop_reason":"model_context_window_exceeded"}`, chat.Response{Finish: "length"}},
		{"own word", Anthropic, `{"content":[],"stop_reason":"pause_turn"}`, chat.Response{Finish: "pause_turn"}},
	} {
		read := readOpenAI
		if tt.family == Anthropic {
			read = readAnthropic
		}
		got, err := read([]byte(tt.body))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s %s: %v %s", tt.family, tt.name, err, diff)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	got, err := readEmbeddings([]byte(`{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":8,"total_tokens":8}}`), 2)
	want := chat.Embeddings{Vectors: [][]float64{{1, 2}, {3, 4}}, Usage: chat.Usage{Known: true, Input: 8}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, body := range []string{
		`{}`, `{"data":[]}`, `{"data":[{"index":0,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		`{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`,
		`{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]}]}`, `{"data":[{"index":0,"embedding":"AAAA"},{"index":1,"embedding":"AAAA"}]}`,
	} {
		if got, err := readEmbeddings([]byte(body), 2); err == nil {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

// FuzzAnswers: no bytes make a panic, an answer that is not one, or an error
// that repeats them; and go-openai, where it reads an answer too, reads the same.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(openaiOK))
	f.Add([]byte(anthropicOK))
	f.Add([]byte(`{"data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":1}}`))
	f.Add([]byte(`{"content":[{"type":"tool_use","name":"f","input":{}}],"stop_reason":"tool_use"}`))
	f.Add([]byte(`{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`))
	f.Add([]byte(`{"error":{"code":429,"type":"x y"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []func([]byte) (chat.Response, error){readOpenAI, readAnthropic} {
			got, err := read(body)
			if err != nil {
				var ours *fault
				if errors.As(err, &ours) && len(err.Error()) > 400 {
					t.Errorf("a long error: %v", err)
				}
				continue
			}
			u := got.Usage
			if got.Finish == "" || !u.Known && u != (chat.Usage{}) || u.Known && (u.Input <= 0 || u.Output < 0 || u.Cached > u.Input) || !json.Valid(body) {
				t.Errorf("answer %+v of %s", got, body)
			}
			for _, c := range got.ToolCalls {
				if c.Name == "" {
					t.Errorf("a call without a name in %s", body)
				}
			}
			for _, p := range got.Logprobs {
				if math.IsNaN(p) || math.IsInf(p, 0) {
					t.Errorf("logprob %v", p)
				}
			}
		}
		if got, err := readOpenAI(body); err == nil {
			var theirs openai.ChatCompletionResponse
			if json.Unmarshal(body, &theirs) == nil && len(theirs.Choices) == 1 && theirs.Choices[0].Message.MultiContent == nil && theirs.Choices[0].Message.Content != got.Text {
				t.Errorf("they read %q, we %q", theirs.Choices[0].Message.Content, got.Text)
			}
		}
		if got, err := readEmbeddings(body, 1); err == nil && (len(got.Vectors) != 1 || len(got.Vectors[0]) == 0) {
			t.Errorf("embeddings %+v", got)
		}
		if s := saidIn(body); strings.ContainsAny(s.kind+s.code+s.param, " \n\"'<>&:%") {
			t.Errorf("identifiers %+v", s)
		}
	})
}

// FuzzRecords: a record is the answer to its key, or an error that names it.
func FuzzRecords(f *testing.F) {
	k, _ := full().Key(OpenAI)
	good, err := writeRecord(k, OpenAI, kindChat, full(), chat.Response{Text: "hi", Finish: "stop", Latency: time.Second}, time.Unix(0, 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Replace(good, []byte("go on"), []byte("go off"), 1))
	f.Add([]byte(`{"promptflagRecorded":1,"key":"` + k + `","family":"openai","kind":"chat","request":{"model":"m"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := readRecord[chat.Request, chat.Response](data, k, OpenAI, kindChat)
		if err != nil {
			if !errors.Is(err, ErrBadRecord) || !strings.Contains(err.Error(), k) || len(err.Error()) > 300 {
				t.Errorf("error %v", err)
			}
			return
		}
		var r record[chat.Request, chat.Response]
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		if is, _ := r.Request.Key(OpenAI); is != k {
			t.Errorf("a record of %s was used for %s", is, k)
		}
		if _, err := readRecord[chat.EmbedRequest, chat.Embeddings](data, k, OpenAI, kindEmbeddings); err == nil {
			t.Error("a chat was read as embeddings")
		}
	})
}

// TestRecordGolden freezes the format: its bytes and its key.
func TestRecordGolden(t *testing.T) {
	r := ask()
	r.Parameters = map[string]any{"temperature": 0.0}
	k, err := r.Key(OpenAI)
	if err != nil {
		t.Fatal(err)
	}
	got, err := writeRecord(k, OpenAI, kindChat, r, chat.Response{Text: "a < b & c", Finish: "stop", Usage: chat.Usage{Known: true, Input: 1, Output: 2}, Latency: 1500 * time.Millisecond}, time.Unix(1_800_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := golden(t, "testdata/record.json", got)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
