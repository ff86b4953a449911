package assert

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/prompts"
)

// fakeJudge is no server, because votes must come that a real one cannot be made
// to give: torn, contradictory, of a chosen sample. It keeps what it was asked.
type fakeJudge struct {
	votes   int
	answers [][]json.RawMessage // by vote; the last one holds for the votes after it
	vectors map[string][]float64

	mu    sync.Mutex
	asked map[int][]chat.Request // by Repeat, in the order of the questions
	embed []chat.EmbedRequest
}

func (f *fakeJudge) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	if err := ctx.Err(); err != nil {
		return chat.Response{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked == nil {
		f.asked = map[int][]chat.Request{}
	}
	nth := len(f.asked[r.Repeat])
	f.asked[r.Repeat] = append(f.asked[r.Repeat], r)
	if len(f.answers) == 0 {
		return chat.Response{}, &chat.Error{Fault: chat.NotRecorded}
	}
	of := f.answers[min(r.Repeat%f.votes, len(f.answers)-1)]
	raw := of[min(nth, len(of)-1)]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return chat.Response{Text: text, Finish: "stop"}, nil
	}
	var fake struct{ Refusal, Finish, Fault, Panic string }
	if bytes.HasPrefix(raw, []byte(`{"fake":`)) {
		var outer struct{ Fake json.RawMessage }
		if err := json.Unmarshal(raw, &outer); err != nil {
			return chat.Response{}, err
		}
		if err := json.Unmarshal(outer.Fake, &fake); err != nil {
			return chat.Response{}, err
		}
		switch {
		case fake.Panic != "":
			panic(fake.Panic)
		case fake.Fault != "":
			return chat.Response{}, &chat.Error{Fault: chat.Fault(fake.Fault), Attempts: 1}
		}
		return chat.Response{Refusal: fake.Refusal, Finish: fake.Finish, Text: `{"pass":true,"score":1,"reason":"cut"}`}, nil
	}
	return chat.Response{Text: string(raw), Finish: "stop"}, nil
}

func (f *fakeJudge) Embed(_ context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.embed = append(f.embed, r)
	var out chat.Embeddings
	for _, text := range r.Texts {
		v, ok := f.vectors[text]
		if !ok {
			return chat.Embeddings{}, &chat.Error{Fault: chat.Unavailable, Status: 503}
		}
		if len(v) == 0 {
			continue // an endpoint that forgets a text
		}
		out.Vectors = append(out.Vectors, v)
	}
	return out, nil
}

// judgedCase is one line of testdata/<type>.json.
type judgedCase struct {
	Name      string               `json:"name"`
	Assertion map[string]any       `json:"assertion"`
	Output    string               `json:"output"`
	Asked     string               `json:"asked,omitempty"` // message of the user
	Vars      map[string]any       `json:"vars,omitempty"`
	Votes     int                  `json:"votes,omitempty"`
	NoJudge   bool                 `json:"noJudge,omitempty"`
	Answers   [][]json.RawMessage  `json:"answers,omitempty"`
	Vectors   map[string][]float64 `json:"vectors,omitempty"`
	Want      *Result              `json:"want"`
	Problems  []string             `json:"problems,omitempty"`
}

func (c judgedCase) run(t *testing.T, assertion map[string]any) (*Result, []string) {
	a, problems := Parse(assertion)
	if len(problems) > 0 {
		return nil, lines(problems)
	}
	fake := &fakeJudge{votes: max(c.Votes, 1), answers: c.Answers, vectors: c.Vectors}
	s := Services{Judge: fake, Embedder: fake, Judging: Judging{Model: "judge-1", Votes: c.Votes}, EmbeddingModel: "embed-1"}
	if c.NoJudge {
		s = Services{}
	}
	in := Input{Output: chat.Response{Text: c.Output}, Vars: c.Vars}
	if c.Asked != "" {
		in.Messages = []prompts.Message{{Role: "user", Content: c.Asked}}
	}
	r := a.Run(t.Context(), in, s)
	return &r, nil
}

// TestJudged runs testdata/<type>.json of all types that ask a model. UPDATE=1
// writes what comes out; read it in the diff.
func TestJudged(t *testing.T) {
	types := map[string]bool{}
	for _, k := range judged() {
		types[k.name] = true
	}
	for name := range types {
		if name == "model-graded-factuality" {
			continue // a case of factuality.json
		}
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".json")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var cases []judgedCase
			dec := json.NewDecoder(bytes.NewReader(data))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&cases); err != nil || len(cases) == 0 {
				t.Fatalf("%d cases, %v", len(cases), err)
			}
			var out strings.Builder
			for i, c := range cases {
				c.Want, c.Problems = c.run(t, c.Assertion)
				if kind := strings.TrimPrefix(fmt.Sprint(c.Assertion["type"]), not); kind != name && kind != "model-graded-factuality" {
					t.Errorf("%s: type %s stands in %s", c.Name, kind, file)
				}
				c.opposite(t)
				out.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0] + c.format(t))
			}
			golden.Compare(t, file, out.String()+"\n]\n")
		})
	}
}

// opposite holds for every case: what cannot be told cannot be told of the
// opposite either, and two opposites never pass together.
func (c judgedCase) opposite(t *testing.T) {
	if c.Want == nil {
		return
	}
	turned := map[string]any{}
	for key, v := range c.Assertion {
		turned[key] = v
	}
	if name, ok := strings.CutPrefix(c.Want.Type, not); ok {
		turned["type"] = name
	} else {
		turned["type"] = not + c.Want.Type
	}
	for _, raw := range slices.Concat(c.Answers...) {
		if text := strings.Trim(string(raw), `"`); len(text) > 3 && strings.Contains(c.Want.Error, text) {
			t.Errorf("%s: the error quotes the judge: %s", c.Name, c.Want.Error)
		}
	}
	r, problems := c.run(t, turned)
	switch {
	case problems != nil:
		t.Errorf("%s: %s has problems %v", c.Name, turned["type"], problems)
	case r.Error != c.Want.Error:
		t.Errorf("%s: error %q, of the opposite %q", c.Name, c.Want.Error, r.Error)
	case r.Pass && c.Want.Pass:
		t.Errorf("%s: it passes and so does its opposite", c.Name)
	case r.Error != "" && (r.Pass || r.Score != 0 || c.Want.Pass || c.Want.Score != 0):
		t.Errorf("%s: an error passes or has a score", c.Name)
	}
}

// format is a case with each member on a line.
func (c judgedCase) format(t *testing.T) string {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&text)
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var members []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		members = append(members, fmt.Sprintf("%q: %s", name, value))
	}
	return "{" + strings.Join(members, ",\n ") + "}"
}

// Votes and samples are independent, a judge is pinned, and its parameters are
// those of the suite.
func TestJudgeIsAsked(t *testing.T) {
	fake := &fakeJudge{votes: 3, answers: [][]json.RawMessage{{json.RawMessage(`{"pass":true,"score":1,"reason":"r"}`)}}}
	a := mustParse(t, map[string]any{"type": "llm-rubric", "value": "is kind"})
	in := output("hello")
	keys := map[string]bool{}
	for in.Repeat = range 3 {
		r := a.Run(t.Context(), in, Services{Judge: fake, Judging: Judging{Model: "m", Votes: 3, Parameters: map[string]any{"seed": 1}}})
		if !r.Pass || r.Reason != "3 of 3 votes pass: r" {
			t.Fatalf("%+v", r)
		}
	}
	for i := range 9 {
		if len(fake.asked[i]) != 1 {
			t.Fatalf("repeat %d was asked %d times", i, len(fake.asked[i]))
		}
		r := fake.asked[i][0]
		if diff := cmp.Diff(map[string]any{"temperature": 0, "seed": 1}, r.Parameters); diff != "" || r.Model != "m" {
			t.Errorf("model %q, parameters (-want +got):\n%s", r.Model, diff)
		}
		if r.Output == nil || r.Output.Schema == nil || r.Output.Strict == nil || !*r.Output.Strict {
			t.Error("it is not forced to a schema")
		}
		key, err := r.Key("openai")
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 9 {
		t.Errorf("%d keys, want 9", len(keys))
	}
	named := mustParse(t, map[string]any{"type": "llm-rubric", "value": "is kind", "provider": "other"})
	fake.asked = nil
	if named.Run(t.Context(), output("x"), Services{Judge: fake, Judging: Judging{Model: "m"}}); fake.asked[0][0].Model != "other" {
		t.Errorf("asked %q", fake.asked[0][0].Model)
	}
	if diff := cmp.Diff([]string{"other"}, named.Judges()); diff != "" {
		t.Error(diff)
	}
}

func TestJudgeServices(t *testing.T) {
	fake := &fakeJudge{votes: 1}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		kind string
		ctx  context.Context
		s    Services
		want string
	}{
		{"llm-rubric", t.Context(), Services{Judge: fake}, `no judge: write [judge] with model = "…" in the suite, or a provider in the assertion`},
		{"llm-rubric", t.Context(), Services{Judging: Judging{Model: "m"}}, "no judge: this run has no client for one"},
		{"llm-rubric", t.Context(), Services{Judge: fake, Judging: Judging{Model: "m", Votes: 2}}, "judge: votes is an odd number from 1 to 99, not 2"},
		{"llm-rubric", t.Context(), Services{Judge: fake, Judging: Judging{Model: "m", Votes: -1}}, "judge: votes is an odd number from 1 to 99, not -1"},
		{"llm-rubric", t.Context(), Services{Judge: fake, Judging: Judging{Model: "m", Votes: 101}}, "judge: votes is an odd number from 1 to 99, not 101"},
		{"llm-rubric", t.Context(), Services{Judge: fake, Judging: Judging{Model: "m"}}, "judge: not recorded"},
		{"llm-rubric", cancelled, Services{Judge: fake, Judging: Judging{Model: "m"}}, "not checked: context canceled"},
		{"similar", t.Context(), Services{Embedder: fake}, `no embeddings: write [embeddings] with model = "…" in the suite`},
		{"similar", t.Context(), Services{EmbeddingModel: "e"}, "no embeddings: this run has no client for them"},
		{"similar", t.Context(), Services{EmbeddingModel: "e", Embedder: fake}, "embeddings: unavailable (HTTP 503)"},
	} {
		for _, prefix := range []string{"", not} {
			r := mustParse(t, map[string]any{"type": prefix + c.kind, "value": "v"}).Run(c.ctx, output("x"), c.s)
			if r.Error != c.want || r.Pass {
				t.Errorf("%s%s: pass %v, error %q, want %q", prefix, c.kind, r.Pass, r.Error, c.want)
			}
		}
	}
}

// A run that is cancelled while a judge thinks ends, and nothing is decided.
func TestJudgeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{}, 3)
	go func() {
		for range 3 {
			<-started
		}
		cancel()
	}()
	a := mustParse(t, map[string]any{"type": "not-llm-rubric", "value": "v"})
	r := a.Run(ctx, output("x"), Services{Judge: slow{started}, Judging: Judging{Model: "m", Votes: 3}})
	if want := "judge: undecided, 0 of 3 votes pass, 0 fail, 3 have an error, the first: context canceled"; r.Error != want || r.Pass {
		t.Errorf("got %+v", r)
	}
}

type slow struct{ started chan struct{} }

func (s slow) Complete(ctx context.Context, _ chat.Request) (chat.Response, error) {
	s.started <- struct{}{}
	<-ctx.Done()
	return chat.Response{}, ctx.Err()
}

// The short form of a column __expected knows the types that ask a model.
func TestParseExpectedOfJudged(t *testing.T) {
	for text, want := range map[string]string{
		"grade: is kind":                 `{"type":"llm-rubric","value":"is kind"}`,
		"not-llm-rubric(0.8): is kind":   `{"threshold":0.8,"type":"not-llm-rubric","value":"is kind"}`,
		"similar(0.8): hello":            `{"threshold":0.8,"type":"similar","value":"hello"}`,
		"similar: hello":                 `{"type":"similar","value":"hello"}`,
		"factuality: Paris":              `{"type":"factuality","value":"Paris"}`,
		"model-graded-factuality: Paris": `{"type":"model-graded-factuality","value":"Paris"}`,
		"answer-relevance":               `{"type":"answer-relevance"}`,
	} {
		a, problems := ParseExpected(text)
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, lines(problems))
		} else if got := compact(a.Canonical()); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
