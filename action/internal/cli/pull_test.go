package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/evalkit"
)

// TestFigures: what is not known is empty, and never 0.
func TestFigures(t *testing.T) {
	run := func(rate float64, cases, worse, unpriced int, compared bool) *evalkit.Report {
		r := &evalkit.Report{Spent: 0.25, Unpriced: unpriced, Arms: []evalkit.Arm{{Role: evalkit.New, Cases: cases}, {Role: evalkit.Baseline, Gates: true}}}
		if cases > 0 {
			r.Arms[0].PassRate = &evalkit.Estimate{Value: rate}
		}
		if compared {
			r.Arms[1].Versus = &evalkit.Versus{Regressed: worse}
		}
		return r
	}
	for _, test := range []struct {
		reports []*evalkit.Report
		want    [3]string
	}{
		{nil, [3]string{}},
		{[]*evalkit.Report{run(1, 10, 0, 0, true), run(0.5, 30, 2, 0, true)}, [3]string{"0.6250", "2", "0.5"}},
		{[]*evalkit.Report{run(0, 0, 0, 0, false)}, [3]string{"", "", "0.25"}},
		{[]*evalkit.Report{run(1, 10, 1, 0, true), run(1, 10, 0, 3, false)}, [3]string{"1.0000", "", ""}},
	} {
		rate, worse, cost := figures(test.reports)
		if got := [3]string{rate, worse, cost}; got != test.want {
			t.Errorf("figures = %q, want %q", got, test.want)
		}
	}
}

// TestEditing: a branch is text of people, and an address cannot leave GitHub.
func TestEditing(t *testing.T) {
	p := &pull{session: &session{Process: Process{Dir: "/w", Getenv: func(k string) string {
		return map[string]string{"GITHUB_WORKSPACE": "/w"}[k]
	}}, directory: "repo (1)"}}
	if p.editing() != nil {
		t.Error("without an event there is an address")
	}
	p.event = github.Event{Repository: "acme/prompts", HeadRef: "fix/a b?#>)\n@x"}
	got := p.editing()("prompts/ä.toml")
	if want := "https://github.com/acme/prompts/edit/fix/a%20b%3F%23%3E%29%0A@x/repo%20%281%29/prompts/%C3%A4.toml"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := p.key(), "pull/repo__1_"; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
	p.event.Fork = true
	if p.editing() != nil {
		t.Error("a fork's branch is not in this repository")
	}
}

// TestPullAsksOnce: comment, baselines and plan are about one moment, and all flags
// of an environment are one long answer.
func TestPullAsksOnce(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/export"):
			if strings.Contains(string(body), `"project"`) { // else it is about one flag
				asked++
			}
			fmt.Fprint(w, `{"features":[]}`)
		case strings.HasSuffix(r.URL.Path, "/ui-config"):
			fmt.Fprint(w, `{}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"name":"NotFoundError"}`)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"promptflag.toml":       "bucket = \"file://bucket\"\n[unleash]\nurl = \"" + server.URL + "\"\n[environments.production]\npercent = 10\n",
		"prompts/a.toml":        "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"two\"\n",
		"prompts/a.eval.toml":   "[[tests]]\nvars = {}\n[[tests.assert]]\ntype = \"contains\"\nvalue = \"x\"\n",
		"before/prompts/a.toml": "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"one\"\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	code := Main(t.Context(), Process{
		Args: []string{"pull", "--base", "before"}, Dir: dir, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now, NewID: randomID,
		Getenv: func(k string) string { return map[string]string{"UNLEASH_ADMIN_TOKEN": "user:x"}[k] },
	})
	if asked != 1 || code != exitCannotTell || !strings.Contains(out.String(), "everybody gets it: it is new here") {
		t.Errorf("exit code %d; asked %d times\n%s", code, asked, &out)
	}
}
