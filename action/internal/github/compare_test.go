package github

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Contains goes by the word of GitHub; a commit that nobody knows is no ancestor,
// a head that nobody knows is no answer.
func TestContains(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pair, compares := strings.Cut(r.URL.Path, "/compare/")
		base, head, _ := strings.Cut(pair, "...")
		known := r.URL.Path == "/repos/acme/prompts/commits/main"
		switch {
		case compares && base != "nobody" && head == "main":
			fmt.Fprintf(w, `{"status":%q}`, base)
		case known:
			fmt.Fprint(w, `{"sha":"main"}`)
		default:
			http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		}
	}))
	defer server.Close()
	c, err := NewClient(ClientOptions{APIURL: server.URL, Token: "t", Repository: "acme/prompts"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		head, commit string
		want, fails  bool
	}{
		{"main", "ahead", true, false},
		{"main", "identical", true, false},
		{"main", "behind", false, false},
		{"main", "diverged", false, false},
		{"main", "nobody", false, false},
		{"main", "sideways", false, true},
		{"other", "ahead", false, true},
	} {
		got, err := c.Contains(t.Context(), test.head, test.commit)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("Contains(%s, %s) = %t, %v", test.head, test.commit, got, err)
		}
	}
}
