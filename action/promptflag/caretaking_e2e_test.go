package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store/cloud"
)

// wantOut runs a command that ends with that code and prints all of these.
func (w *team) wantOut(code int, words []string, args ...string) {
	w.Helper()
	got, out := w.try(args...)
	if got != code {
		w.Fatalf("promptflag %v: exit code %d, want %d\n%s", args, got, code, out)
	}
	for _, word := range words {
		if !strings.Contains(out, word) {
			w.Errorf("promptflag %v does not say %q:\n%s", args, word, out)
		}
	}
}

// asks reports evaluations of a flag, as a service does.
func (w *team) asks(flag string, times int) {
	w.Helper()
	now := time.Now().UTC()
	body, _ := json.Marshal(map[string]any{
		"appName": "shop", "instanceId": "1", "bucket": map[string]any{
			"start": now.Add(-time.Minute), "stop": now,
			"toggles": map[string]any{flag: map[string]any{"yes": times, "no": 0, "variants": map[string]int{}}},
		},
	})
	req, _ := http.NewRequestWithContext(w.Context(), http.MethodPost, w.unleash.URL+"/api/client/metrics", bytes.NewReader(body))
	req.Header.Set("Authorization", w.unleash.ProductionToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		w.Fatalf("metrics: %s", res.Status)
	}
}

// On a real flag server and a real bucket: what people and accidents do shows up
// in drift and is mended, a leaked version goes away, a prompt is retired.
func TestCaretaking(t *testing.T) {
	t.Parallel()
	w := newTeam(t)
	ctx := t.Context()
	bucket, err := cloud.Open(ctx, w.bucket)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	const notes = "release-notes"
	w.promptflag("publish")
	w.wantOut(0, []string{"no drift"}, "drift")
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "The key is hunter2. Look")
	w.promptflag("publish", "-e", "production")
	leaked, err := prompts.ParseRef(w.candidate().Ref())
	if err != nil {
		t.Fatal(err)
	}

	// By hand: a strategy behind stable, a mark taken off, a lost object.
	admin := w.admin()
	if _, err := admin.Add(ctx, w.prefix+triage, flags.Strategy{Name: flags.StrategyName, Title: "tenants", SortOrder: 2000, Parameters: map[string]string{"rollout": "50", "stickiness": "default", "groupId": w.prefix + triage}}); err != nil {
		t.Fatal(err)
	}
	f, err := admin.Read(ctx, w.prefix+"support.reply")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Patch(ctx, f.Name, f.Strategies[0].ID, flags.Patch{Parameters: map[string]*string{flags.ParamRole: nil, flags.ParamID: nil}}); err != nil {
		t.Fatal(err)
	}
	if err := bucket.Remove(ctx, "blobs/sha256/"+leaked.Digest.Hex()); err != nil {
		t.Fatal(err)
	}
	w.wantOut(1, []string{
		`never-matches: the strategy "tenants" stands behind "stable `, "role-lost: ",
		"missing-blob: candidate of the flag " + w.prefix + triage + " in production names " + leaked.Version(),
	}, "drift", "-e", "production")
	w.wantOut(1, []string{"mended: support.reply in production", "mended: support.triage in production: put " + leaked.Version(), "drift: 1 finding"}, "drift", "-e", "production", "--repair")

	// The leaked version goes, and services are told.
	purge := []string{"purge", triage + "@" + leaked.Version(), "--reason", "a key in the text"}
	w.wantOut(1, []string{"candidate of the flag " + w.prefix + triage + " in production"}, purge...)
	w.edit("prompts/support/triage.toml", "The key is hunter2. Look", "If you are not sure, look")
	w.promptflag("publish", "-e", "production")
	w.wantOut(0, []string{"purged " + leaked.String() + ": 1 object deleted", "told in development, production"}, purge...)
	if _, err := bucket.Get(ctx, string(leaked.Digest)); err == nil {
		t.Error("the purged version is in the bucket")
	}
	f, err = admin.Read(ctx, w.prefix+triage)
	if err != nil {
		t.Fatal(err)
	}
	if got := flags.Purged(f.Strategies); fmt.Sprint(got) != fmt.Sprint([]prompts.Digest{leaked.Digest}) {
		t.Errorf("the flag names as purged: %v", got)
	}
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "The key is hunter2. Look")
	w.wantOut(1, []string{"version " + leaked.Version() + " of support.triage was purged on ", "a key in the text"}, "publish", "-e", "production")
	w.edit("prompts/support/triage.toml", "The key is hunter2. Look", "If you are not sure, look")

	// A prompt whose file is gone, of which a service still asks.
	if err := os.Remove(filepath.Join(w.dir, "prompts", notes+".toml")); err != nil {
		t.Fatal(err)
	}
	// The server counts only flags of a list that it renews every ten seconds, so
	// what was told at first may be lost.
	w.eventually("the server counts who asks", func() bool {
		w.asks(w.prefix+notes, 7)
		code, out := w.try("retire", notes)
		if code == 1 && strings.Contains(out, "production: asked for ") {
			return true
		}
		if code != 4 {
			t.Fatalf("retire: exit code %d\n%s", code, out)
		}
		return false
	})
	w.wantOut(0, []string{"retired " + notes, "note: production: asked for "}, "retire", notes, "--force", "--reason", "the shop moved on")
	w.wantOut(0, []string{"is retired already"}, "retire", notes)
	w.wantOut(0, []string{"the flag is archived"}, "status", notes, "-e", "production")
}
