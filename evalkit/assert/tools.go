package assert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

func toolKinds() []kind {
	valid := "The model called functions that the prompt has, with arguments that fit their schemas."
	return []kind{
		{name: "is-valid-openai-tools-call", summary: valid, make: makeValidCalls},
		{name: "is-valid-function-call", summary: "As is-valid-openai-tools-call, and it called exactly one.", make: makeValidCalls},
		{name: "is-valid-openai-function-call", summary: "The same as is-valid-function-call.", make: makeValidCalls},
		{name: "tool-call-f1", summary: "The F1 of the names of the functions that were called, each once, reaches the threshold (1 when not written).",
			value: "a list of names, or one text with commas", threshold: scoreLimit, make: makeToolF1},
	}
}

func makeValidCalls(w *written) checker {
	w.noValue()
	return validCalls{one: w.kind != "is-valid-openai-tools-call"}
}

type validCalls struct{ one bool }

func (c validCalls) check(ctx context.Context, in Input, _ Services) (Result, error) {
	calls := in.Output.ToolCalls
	switch {
	case len(calls) == 0:
		return binary(false, "calls no function: %s", quote(in.Output.Text)), nil
	case c.one && len(calls) > 1:
		return binary(false, "calls %d functions, not one", len(calls)), nil
	}
	for _, call := range calls {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		fault, err := callFault(call, in.Tools)
		switch {
		case err != nil:
			return Result{}, err
		case fault != "":
			return binary(false, "calls %s: %s", quote(call.Name), fault), nil
		}
	}
	return binary(true, "calls %s, as declared", quotes(names(calls))), nil
}

// callFault says why a call is not valid; "" when it is.
func callFault(call chat.ToolCall, tools []prompts.Tool) (string, error) {
	i := slices.IndexFunc(tools, func(t prompts.Tool) bool { return t.Name == call.Name })
	if i < 0 {
		return "the prompt has no such function", nil
	}
	arguments, err := parseJSON(call.Arguments)
	if err != nil {
		return "its arguments are not JSON: " + quote(call.Arguments), nil
	}
	if _, ok := arguments.(map[string]any); !ok {
		return "its arguments are not an object: " + quote(call.Arguments), nil
	}
	if tools[i].Parameters == nil {
		return "", nil
	}
	parameters, problems := normal(tools[i].Parameters)
	if len(problems) > 0 {
		return "", fmt.Errorf("the schema of function %s: %s", quote(call.Name), problems[0].Message)
	}
	s, _, err := compileSchema(parameters)
	if err != nil {
		return "", fmt.Errorf("the schema of function %s: %w", quote(call.Name), err)
	}
	fault, err := s.violation(arguments)
	if fault != "" {
		fault = "its arguments do not fit the schema: " + fault
	}
	return fault, err
}

// names are the functions that were called, each once, sorted.
func names(calls []chat.ToolCall) []string {
	var out []string
	for _, call := range calls {
		out = append(out, call.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func makeToolF1(w *written) checker {
	if t := w.textsValue(true); t != nil {
		return toolF1{t, w.orDefault(1)}
	}
	return nil
}

type toolF1 struct {
	want      *texts
	threshold float64
}

func (c toolF1) check(_ context.Context, in Input, _ Services) (Result, error) {
	list, err := c.want.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	var want []string
	for _, name := range list {
		want = append(want, strings.TrimSpace(name))
	}
	slices.Sort(want)
	want = slices.Compact(want)
	called, both := names(in.Output.ToolCalls), 0
	for _, name := range called {
		if slices.Contains(want, name) {
			both++
		}
	}
	r := scored("F1", 2*float64(both)/float64(len(want)+len(called)), c.threshold)
	r.Reason += fmt.Sprintf("; expected %s, called %s", quotes(want), quotes(called))
	if len(called) == 0 {
		r.Reason += "nothing"
	}
	return r, nil
}
