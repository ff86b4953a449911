package assert_test

import (
	"context"
	"fmt"
	"time"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
)

func Example() {
	a, problems := assert.Parse(map[string]any{"type": "icontains", "value": "{{city}}", "metric": "accuracy"})
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	r := a.Run(context.Background(), assert.Input{
		Output: chat.Response{Text: "The capital of France is Paris.", Latency: 420 * time.Millisecond},
		Vars:   map[string]any{"city": "paris"},
	}, assert.Services{})
	fmt.Println(r.Pass, r.Score, r.Reason)
	// Output: true 1 contains "paris"
}

// All that is wrong comes at once.
func ExampleParse() {
	_, problems := assert.Parse(map[string]any{"type": "regex", "value": "^(?!no)", "weight": -1, "treshold": 1})
	for _, p := range problems {
		fmt.Printf("%v %s (%s)\n", p.Path, p.Message, p.Hint)
	}
	// Output:
	// [weight] weight -1 is negative (weight 0 measures and never gates)
	// [value] not a regular expression: invalid or unsupported Perl syntax: "(?!" ((?!…) is look-around, which RE2 has not: write two assertions, one of them with not-regex)
	// [treshold] an assertion of type regex has no member "treshold" (did you mean threshold?)
}

func ExampleParseExpected() {
	a, _ := assert.ParseExpected("not-levenshtein(2): sitting")
	fmt.Println(a.Not, a.Type, *a.Threshold)
	// Output: true levenshtein 2
}

// What cannot be checked is an error, and never passes.
func ExampleAssertion_Run() {
	a, _ := assert.ParseExpected("cost(0.01)")
	r := a.Run(context.Background(), assert.Input{Output: chat.Response{Text: "Paris"}}, assert.Services{})
	fmt.Println(r.Pass, r.Error)
	// Output: false the cost is not known: the endpoint gave no usage, or the model has no price
}

// With a threshold the weighted mean of the scores decides.
func ExampleCombine() {
	threshold := 0.7
	fmt.Println(assert.Combine([]assert.Result{
		{Pass: true, Score: 1, Weight: 3},
		{Pass: false, Score: 0, Weight: 1},
		{Pass: false, Score: 0, Weight: 0}, // measured only
	}, &threshold))
	// Output: true 0.75 false
}
