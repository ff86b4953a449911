// A hand-made fake of a model: it is there to count what is asked, and to hold
// answers until the process that waits for them is killed. No real server can
// be made to stop after exactly so many answers.

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// heldModel answers "answer N" to "question N." and judges politely.
type heldModel struct {
	*httptest.Server
	mu       sync.Mutex
	changed  *sync.Cond
	may      int // answers until it holds the next ones
	answered int
	asked    map[string]int // requests, by what they ask
	held     map[string]int // those that wait
	words    string         // in every answer
	refuses  string         // what is refused: the end of the key
}

const noHold = 1 << 30

func newHeldModel(t *testing.T) *heldModel {
	m := &heldModel{may: noHold, asked: map[string]int{}, held: map[string]int{}, words: "first"}
	m.changed = sync.NewCond(&m.mu)
	m.Server = httptest.NewServer(m)
	t.Cleanup(func() { m.hold(noHold); m.Close() })
	return m
}

var questionText = regexp.MustCompile(`(question|answer|reply) \d+`)

func (m *heldModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model    string
		Messages []struct{ Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
		http.Error(w, "what?", http.StatusBadRequest)
		return
	}
	of := questionText.FindString(q.Messages[len(q.Messages)-1].Content)
	key := q.Model + ": " + of
	stop := make(chan struct{})
	defer close(stop)
	go func() { // the process that asked is gone
		select {
		case <-r.Context().Done():
			m.mu.Lock() // not between what a request looks at and its wait
			defer m.mu.Unlock()
			m.changed.Broadcast()
		case <-stop:
		}
	}()
	m.mu.Lock()
	m.asked[key]++
	m.held[key]++
	m.changed.Broadcast()
	for m.answered >= m.may && r.Context().Err() == nil {
		m.changed.Wait()
	}
	if m.held[key]--; m.held[key] == 0 {
		delete(m.held, key)
	}
	gone := r.Context().Err() != nil
	if !gone {
		m.answered++
	}
	words, refused := m.words, m.refuses != "" && strings.HasSuffix(key, m.refuses)
	if refused && !gone {
		m.answered--
		m.asked[key]--
	}
	m.changed.Broadcast()
	m.mu.Unlock()
	if refused {
		http.Error(w, `{"error":{"type":"some_error"}}`, http.StatusBadRequest)
		return
	}
	if gone {
		return
	}
	answer := words + " " + strings.Replace(of, "question", "answer", 1)
	if strings.HasSuffix(of, "7") {
		answer = words + " " + strings.Replace(of, "question", "reply", 1)
	}
	if strings.HasPrefix(q.Model, "judge") {
		answer = `{"pass":true,"score":1,"reason":"It is polite."}`
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"id": "held", "object": "chat.completion", "created": 1, "model": q.Model,
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer}}},
		"usage":   map[string]any{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
	})
}

// hold lets so many answers out, counted from the start.
func (m *heldModel) hold(may int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.may = may
	m.changed.Broadcast()
}

// reset forgets what was asked.
func (m *heldModel) reset(words string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked, m.answered, m.may, m.words = map[string]int{}, 0, noHold, words
}

// counts are how often everything was asked, and how often at all.
func (m *heldModel) counts() (asked map[string]int, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.asked {
		total += n
	}
	return maps.Clone(m.asked), total
}

// until waits for a state and returns what is held then. The deadline is far
// beyond what it takes.
func (m *heldModel) until(t *testing.T, what string, ok func() bool) map[string]int {
	t.Helper()
	late := false
	defer time.AfterFunc(2*time.Minute, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		late = true
		m.changed.Broadcast()
	}).Stop()
	m.mu.Lock()
	defer m.mu.Unlock()
	for !ok() {
		if late {
			t.Fatalf("%s: not within 2 min; %d answered, %d held", what, m.answered, len(m.held))
		}
		m.changed.Wait()
	}
	return maps.Clone(m.held)
}

// endpointOf is the part of promptflag.toml that leads to it.
func (m *heldModel) endpointOf() string {
	return onFiles + fmt.Sprintf("[endpoints.openai]\nbase_url = %q\nkey_env = \"-\"\nconcurrency = 64\n[prices.\"gpt-4o-mini\"]\ninput = 1\noutput = 1\n[prices.judge]\ninput = 1\noutput = 1\n", m.URL+"/v1")
}
