package githubfake

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestState: a test in another process seeds the fake and reads it again.
func TestState(t *testing.T) {
	f := New("acme/prompts")
	do := func(method, path, token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		return w
	}
	if w := do("PUT", "/_fake/state", "", `{"Repository":"acme/other","Pulls":{"7":{"Author":"ann","Head":"c0ffee"}}}`); w.Code != http.StatusOK {
		t.Fatalf("PUT = %d %s", w.Code, w.Body)
	}
	for path, want := range map[string]int{"/repos/acme/other/pulls/7": 200, "/api/v3/repos/acme/other/pulls/7": 200, "/repos/acme/other/pulls/8": 404, "/repos/acme/prompts/pulls/7": 404} {
		if w := do("GET", path, "x", ""); w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
	}
	if w := do("GET", "/repos/acme/other/pulls/7", "", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}
	if w := do("POST", "/repos/acme/other/issues/7/comments", "x", `{"body":"hello"}`); w.Code != http.StatusCreated {
		t.Errorf("POST = %d %s", w.Code, w.Body)
	}
	var s State
	if err := json.NewDecoder(bytes.NewReader(do("GET", "/_fake/state", "", "").Body.Bytes())).Decode(&s); err != nil || len(s.Comments[7]) != 1 || s.Comments[7][0].Body != "hello" {
		t.Errorf("state %+v, %v", s, err)
	}
	if got := f.Requests(http.MethodPost); len(got) != 1 || len(f.Comments(7)) != 1 {
		t.Errorf("requests %q", got)
	}
}
