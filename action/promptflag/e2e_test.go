package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/cli"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store/cloud"
)

const triage = "support.triage"

// team is a prompts repository on the real Unleash and the S3 server.
type team struct {
	*testing.T
	unleash teststack.Server
	bucket  string
	prefix  string // of flag names
	dir     string
	env     map[string]string // before that of the process
}

func newTeam(t *testing.T) *team {
	w := &team{T: t, unleash: teststack.Unleash(t), prefix: teststack.Prefix(t), dir: t.TempDir()}
	w.bucket = bucketBelow(t, w.prefix) // records of the same prompt by other tests are elsewhere
	if err := os.CopyFS(w.dir, example.FS()); err != nil {
		t.Fatal(err)
	}
	if err := withoutSuites(w.dir); err != nil { // what it publishes is not evaluated here
		t.Fatal(err)
	}
	w.edit("promptflag.toml", "file://.promptflag/bucket", w.bucket)
	w.edit("promptflag.toml", "file://.promptflag/flags", w.unleash.URL)
	w.edit("promptflag.toml", `flag_prefix = ""`, fmt.Sprintf("flag_prefix = %q", w.prefix))
	return w
}

// bucketBelow is a part of the bucket of the test run, as a URL.
func bucketBelow(t *testing.T, prefix string) string {
	t.Helper()
	u, err := url.Parse(teststack.S3(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("prefix", q.Get("prefix")+prefix+"/")
	u.RawQuery = q.Encode()
	return u.String()
}

func (w *team) edit(file, old, new string) {
	w.Helper()
	path := filepath.Join(w.dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	if strings.Count(string(data), old) != 1 {
		w.Fatalf("%q is not once in %s", old, file)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o644); err != nil {
		w.Fatal(err)
	}
}

// promptflag runs a command and returns what it printed.
func (w *team) promptflag(args ...string) string {
	w.Helper()
	code, out := w.try(args...)
	if code != 0 {
		w.Fatalf("promptflag %v: exit code %d\n%s", args, code, out)
	}
	return out
}

// try runs a command that may fail.
func (w *team) try(args ...string) (code int, printed string) {
	p := cli.FromOS()
	var out bytes.Buffer
	p.Args, p.Dir, p.Stdout, p.Stderr = args, w.dir, &out, &out
	p.Getenv = func(key string) string {
		if v, ok := w.env[key]; ok {
			return v
		}
		switch key {
		case "UNLEASH_ADMIN_TOKEN":
			return w.unleash.AdminToken
		case "UNLEASH_CLIENT_TOKEN_PRODUCTION":
			return w.unleash.ProductionToken
		case "GITHUB_ACTIONS":
			return ""
		}
		return os.Getenv(key)
	}
	code = cli.Main(w.Context(), p)
	return code, out.String()
}

// admin is what somebody in the UI has: the Admin API of production.
func (w *team) admin() *unleashadmin.Client {
	c, err := unleashadmin.New(unleashadmin.Options{URL: w.unleash.URL, Environment: "production", Token: w.unleash.AdminToken})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *team) candidate() flags.Strategy {
	w.Helper()
	f, err := w.admin().Read(w.Context(), w.prefix+triage)
	if err != nil {
		w.Fatal(err)
	}
	c := flags.Recognise(f, triage, "production").Candidate
	if c == nil {
		w.Fatal("there is no candidate")
	}
	return *c
}

func (w *team) patch(p flags.Patch) {
	w.Helper()
	if err := w.admin().Patch(w.Context(), w.prefix+triage, w.candidate().ID, p); err != nil {
		w.Fatal(err)
	}
}

// service starts what a service has: an OpenFeature client.
func (w *team) service(refresh time.Duration) *openfeature.Client {
	source, err := unleashflags.New(unleashflags.Options{
		URL: w.unleash.URL, Token: w.unleash.ProductionToken, RefreshInterval: refresh, MetricsInterval: -1,
		Timeout: 20 * time.Second, // the server may be busy with other tests
	})
	if err != nil {
		w.Fatal(err)
	}
	bucket, err := cloud.Open(w.Context(), w.bucket)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { bucket.Close() })
	api := isolated.NewAPI()
	p := provider.New(source, bucket, &provider.Options{FlagPrefix: w.prefix, NoCache: true})
	ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
	defer cancel()
	if err := api.SetProviderAndWait(ctx, p); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.ShutdownWithContext(ctx)
	})
	return api.NewClient()
}

// gets is the role of the version that a user gets.
func (w *team) gets(c *openfeature.Client, user string) string {
	w.Helper()
	d, err := c.ObjectValueDetails(w.Context(), w.prefix+triage, nil, openfeature.NewEvaluationContext(user, nil))
	if err != nil {
		w.Fatal(err)
	}
	if _, err := prompts.From(d.Value); err != nil {
		w.Fatal(err)
	}
	return fmt.Sprint(d.FlagMetadata["promptRole"])
}

func (w *team) candidates(c *openfeature.Client) int {
	n := 0
	for i := range 1000 {
		if w.gets(c, fmt.Sprintf("user-%d", i+1)) == "candidate" {
			n++
		}
	}
	return n
}

// eventually polls a condition; the deadline is far beyond what it takes.
func (w *team) eventually(what string, ok func() bool) time.Duration {
	w.Helper()
	start := time.Now()
	for !ok() {
		if time.Since(start) > time.Minute {
			w.Fatalf("%s: not within a minute", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(start)
}

// events counts what the server logged about a flag: every write is one.
func (w *team) events(flag string) int {
	w.Helper()
	answer := w.unleash.Admin(w.T, http.MethodGet, "/api/admin/search/events?limit=1&feature="+url.QueryEscape("IS:"+flag), nil)
	var doc struct {
		Total int `json:"total"`
	}
	if err := json.Unmarshal(answer, &doc); err != nil || doc.Total == 0 {
		w.Fatalf("events of %s: %d, %v", flag, doc.Total, err)
	}
	return doc.Total
}

// TestEndToEnd follows a prompt from the file to a service, on a real Unleash
// and a real S3 server.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	const refresh = 500 * time.Millisecond
	w := newTeam(t)
	w.promptflag("publish")
	c := w.service(refresh)
	// The server makes its feed anew once a second: it may still know the flag as
	// it was before publish switched it on, without a value and without an error.
	w.eventually("the version arrives", func() bool {
		v, err := c.ObjectValue(w.Context(), w.prefix+triage, nil, openfeature.NewTargetlessEvaluationContext(nil))
		return err == nil && v != nil
	})
	if got := w.candidates(c); got != 0 {
		t.Errorf("after the first publish %d users have a candidate", got)
	}

	w.edit("prompts/support/triage.toml", "If you are not sure, look", "Look")
	w.promptflag("publish")
	w.eventually("the candidate arrives", func() bool { return w.candidates(c) > 0 })
	ten := w.candidates(c)
	if ten < 60 || ten > 140 {
		t.Errorf("at 10 %% %d of 1000 users have the candidate", ten)
	}

	fifty := 50
	w.patch(flags.Patch{Rollout: &fifty})
	w.eventually("the dial arrives", func() bool { return w.candidates(c) > 2*ten })
	if got := w.candidates(c); got < 430 || got > 570 {
		t.Errorf("at 50 %% %d of 1000 users have the candidate", got)
	}
	if out := w.promptflag("publish"); !strings.Contains(out, "0 changes") {
		t.Errorf("publish after a dial by hand:\n%s", out)
	}

	w.contracts()
	w.killSamples(c, refresh)

	// After a rollback, a merge of something else leaves the flag alone.
	off := false
	w.patch(flags.Patch{Disabled: &off})
	w.promptflag("rollback", triage, "-e", "production", "--reason", "test")
	before := w.events(w.prefix + triage)
	w.edit("prompts/support/_tone.md", "four sentences", "three sentences")
	if out := w.promptflag("publish", "-e", "production"); !strings.Contains(out, "held: rejected since") {
		t.Errorf("publish after a rollback:\n%s", out)
	}
	if after := w.events(w.prefix + triage); after != before {
		t.Errorf("the rolled-back flag was written %d times", after-before)
	}
}

// contracts compares the file with what has traffic: the candidate that a
// person dialled to 50 %, and stable.
func (w *team) contracts() {
	w.Helper()
	if out := w.promptflag("check", "--against", "live"); !strings.Contains(out, "3 prompts, no findings") {
		w.Errorf("check against live versions:\n%s", out)
	}
	w.edit("prompts/support/triage.toml", "maximum = 4", "maximum = 5")
	defer w.edit("prompts/support/triage.toml", "maximum = 5", "maximum = 4")
	code, out := w.try("check", "--against", "live")
	for _, want := range []string{"PF105 the output: urgency has maximum 5, was 4", "production, candidate, 50 %", "production, stable, 50 %", "development, "} {
		if code != 1 || !strings.Contains(out, want) {
			w.Errorf("check against live versions: exit code %d, want 1, and %q in\n%s", code, want, out)
		}
	}
	if out := w.promptflag("diff", "live", ".", "-e", "production"); strings.Count(out, triage+"  ") != 2 {
		w.Errorf("diff with both live versions:\n%s", out)
	}
}

// killSamples measures how long a candidate that is disabled on the server is
// still served. The time is printed, not asserted.
func (w *team) killSamples(c *openfeature.Client, refresh time.Duration) {
	const samples = 5
	user := ""
	for i := range 1000 {
		if u := fmt.Sprintf("user-%d", i+1); w.gets(c, u) == "candidate" {
			user = u
			break
		}
	}
	var took []time.Duration
	for range samples {
		disabled, enabled := true, false
		w.patch(flags.Patch{Disabled: &disabled})
		took = append(took, w.eventually("the kill arrives", func() bool { return w.gets(c, user) == "stable" }))
		w.patch(flags.Patch{Disabled: &enabled})
		w.eventually("the candidate comes back", func() bool { return w.gets(c, user) == "candidate" })
	}
	slices.Sort(took)
	w.Logf("kill to stable, %d samples at a refresh of %v: min %v, median %v, max %v (refresh + 1.1 s = %v)",
		samples, refresh, took[0].Round(time.Millisecond), took[samples/2].Round(time.Millisecond),
		took[samples-1].Round(time.Millisecond), refresh+1100*time.Millisecond)
}
