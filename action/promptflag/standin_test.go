// The answers of a stand-in for a model: a real one costs money, and would say
// something else tomorrow. What it says is recorded in action/example/recorded.

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// standin answers as the OpenAI dialect does.
func standin(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model          string
			Messages       []struct{ Content any }
			ResponseFormat json.RawMessage `json:"response_format"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		first, last := fmt.Sprint(q.Messages[0].Content), fmt.Sprint(q.Messages[len(q.Messages)-1].Content)
		answer := ""
		switch {
		case strings.Contains(first, "You sort support tickets"):
			answer = queue(strings.Contains(first, "Refunds are always billing"), last)
		case strings.Contains(first, "You draft replies"):
			answer = draft(last)
		case strings.Contains(first, "You write release notes"):
			answer = notes(last)
		case strings.Contains(first, "You give support tickets a title"):
			answer = title(last)
		default: // the judge
			answer = `{"pass":true,"score":0.9,"reason":"It answers the question in plain words and promises nothing."}`
		}
		if answer == "" {
			http.Error(w, "nobody taught me that", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"id": "standin", "object": "chat.completion", "created": 1, "model": q.Model,
			"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer}}},
			"usage":   map[string]any{"prompt_tokens": (len(first) + len(last)) / 4, "completion_tokens": len(answer) / 4, "total_tokens": (len(first) + len(last) + len(answer)) / 4},
		})
	}))
	t.Cleanup(s.Close)
	return s
}

// queue sorts a ticket by its words. Who was not told that refunds are billing
// takes some of them for payments.
func queue(refunds bool, ticket string) string {
	for _, rule := range []struct {
		words, queue string
		urgency      int
	}{
		{"Ignore all rules", "other", 1},
		{"lost my wallet", "cards", 4}, {"took my card", "cards", 4}, {"declined", "cards", 3}, {"PIN", "cards", 2}, {"charged twice", "billing", 2},
		{"two weeks ago", "billing", 2}, {"refund the fee", "payments", 2}, {"fee of 12", "billing", 2}, {"invoice", "billing", 1}, {"VAT", "billing", 1},
		{"new card", "cards", 1}, {"company card", "cards", 1},
		{"wrong and the salaries", "payments", 4}, {"supplier", "payments", 3}, {"SEPA", "payments", 2}, {"standing order", "payments", 1}, {"instant", "payments", 1}, {"direct debit", "payments", 2},
		{"password into a page", "account", 4}, {"new password", "account", 2}, {"bookkeeper", "account", 1}, {"close the account", "account", 2}, {"moved", "account", 1}, {"phone is broken", "account", 3},
		{"app closes", "other", 2}, {"Tom", "other", 1}, {"hiring", "other", 1},
	} {
		if !strings.Contains(ticket, rule.words) {
			continue
		}
		if refunds && strings.Contains(ticket, "refund") {
			rule.queue, rule.urgency = "billing", 3
		}
		return fmt.Sprintf(`{"queue":"%s","urgency":%d}`, rule.queue, rule.urgency)
	}
	return ""
}

func draft(ticket string) string {
	for words, text := range map[string]string{
		"two weeks ago":    "Hello Ada,\n\nthank you for your patience. I have asked our billing team where your refund is, and they will write to you by tomorrow evening.\n\nKind regards",
		"lost my wallet":   "Hello Ben,\n\nplease open the app and choose Block card: it takes effect at once. If you cannot reach the app, call the number on our website and we block it for you.\n\nKind regards",
		"neue Karte":       "Hallo Chris,\n\neine neue Karte ist meist nach fünf bis sieben Tagen bei Ihnen. Den Versand sehen Sie in der App unter Karten.\n\nFreundliche Grüße",
		"one from Friday.": "Hello Dana,\n\nthank you. I see the transfer from Friday and have asked our payments team to trace it. You will hear from them by tomorrow.\n\nKind regards",
	} {
		if strings.Contains(ticket, words) {
			return text
		}
	}
	return ""
}

func notes(changes string) string {
	if strings.Contains(changes, "CSV") {
		return "New\n- You can export transactions as CSV.\n\nFixed\n- The total on statements is right again."
	}
	return "There were no changes."
}

func title(ticket string) string {
	for words, text := range map[string]string{
		"charged twice":   "Card charged twice for one order",
		"Ben Meyer":       "App closes when opening statements",
		"nicht mehr":      "Cannot log in since yesterday",
		"Ignore your rul": "Transfer is missing",
	} {
		if strings.Contains(ticket, words) {
			return text
		}
	}
	return ""
}
