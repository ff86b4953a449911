package llm

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
)

// mock is a client of the mock of models of the test stack.
func mock(t *testing.T, family string, o Options) (c *Client, testID string) {
	t.Helper()
	url, id := teststack.LLM(t), teststack.Prefix(t)
	e := Endpoint{Name: "mock", Family: family, BaseURL: url, Key: key, Headers: map[string]string{"X-Test-Id": id}}
	switch family {
	case OpenAI:
		e.BaseURL += "/v1"
	case Azure:
		e.APIVersion = "2024-10-21"
	}
	c, err := New(e, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, id
}

// chaos makes the mock fail for one test.
func chaos(t *testing.T, testID, rates string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, teststack.LLM(t)+"/__aimock/chaos", strings.NewReader(rates))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Test-Id", testID)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("chaos: %s", resp.Status)
	}
}

func says(text string) chat.Request {
	return chat.Request{Model: "gpt-4o-mini", Messages: []prompts.Message{{Role: "user", Content: text}}}
}

func TestMockAnswers(t *testing.T) {
	strict := true
	schema := map[string]any{"type": "object", "properties": map[string]any{"summary": map[string]any{"type": "string"}}}
	structured := says("summarise: cats")
	structured.Output = &prompts.Output{Format: "json", Schema: schema, Strict: &strict}
	structured.Parameters = map[string]any{"temperature": 0.0}
	tools := says("what is the weather in Paris?")
	tools.Tools = []prompts.Tool{{Name: "get_weather", Description: "The weather of a city.", Parameters: schema}}
	long := says("cut me off")
	for _, family := range []string{OpenAI, Azure, Anthropic} {
		for name, tt := range map[string]struct {
			r    chat.Request
			want chat.Response
		}{
			"schema": {structured, chat.Response{Text: `{"summary":"cats"}`, Finish: "stop", Usage: chat.Usage{Known: true, Input: 11, Output: 5}}},
			"tools":  {tools, chat.Response{Finish: "tool_calls", ToolCalls: []chat.ToolCall{{Name: "get_weather", Arguments: `{"city":"Paris"}`}}, Usage: chat.Usage{Known: true, Input: 20, Output: 7}}},
			"length": {long, chat.Response{Text: "a long st", Finish: "length"}},
		} {
			t.Run(family+"/"+name, func(t *testing.T) {
				t.Parallel()
				c, _ := mock(t, family, Options{})
				got, err := c.Complete(t.Context(), tt.r)
				if err != nil {
					t.Fatal(err)
				}
				ignore := cmp.Options{cmpopts.IgnoreFields(chat.Response{}, "Latency", "Model"), cmpopts.IgnoreFields(chat.ToolCall{}, "ID")}
				if name == "length" {
					ignore = append(ignore, cmpopts.IgnoreFields(chat.Response{}, "Usage")) // its own guess
				}
				if diff := cmp.Diff(tt.want, got, ignore); diff != "" || got.Latency <= 0 {
					t.Errorf("latency %v, %s", got.Latency, diff)
				}
			})
		}
	}
}

func TestMockEmbeddings(t *testing.T) {
	for _, family := range []string{OpenAI, Azure} {
		c, _ := mock(t, family, Options{})
		got, err := c.Embed(t.Context(), chat.EmbedRequest{Model: "text-embedding-3-small", Texts: []string{"embed: cats"}})
		if err != nil || !cmp.Equal(got.Vectors, [][]float64{{0.1, 0.2, -0.3}}) {
			t.Errorf("%s: %+v, %v", family, got, err)
		}
	}
}

// TestMockFaults: what the mock does, and what comes of it. Chaos of 1 hits each attempt.
func TestMockFaults(t *testing.T) {
	for _, tt := range []struct {
		name, chaos, text string
		fault             chat.Fault
		status            int
	}{
		{"drop", `{"dropRate":1}`, "say pong", chat.Unavailable, 500},
		{"malformed", `{"malformedRate":1}`, "say pong", chat.Malformed, 200},
		{"disconnect", `{"disconnectRate":1}`, "say pong", chat.Cut, 0},
		{"rate limit", `{"rateLimitRate":1}`, "say pong", chat.RateLimited, 429},
		{"no key", `{}`, "no key", chat.Unauthorized, 401},
		{"no fixture", `{}`, "nobody knows this", chat.Unavailable, 503},
	} {
		for _, family := range []string{OpenAI, Anthropic} {
			t.Run(tt.name+"/"+family, func(t *testing.T) {
				t.Parallel()
				c, id := mock(t, family, Options{Attempts: 3, MaxWait: time.Millisecond})
				chaos(t, id, tt.chaos)
				_, err := c.Complete(t.Context(), says(tt.text))
				attempts := 3
				if tt.status == 401 {
					attempts = 1
				}
				var e *chat.Error
				if !errors.As(err, &e) || e.Fault != tt.fault || e.Status != tt.status || e.Attempts != attempts {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestMockRecovers: 429, then 503, then an answer; and half of all requests
// failing in every way does not keep answers away.
func TestMockRecovers(t *testing.T) {
	for _, family := range []string{OpenAI, Anthropic} {
		c, _ := mock(t, family, Options{MaxWait: time.Millisecond})
		got, err := c.Complete(t.Context(), says("flaky"))
		if err != nil || got.Text != "recovered" {
			t.Errorf("%s: %+v, %v", family, got, err)
		}
	}
	c, id := mock(t, OpenAI, Options{MaxWait: time.Millisecond, Attempts: 60})
	chaos(t, id, `{"dropRate":0.1,"malformedRate":0.1,"disconnectRate":0.1,"rateLimitRate":0.2}`)
	errs := make(chan error)
	for range 50 {
		go func() {
			got, err := c.Complete(t.Context(), says("say pong"))
			if err == nil && got.Text != "pong" {
				err = fmt.Errorf("answer %+v", got)
			}
			errs <- err
		}()
	}
	for range 50 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
