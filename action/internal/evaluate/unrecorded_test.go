package evaluate

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
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

var noEndpoints = config.Evaluation{}

// full are records that take nothing: the disk is full.
type full struct{}

func (full) Get(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }
func (full) Put(context.Context, string, []byte, bool) error {
	return errors.New("no space left on device")
}

// TestUnrecorded: answers that were paid for and could not be recorded stay in
// the journal, so that the next run does not pay for them.
func TestUnrecorded(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"ok"}}]}`))
	}))
	defer server.Close()
	d, err := prompts.Parse("a.b.toml", "a.b", []byte("model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"hello\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	models := config.Evaluation{Endpoints: []config.Endpoint{{Name: "openai", Family: "openai", BaseURL: server.URL, KeyEnv: "-"}}}
	dir := t.TempDir()
	run := func(mode Mode, write llm.Records) (*evalkit.Report, error) {
		r := &Runner{
			FS:     fstest.MapFS{"p/a/b.eval.toml": {Data: []byte("[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[[tests]]\nid = \"one\"\n")}},
			Folder: "p", Dir: dir, Now: time.Now,
			Answers:   NewAnswers(models, func(string) string { return "" }, mode, nil, write),
			Baselines: func(*prompts.Prompt) ([]evalkit.Version, string) { return nil, "" },
		}
		defer r.Close()
		report, err := r.Run(t.Context(), d.Prompt)
		if err == nil {
			err = r.Finish()
		}
		return report, err
	}
	if _, err := run(Record, full{}); err == nil || !strings.Contains(err.Error(), "1 answers are not recorded: no space left on device") {
		t.Fatalf("records that take nothing: %v", err)
	}
	// To ask again is to ask again.
	if _, err := run(Refresh, full{}); err == nil || calls.Load() != 2 {
		t.Fatalf("refresh: %v, asked %d times", err, calls.Load())
	}
	records, err := llm.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		report, err := run(Record, records)
		if err != nil || report.Verdict != evalkit.Pass || report.Calls != 0 || calls.Load() != 2 {
			t.Fatalf("again: %v, %v, asked %d times", report, err, calls.Load())
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	var names []string
	for _, f := range left {
		names = append(names, filepath.Base(f))
	}
	if got := strings.Join(names, " "); got != ".lock a.b-journal.refresh.jsonl a.b.results.jsonl" {
		t.Errorf("left: %s", got)
	}
}
