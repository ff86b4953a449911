package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/notify"
)

// listener is a webhook.
type listener struct {
	mu     sync.Mutex
	events []notify.Event
	refuse bool
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	var body struct {
		Events []notify.Event `json:"events"`
	}
	if err == nil {
		err = json.Unmarshal(data, &body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.refuse {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	l.events = append(l.events, body.Events...)
}

// take returns "kind prompt environment: before > after" of what came.
func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []string{}
	for _, e := range l.events {
		out = append(out, e.Kind+" "+e.Prompt+" "+e.Environment+": "+words(e.Before)+" > "+words(e.After))
	}
	l.events = nil
	return out
}

// words is a state without its versions.
func words(state string) string {
	var out []string
	for _, w := range strings.Fields(state) {
		if !versionDigits(w) && !versionDigits(strings.TrimSuffix(w, ",")) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// TestNotify: hooks are told what went out, what everybody got, what was taken
// back and what an evaluation stopped; one that does not listen changes nothing.
func TestNotify(t *testing.T) {
	hook := &listener{}
	server := httptest.NewServer(hook)
	defer server.Close()
	w := newWorkflow(t)
	w.vars = map[string]string{"HOOK": server.URL + "/s3cret", "HOOK_KEY": "0123456789abcdef"}
	const suite = "[[tests]]\nvars = {}\n[[tests.assert]]\ntype = \"contains\"\nvalue = \"x\"\n"
	prompt := func(text string) map[string]string {
		return map[string]string{
			"prompts/a.toml":  "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"" + text + "\"\n",
			"promptflag.toml": strings.Replace(twoEnvironments, "[unleash]", "[[notify]]\nkind = \"webhook\"\nurl_env = \"HOOK\"\nsecret_env = \"HOOK_KEY\"\nenvironments = [\"production\"]\n[unleash]", 1),
		}
	}
	expect := func(what string, code, want int, out string, events ...string) {
		t.Helper()
		if diff := cmp.Diff(append([]string{}, events...), hook.take()); diff != "" || code != want {
			t.Errorf("%s: exit code %d, want %d; events (-want +got):\n%s\n%s", what, code, want, diff, out)
		}
		if strings.Contains(out, "s3cret") || strings.Contains(out, "0123456789abcdef") {
			t.Errorf("%s printed a secret:\n%s", what, out)
		}
	}
	w.commit(1, prompt("one"), nil)
	code, out := w.run(1)
	expect("a new prompt", code, 0, out, "published a production:  > stable")
	w.commit(2, prompt("two"), nil)
	code, out = w.run(2)
	expect("a candidate", code, 0, out, "published a production: stable > stable candidate at 10 %")
	code, out = w.run(2, "publish")
	expect("nothing to do", code, 0, out)
	code, out = w.run(2, "promote", "a", "-e", "production")
	expect("promote", code, 0, out, "promoted a production: stable candidate at 10 % > stable candidate at 100 %")
	code, out = w.run(2, "rollback", "a", "-e", "production")
	expect("rollback", code, 0, out, "rolled_back a production: stable candidate at 100 % > stable candidate held")
	files := prompt("three")
	files["prompts/a.eval.toml"] = suite
	w.commit(3, files, nil)
	code, out = w.run(3)
	expect("nobody can evaluate", code, 4, out, "gate_failed a production: stable candidate held > ")
	hook.refuse = true
	code, out = w.run(3, "promote", "a", "-e", "production", "--from", "development", "--to", "production", "--retry")
	if code != 4 || !strings.Contains(out, "warning: ") || !strings.Contains(out, "HOOK") || strings.Contains(out, "s3cret") {
		t.Errorf("a hook that refuses: exit code %d\n%s", code, out)
	}
}
