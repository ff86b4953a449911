package unleashadmin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestProbeLeavesNothing: the flag of a probe goes whatever happens to it, and
// who cannot make it go is told.
func TestProbeLeavesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		refuse, drop   string // of a request; of the parameters
		kept, err      bool
		leftover, gone bool
	}{
		"kept":         {kept: true, gone: true},
		"dropped":      {drop: "promptflag", gone: true},
		"not added":    {refuse: "POST /strategies", err: true, gone: true},
		"not archived": {refuse: "DELETE ", kept: true, leftover: true},
		"not deleted":  {refuse: "POST /delete", kept: true, leftover: true},
		"not created":  {refuse: "POST /features", err: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exists, deleted := false, false
			var strategy map[string]any
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				method, end, _ := strings.Cut(tc.refuse, " ")
				answer := func(status int, v any) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					json.NewEncoder(w).Encode(v)
				}
				body, _ := io.ReadAll(r.Body)
				switch is := func(m, e string) bool { return r.Method == m && strings.HasSuffix(r.URL.Path, e) }; {
				case tc.refuse != "" && is(method, end):
					answer(http.StatusForbidden, map[string]any{"name": "NoAccessError", "message": "no permission"})
				case is(http.MethodPost, "/projects/default/features"):
					exists = true
					answer(http.StatusCreated, map[string]any{})
				case is(http.MethodPost, "/strategies"):
					json.Unmarshal(body, &strategy)
					strategy["id"] = "s1"
					delete(strategy["parameters"].(map[string]any), tc.drop)
					answer(http.StatusOK, strategy)
				case is(http.MethodDelete, "/features/probe"):
					answer(http.StatusAccepted, map[string]any{})
				case is(http.MethodPost, "/delete"):
					exists, deleted = false, true
					answer(http.StatusOK, map[string]any{})
				case is(http.MethodGet, "/features/probe") && exists:
					answer(http.StatusOK, map[string]any{"name": "probe", "project": "default", "environments": []any{map[string]any{"name": "production", "strategies": []any{strategy}}}})
				case is(http.MethodPost, "/features-batch/export"):
					answer(http.StatusOK, map[string]any{})
				case is(http.MethodPost, "/tags"):
					answer(http.StatusCreated, map[string]any{})
				default:
					answer(http.StatusNotFound, map[string]any{"name": "NotFoundError", "message": "not there"})
				}
			}))
			defer server.Close()
			c, err := New(Options{URL: server.URL, Environment: "production", Token: "user:x", Pause: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			kept, leftover, err := c.TryParameters(t.Context(), "probe")
			if kept != tc.kept || (err != nil) != tc.err || (leftover != nil) != tc.leftover || deleted != tc.gone {
				t.Errorf("kept %v, leftover %v, error %v, deleted %v; want %+v", kept, leftover, err, deleted, tc)
			}
		})
	}
}
