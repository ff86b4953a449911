package origin

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A hand-made fake of one call of GitHub's API: the head of main is c0ffee.
func TestCheckHeadOnGitHub(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer ghs_secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api/v3/repos/acme/prompts/git/ref/heads/main":
			fmt.Fprint(w, `{"ref":"refs/heads/main","object":{"sha":"c0ffee"}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	tests := []struct {
		name, sha, ref, token, branch string
		want                          error
		text                          string
	}{
		{"head", "c0ffee", "refs/heads/main", "ghs_secret", "main", nil, ""},
		{"older commit", "badbad", "refs/heads/main", "ghs_secret", "main", ErrNotHead, "main is at c0ffee, this is badbad"},
		{"another branch at the same commit", "c0ffee", "refs/heads/feature", "ghs_secret", "main", ErrNotHead, "this is refs/heads/feature"},
		{"a tag at the same commit", "c0ffee", "refs/tags/main", "ghs_secret", "main", ErrNotHead, "this is refs/tags/main"},
		{"a pull request's merge", "c0ffee", "refs/pull/7/merge", "ghs_secret", "main", ErrNotHead, "this is refs/pull/7/merge"},
		{"no such branch", "c0ffee", "refs/heads/trunk", "ghs_secret", "trunk", ErrCannotTell, "404"},
		{"wrong token", "c0ffee", "refs/heads/main", "ghs_other", "main", ErrCannotTell, "401"},
		{"no token", "c0ffee", "refs/heads/main", "", "main", ErrCannotTell, "give the action its token input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Finder{Getenv: env(map[string]string{"GITHUB_REPOSITORY": "acme/prompts", "GITHUB_API_URL": server.URL + "/api/v3",
				"GITHUB_SHA": tt.sha, "GITHUB_REF": tt.ref})}
			err := f.CheckHeadOnGitHub(t.Context(), server.Client(), tt.token, tt.branch)
			if !errors.Is(err, tt.want) || tt.want != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("CheckHeadOnGitHub = %v, want %v with %q", err, tt.want, tt.text)
			}
			if err != nil && strings.Contains(err.Error(), "ghs_") {
				t.Errorf("a token in %v", err)
			}
		})
	}
}
