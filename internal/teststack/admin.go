package teststack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Admin asks the Admin API what the UI asks and no client of ours can: path
// begins with /api/admin, body is marshalled unless it is nil. It returns the
// answer; one that is no success ends the test.
func (s Server) Admin(t testing.TB, method, path string, body any) []byte {
	t.Helper()
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", s.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s: %s %v", method, path, res.Status, answer, err)
	}
	return answer
}
