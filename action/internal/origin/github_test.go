package origin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckHeadOnGitHub(t *testing.T) {
	ask := func(_ context.Context, branch string) (string, error) {
		if branch != "main" {
			return "", errors.New("no branch " + branch)
		}
		return "c0ffee", nil
	}
	tests := []struct {
		name, sha, ref, branch string
		want                   error
		text                   string
	}{
		{"head", "c0ffee", "refs/heads/main", "main", nil, ""},
		{"older commit", "badbad", "refs/heads/main", "main", ErrNotHead, "main is at c0ffee, this is badbad"},
		{"another branch at the same commit", "c0ffee", "refs/heads/feature", "main", ErrNotHead, "this is refs/heads/feature"},
		{"a tag at the same commit", "c0ffee", "refs/tags/main", "main", ErrNotHead, "this is refs/tags/main"},
		{"a pull request's merge", "c0ffee", "refs/pull/7/merge", "main", ErrNotHead, "this is refs/pull/7/merge"},
		{"no such branch", "c0ffee", "refs/heads/trunk", "trunk", ErrCannotTell, "no branch trunk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Finder{Dir: t.TempDir(), Getenv: env(map[string]string{"GITHUB_SHA": tt.sha, "GITHUB_REF": tt.ref})}
			err := f.CheckHeadOnGitHub(t.Context(), ask, tt.branch)
			if !errors.Is(err, tt.want) || tt.want != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("CheckHeadOnGitHub = %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
}

// TestOtherCheckout: the run is of the head, but a step checked something else
// out, and that is what would be published.
func TestOtherCheckout(t *testing.T) {
	const run, other = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	tests := []struct {
		name  string
		files map[string]string
		other bool
	}{
		{"detached at the run's commit", map[string]string{".git/HEAD": run + "\n"}, false},
		{"detached elsewhere", map[string]string{".git/HEAD": other + "\n"}, true},
		{"branch at the run's commit", map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": run + "\n"}, false},
		{"branch elsewhere", map[string]string{".git/HEAD": "ref: refs/heads/x\n", ".git/refs/heads/x": other + "\n"}, true},
		{"packed branch: unknown", map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, false},
		{"worktree: unknown", map[string]string{".git": "gitdir: elsewhere\n"}, false},
		{"reference out of the repository: unknown", map[string]string{".git/HEAD": "ref: ../x\n", "x": other}, false},
		{"no repository", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			f := Finder{Dir: filepath.Join(dir, "prompts"), Getenv: env(map[string]string{"GITHUB_SHA": run})}
			if got := f.otherCheckout(); (got == other) != tt.other || (got == "") == tt.other {
				t.Errorf("otherCheckout = %q, want other: %v", got, tt.other)
			}
		})
	}
}
