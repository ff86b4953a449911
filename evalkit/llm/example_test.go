package llm_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/llm"
	"github.com/promptflag/promptflag/prompts"
)

// The first run asks and records, the second one asks nobody.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"choices":[{"message":{"content":"billing"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":500}}`)
	}))
	dir, err := os.MkdirTemp("", "recorded")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	client, err := llm.New(llm.Endpoint{Family: llm.OpenAI, BaseURL: srv.URL, KeyEnv: "MY_KEY", Concurrency: 32},
		&llm.Options{Getenv: func(string) string { return "secret" }})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	records, err := llm.OpenDir(dir)
	if err != nil {
		panic(err)
	}
	prices, err := llm.NewPrices(nil)
	if err != nil {
		panic(err)
	}
	request := chat.Request{Model: "gpt-4o-mini", Messages: []prompts.Message{{Role: "user", Content: "Sort: I was charged twice"}}}
	for _, mode := range []llm.Mode{llm.Record, llm.Replay} {
		recorder := llm.NewRecorder(client, client, client.Family(), records, mode, nil)
		answer, err := recorder.Complete(context.Background(), request)
		usd, known := prices.Cost(request.Model, answer.Usage)
		fmt.Println(answer.Text, answer.Recorded, usd, known, err)
		srv.Close() // nobody is there for the second run
	}
	// Output:
	// billing false 0.00045 true <nil>
	// billing true 0.00045 true <nil>
}
