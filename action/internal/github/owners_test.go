package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// TestOwnersPatterns: the examples of GitHub's documentation, and what a
// pattern must not fit.
func TestOwnersPatterns(t *testing.T) {
	tests := []struct {
		pattern string
		fits    string // words
		fitsNot string
	}{
		{"*", "a a/b/c.toml", ""},
		{"*.js", "x.js a/b/x.js", "x.jsx js a/js/x"},
		{"/build/logs/", "build/logs/a build/logs/b/c", "build/logs x/build/logs/a build/logsx"},
		{"docs/*", "docs/getting-started.md", "docs/build-app/troubleshooting.md x/docs/a"},
		{"apps/", "apps/a x/apps/b/c", "apps myapps/a"},
		{"/docs/", "docs/a docs/b/c", "x/docs/a"},
		{"/scripts/", "scripts/a", "scripts"},
		{"**/logs", "logs/a build/logs/b deep/er/logs/c logs", "xlogs/a logsx"},
		{"/apps/github", "apps/github apps/github/a", "x/apps/github apps/githubx"},
		{"/prompts/**/eval", "prompts/eval prompts/a/b/eval prompts/a/eval/x", "prompts/evalx"},
		{"/prompts/**", "prompts/a prompts/a/b", "prompts xprompts/a"},
		{"/prompts/**/*.toml", "prompts/a.toml prompts/b/c.toml", "prompts/a.md"},
		{"prompts/support", "prompts/support/triage.toml", "x/prompts/support/triage.toml"},
		{"triage.toml", "triage.toml a/b/triage.toml", "triage.tomlx"},
		{"a?c", "abc x/abc", "ac a/c abbc"},
		{"/a*/b", "a/b axx/b/c", "a/x/b"},
		{`/with\ space/`, "", "with"},
		{`\#hash`, "#hash a/#hash", "hash"},
		{"*.t(o|x)+ml", "a.t(o|x)+ml", "a.toml a.txml"},
		{"/a**b", "axxb ab", "a/b"},
	}
	for _, tt := range tests {
		o, findings := ParseCodeOwners([]byte(tt.pattern + " @x"))
		if len(findings) > 0 {
			t.Errorf("%s: %v", tt.pattern, findings)
		}
		for _, path := range strings.Fields(tt.fits) {
			if len(o.Of(path)) != 1 {
				t.Errorf("%s does not fit %s", tt.pattern, path)
			}
		}
		for _, path := range strings.Fields(tt.fitsNot) {
			if len(o.Of(path)) != 0 {
				t.Errorf("%s fits %s", tt.pattern, path)
			}
		}
	}
	if o, _ := ParseCodeOwners([]byte(`/with\ space/ @x`)); len(o.Of("with space/a")) != 1 {
		t.Error("an escaped space does not fit")
	}
}

// TestParseCodeOwners: the last rule counts, also one without owners; wrong
// lines are skipped and told.
func TestParseCodeOwners(t *testing.T) {
	src := "\ufeff# who answers\r\n\n*       @acme/all   # everything\r\n" +
		"/prompts/ @acme/support-ai ann@acme.dev @bob\n" +
		"/prompts/free/\n" +
		"!/prompts/x @bob\n" +
		"/prompts/[ab] @bob\n" +
		"/prompts/wrong/ bob @cleo\n" +
		"/ @bob\n" +
		"\xff @bob\n" +
		"  /prompts/ä/ @acme @-x\n"
	o, findings := ParseCodeOwners([]byte(src))
	for path, want := range map[string][]string{
		"README.md": {"@acme/all"}, "prompts/a.toml": {"@acme/support-ai", "ann@acme.dev", "@bob"}, "prompts/free/a.toml": nil,
		"prompts/wrong/a": {"@acme/support-ai", "ann@acme.dev", "@bob"},
	} {
		if diff := cmp.Diff(want, o.Of(path)); diff != "" {
			t.Errorf("Of(%s) (-want +got):\n%s", path, diff)
		}
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.String())
	}
	want := []string{
		"CODEOWNERS:6:1: patterns with ! do not work here (GitHub skips the line)",
		"CODEOWNERS:7:1: patterns with [ ] do not work here (GitHub skips the line)",
		`CODEOWNERS:8:17: "bob" is no owner (owners are @user, @org/team or an e-mail address; GitHub skips the whole line)`,
		"CODEOWNERS:9:1: the pattern is empty (GitHub skips the line)",
		"CODEOWNERS:10:1: the line is not UTF-8",
		`CODEOWNERS:11:21: "@-x" is no owner (owners are @user, @org/team or an e-mail address; GitHub skips the whole line)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if o, findings := ParseCodeOwners(make([]byte, maxOwners+1)); len(findings) != 1 || len(o.rules) != 0 {
		t.Errorf("a large file: %v", findings)
	}
}

// TestCodeOwners: the first place that has one counts, alone; could not read is
// not none.
func TestCodeOwners(t *testing.T) {
	places := []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
	for i, place := range places {
		w := fake(t, func(s *githubfake.State) {
			s.Trees[baseSHA] = map[string]string{"x": ""}
			for _, p := range places[i:] {
				s.Trees[baseSHA][p] = fmt.Sprintf("* @in/%d\nx nobody", strings.Count(p, "o"))
			}
		})
		o, got, findings, err := w.client.CodeOwners(t.Context(), baseSHA)
		if err != nil || got != place || len(o.rules) == 0 || len(findings) != 1 || findings[0].File != place {
			t.Errorf("CodeOwners = %v of %q, %v, %v", o.Of("a"), got, findings, err)
		}
	}
	w := fake(t, func(s *githubfake.State) { s.Trees[baseSHA] = map[string]string{"x": ""} })
	if o, place, _, err := w.client.CodeOwners(t.Context(), baseSHA); err != nil || place != "" || len(o.rules) != 0 {
		t.Errorf("without: %v, %q, %v", o, place, err)
	}
	w.Fault = func(*http.Request) *githubfake.Fault { return &githubfake.Fault{Status: 403} }
	if _, _, _, err := w.client.CodeOwners(t.Context(), baseSHA); !errors.Is(err, ErrForbidden) {
		t.Errorf("CodeOwners = %v", err)
	}
}

// TestOwnersLarge: a file of very many rules is read and asked, and so is a
// pattern that leaves many choices.
func TestOwnersLarge(t *testing.T) {
	o, findings := ParseCodeOwners([]byte(strings.Repeat("a @b\n", 100_000) + strings.Repeat("**/", 1000) + "x @c\n"))
	deep := strings.Repeat("d/", 4)
	if len(findings) > 0 || len(o.Of(deep+"x")) != 1 || o.Of(deep+"y") != nil {
		t.Errorf("Of = %q, %q, %v", o.Of(deep+"x"), o.Of(deep+"y"), findings)
	}
}

func FuzzParseCodeOwners(f *testing.F) {
	for _, s := range []string{"* @a", "/a/**/b\\ c/ @a/b", "**/ @a", "a** x@y.z", "\\", "/*/ @a"} {
		f.Add(s, "a/b c/d")
	}
	f.Fuzz(func(t *testing.T, src, path string) {
		o, findings := ParseCodeOwners([]byte(src))
		for _, owner := range o.Of(path) {
			if !strings.Contains(src, owner) {
				t.Errorf("%q is no word of %q", owner, src)
			}
		}
		for _, f := range findings {
			if f.Line < 1 || f.Col < 1 || f.Line > strings.Count(src, "\n")+1 {
				t.Errorf("finding at %d:%d of %q", f.Line, f.Col, src)
			}
		}
	})
}
