package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/llm"
	"github.com/promptflag/promptflag/prompts"
)

// rig is a runner before an endpoint that counts.
type rig struct {
	*Runner
	prompt *prompts.Prompt
	calls  atomic.Int64
}

func newRig(t *testing.T, mode Mode, records llm.Records) *rig {
	t.Helper()
	g := &rig{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls.Add(1)
		fmt.Fprint(w, `{"model":"m","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)
	}))
	t.Cleanup(server.Close)
	d, err := prompts.Parse("a.toml", "a", []byte("model = \"m\"\n[variables.q]\ntype = \"string\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{q}}\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	g.prompt = d.Prompt
	env := map[string]string{"OPENAI_BASE_URL": server.URL, "OPENAI_API_KEY": "key"}
	g.Runner = &Runner{
		FS: fstest.MapFS{
			"p/a.eval.toml":   {Data: []byte("[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n")},
			"p/a.cases.jsonl": {Data: []byte("{\"vars\":{\"q\":\"1\"}}\n{\"vars\":{\"q\":\"2\"}}\n")},
		},
		Folder: "p", Dir: t.TempDir(), Now: time.Now,
		Answers:   NewAnswers(config.Evaluation{Endpoints: []config.Endpoint{{Name: "openai", Family: llm.OpenAI, KeyEnv: "OPENAI_API_KEY"}}}, func(name string) string { return env[name] }, mode, nil, records),
		Baselines: func(*prompts.Prompt) ([]evalkit.Version, string) { return nil, "" },
	}
	t.Cleanup(g.Answers.Close)
	return g
}

func (g *rig) journal() string { return filepath.Join(g.Dir, "a-journal.jsonl") }

// fullRecords take nothing.
type fullRecords struct{}

var errFull = errors.New("no space left")

func (fullRecords) Get(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func (fullRecords) Put(context.Context, string, []byte, bool) error { return errFull }

func inFolder(t *testing.T) llm.Records {
	t.Helper()
	d, err := llm.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestNothingPaidIsLost: answers that could not be recorded stay in the journal,
// and the next run does not pay for them again.
func TestNothingPaidIsLost(t *testing.T) {
	g := newRig(t, Record, fullRecords{})
	if _, err := g.Run(t.Context(), g.prompt); !errors.Is(err, errFull) {
		t.Fatalf("Run: %v", err)
	}
	resumed := 0
	g.Resumed = func(_ string, n int) { resumed = n }
	g.Answers.Write = inFolder(t)
	r, err := g.Run(t.Context(), g.prompt)
	if err != nil || r.Verdict != evalkit.Pass {
		t.Fatalf("Run: %v, %+v", err, r)
	}
	if resumed != 2 || g.calls.Load() != 2 {
		t.Errorf("%d answers were left, %d calls", resumed, g.calls.Load())
	}
	if _, err := os.Stat(g.journal()); err != nil {
		t.Errorf("the command has not ended: %v", err)
	}
	if err := g.Finish(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(g.journal()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the journal is still there: %v", err)
	}
}

// TestJournalTakenAway: that another run of the same prompt ended first, and took
// the journal, is no failure.
func TestJournalTakenAway(t *testing.T) {
	g := newRig(t, Live, nil)
	g.Progress = func(string, int, int) { os.Remove(g.journal()) }
	if r, err := g.Run(t.Context(), g.prompt); err != nil || r.Verdict != evalkit.Pass {
		t.Errorf("Run: %v", err)
	}
	if err := g.Finish(); err != nil {
		t.Errorf("Finish: %v", err)
	}
}

// TestRefreshAsks: refreshing asks anew, whatever an interrupted run that did not
// refresh left behind; and one that did goes on.
func TestRefreshAsks(t *testing.T) {
	g := newRig(t, Record, fullRecords{})
	g.Run(t.Context(), g.prompt)
	g.Answers.Mode = Refresh
	if _, err := g.Run(t.Context(), g.prompt); !errors.Is(err, errFull) || g.calls.Load() != 4 {
		t.Errorf("%v, %d calls", err, g.calls.Load())
	}
	if _, err := g.Run(t.Context(), g.prompt); !errors.Is(err, errFull) || g.calls.Load() != 4 {
		t.Errorf("going on: %v, %d calls", err, g.calls.Load())
	}
}

// TestForeignJournal: in a workflow the folder comes from git, where a pull request
// may have put a journal with answers of its own making.
func TestForeignJournal(t *testing.T) {
	g := newRig(t, Record, fullRecords{})
	g.Run(t.Context(), g.prompt)
	g.Answers.Write, g.Afresh = inFolder(t), true
	if _, err := g.Run(t.Context(), g.prompt); err != nil || g.calls.Load() != 4 {
		t.Errorf("%v, %d calls", err, g.calls.Load())
	}
}

// TestSuiteWithDots: the suite stands beside its prompt, whose file may be a.b.toml.
func TestSuiteWithDots(t *testing.T) {
	r := newRig(t, Replay, inFolder(t)).Runner
	files := r.FS.(fstest.MapFS)
	files["p/b.c.eval.toml"], files["p/b.c.cases.jsonl"] = files["p/a.eval.toml"], files["p/a.cases.jsonl"]
	if got, err := r.Asks("b.c"); !r.Has("b.c") || got.File != "p/b.c.eval.toml" || err != nil {
		t.Errorf("Asks(b.c) = %v, %v", got, err)
	}
	if _, err := r.Asks("b.d"); r.Has("b.d") || !errors.Is(err, ErrNoSuite) || !strings.Contains(err.Error(), "p/b/d.eval.toml") {
		t.Errorf("Asks(b.d): error %v, want %v", err, ErrNoSuite)
	}
}
