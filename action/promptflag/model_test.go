// A model by hand for scripts: a real one costs money and would not fail when it
// is told to, and a mock from npm is not there where only Go is.

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// modelKey is the key that scripts send; nothing may ever show it.
const modelKey = "sk-scripts-0a1b2c3d4e5f60718293a4b5c6d7e8f9"

// scripted answers by rules, the first that fits, as the OpenAI dialect does.
type scripted struct {
	mu     sync.Mutex
	server *httptest.Server
	rules  []rule
	asked  int
}

// rule is an element of the file of rules. Zero fields fit everything.
type rule struct {
	Model    string `json:"model"`
	Contains string `json:"contains"` // one of the messages does
	Answer   string `json:"answer"`
	Status   int    `json:"status"` // instead of an answer, with Answer as its message
	Hang     bool   `json:"hang"`   // until the caller goes away
	NoUsage  bool   `json:"noUsage"`
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model    string
		Messages []struct{ Content any }
	}
	err := json.NewDecoder(r.Body).Decode(&q)
	if err != nil || r.Header.Get("Authorization") != "Bearer "+modelKey {
		http.Error(w, `{"error":{"message":"who are you?"}}`, http.StatusUnauthorized)
		return
	}
	said := ""
	for _, m := range q.Messages {
		said += fmt.Sprint(m.Content) + "\n"
	}
	s.mu.Lock()
	s.asked++
	rules := s.rules
	s.mu.Unlock()
	for _, rule := range rules {
		if (rule.Model != "" && rule.Model != q.Model) || !strings.Contains(said, rule.Contains) {
			continue
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case rule.Hang:
			<-r.Context().Done()
		case rule.Status != 0:
			w.WriteHeader(rule.Status)
			json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": rule.Answer}})
		default:
			answer := map[string]any{
				"id": "scripted", "object": "chat.completion", "created": 1, "model": q.Model,
				"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": rule.Answer}}},
			}
			if !rule.NoUsage {
				answer["usage"] = map[string]any{"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
			}
			json.NewEncoder(w).Encode(answer)
		}
		return
	}
	http.Error(w, `{"error":{"message":"no rule fits"}}`, http.StatusBadRequest)
}

type scriptedKey struct{}

func setupModel(e *testscript.Env) {
	s := &scripted{}
	e.Values[scriptedKey{}] = s
	e.Defer(func() {
		if s.server != nil {
			s.server.CloseClientConnections()
			s.server.Close()
		}
	})
}

// cmdModel starts the model of a script, or gives it other rules: model FILE.
func cmdModel(ts *testscript.TestScript, _ bool, args []string) {
	var rules []rule
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &rules))
	s := ts.Value(scriptedKey{}).(*scripted)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules
	if s.server == nil {
		s.server = httptest.NewServer(s)
	}
	ts.Setenv("OPENAI_BASE_URL", s.server.URL+"/v1")
	ts.Setenv("OPENAI_API_KEY", modelKey)
}

// cmdAsked demands how often the model was asked since it was asked the last
// time, or waits until it was: asked [-wait] N.
func cmdAsked(ts *testscript.TestScript, _ bool, args []string) {
	wait := args[0] == "-wait"
	want, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	s := ts.Value(scriptedKey{}).(*scripted)
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		got := s.asked
		if !wait {
			s.asked = 0
		}
		s.mu.Unlock()
		switch {
		case wait && got < want && time.Since(start) < time.Minute:
			continue
		case got != want:
			ts.Fatalf("the model was asked %d times, want %d", got, want)
		}
		return
	}
}

// cmdSecret demands that no file below a folder, and nothing that was printed
// last, has the key: secret DIR.
func cmdSecret(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(name), modelKey) {
			ts.Fatalf("the key is in %s", name)
		}
	}
	if err := ts.Exec("grep", "-rl", modelKey, ts.MkAbs(args[0])); err == nil {
		ts.Fatalf("the key is in a file")
	}
}
