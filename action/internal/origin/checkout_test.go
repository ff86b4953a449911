package origin

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckout(t *testing.T) {
	for name, tc := range map[string]struct {
		url              string
		shown            string
		host, repository string
	}{
		"https":       {"https://github.com/acme/prompts.git", "https://github.com/acme/prompts.git", "github.com", "acme/prompts"},
		"credentials": {"https://me:hush@github.com/acme/prompts", "https://github.com/acme/prompts", "github.com", "acme/prompts"},
		"scp":         {"git@github.com:acme/prompts.git", "git@github.com:acme/prompts.git", "github.com", "acme/prompts"},
		"ssh":         {"ssh://git@ghe.acme.dev:2222/acme/my.prompts.git", "ssh://ghe.acme.dev:2222/acme/my.prompts.git", "ghe.acme.dev", "acme/my.prompts"},
		"deeper":      {"https://gitlab.com/acme/ai/prompts.git", "https://gitlab.com/acme/ai/prompts.git", "", ""},
		"path":        {"/srv/git/prompts.git", "/srv/git/prompts.git", "", ""},
		"relative":    {"../prompts.git", "../prompts.git", "", ""},
		"strange":     {"ext::sh -c hush", "ext::sh -c hush", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := Finder{Git: func(_ context.Context, args ...string) (string, error) {
				switch strings.Join(args, " ") {
				case "rev-parse --show-toplevel":
					return "/work", nil
				case "symbolic-ref --quiet --short HEAD":
					return "topic", nil
				case "remote":
					return "fork\norigin", nil
				case "symbolic-ref --quiet --short refs/remotes/origin/HEAD":
					return "origin/trunk", nil
				case "remote get-url origin":
					return tc.url, nil
				}
				return "", errors.New("no such command")
			}}
			want := Checkout{Top: "/work", Branch: "topic", Default: "trunk", Remote: "origin", URL: tc.shown, Host: tc.host, Repository: tc.repository}
			if diff := cmp.Diff(want, f.Checkout(t.Context())); diff != "" {
				t.Error(diff)
			}
		})
	}
	none := Finder{Git: func(context.Context, ...string) (string, error) { return "", errors.New("not a git repository") }}
	if got := none.Checkout(t.Context()); got != (Checkout{}) {
		t.Errorf("without git: %+v", got)
	}
}
