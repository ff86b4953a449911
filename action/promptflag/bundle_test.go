package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/action/internal/bundle"
	"github.com/promptflag/promptflag/action/internal/cli"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

// TestBundleEndToEnd bundles what a real Unleash and a real S3 server have, with
// the token of a service, and starts a service from it that reaches neither.
func TestBundleEndToEnd(t *testing.T) {
	t.Parallel()
	w := newTeam(t)
	w.promptflag("publish")
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "Look")
	w.promptflag("publish") // a canary at 10 %
	w.promptflag("off", "support.reply", "-e", "production", "--reason", "test")

	// The server makes its feed anew once a second.
	dir := filepath.Join(w.dir, "baseline")
	var feed []byte
	w.eventually("canary and OFF are in the feed", func() bool {
		if !w.bundle(dir) {
			return false
		}
		feed = w.read(filepath.Join(dir, "feed.json"))
		return bytes.Contains(feed, []byte(`"promptflag": "candidate"`)) && bytes.Contains(feed, []byte(`"enabled": false`))
	})
	// There and back again: the server's own body differs, the bundle does not.
	before := w.revision()
	w.promptflag("on", "support.reply", "-e", "production")
	w.promptflag("off", "support.reply", "-e", "production", "--reason", "test")
	w.eventually("the server has another revision", func() bool { return w.revision() != before })
	again := filepath.Join(w.dir, "again")
	w.eventually("the same flags give the same bytes", func() bool {
		return w.bundle(again) && bytes.Equal(feed, w.read(filepath.Join(again, "feed.json")))
	})
	if bytes.Contains(feed, []byte("revisionId")) {
		t.Errorf("the feed has a revision:\n%s", feed)
	}
	blobs, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil || len(blobs) != 3 {
		t.Errorf("%d artifacts, %v; want three stable ones and not the canary", len(blobs), err)
	}

	c := w.island(dir)
	for _, prompt := range []string{triage, "support.reply", "release-notes"} {
		for i := range 100 {
			d, err := c.ObjectValueDetails(t.Context(), w.prefix+prompt, nil, openfeature.NewEvaluationContext(fmt.Sprintf("user-%d", i+1), nil))
			if err != nil {
				t.Fatalf("%s: %v", prompt, err)
			}
			if role := d.FlagMetadata["promptRole"]; role != "stable" {
				t.Fatalf("%s, user %d: role %v", prompt, i+1, role)
			}
		}
	}
}

// bundle writes a bundle of production, where nobody has an admin token. It is
// false when the feed has no prompt yet.
func (w *team) bundle(dir string) bool {
	w.Helper()
	p := cli.FromOS()
	var out bytes.Buffer
	p.Args, p.Dir, p.Stdout, p.Stderr = []string{"bundle", "-e", "production", "--out", dir}, w.dir, &out, &out
	p.Getenv = func(key string) string {
		switch key {
		case "UNLEASH_CLIENT_TOKEN_PRODUCTION":
			return w.unleash.ProductionToken
		case "UNLEASH_ADMIN_TOKEN", "GITHUB_ACTIONS":
			return ""
		}
		return os.Getenv(key)
	}
	code := cli.Main(w.Context(), p)
	if code > 1 || code == 1 && !strings.Contains(out.String(), bundle.ErrNothing.Error()) {
		w.Fatalf("promptflag bundle: exit code %d\n%s", code, out.String())
	}
	return code == 0
}

// revision is what the server says of the feed that it gives now.
func (w *team) revision() int {
	w.Helper()
	body, err := unleashflags.ReadFeed(w.Context(), unleashflags.Options{URL: w.unleash.URL, Token: w.unleash.ProductionToken, Timeout: 20 * time.Second})
	if err != nil {
		w.Fatal(err)
	}
	var feed struct {
		Meta struct {
			RevisionID int `json:"revisionId"`
		} `json:"meta"`
	}
	if err := json.Unmarshal(body, &feed); err != nil || feed.Meta.RevisionID == 0 {
		w.Fatalf("revision %d, %v", feed.Meta.RevisionID, err)
	}
	return feed.Meta.RevisionID
}

func (w *team) read(path string) []byte {
	w.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	return data
}

// island is a service that has nothing but the bundle: no flag server answers,
// the bucket is empty, there is no disk.
func (w *team) island(dir string) *openfeature.Client {
	w.Helper()
	const away = "http://127.0.0.1:1" // nobody listens there, and nobody will
	source, err := unleashflags.New(unleashflags.Options{URL: away, Token: w.unleash.ProductionToken, Environment: "production", MetricsInterval: -1})
	if err != nil {
		w.Fatal(err)
	}
	bucket, err := store.Open(w.Context(), "mem://")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { bucket.Close() })
	p := provider.New(source, bucket, &provider.Options{FlagPrefix: w.prefix, NoCache: true, Baseline: os.DirFS(dir)})
	ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
	defer cancel()
	api := isolated.NewAPI()
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
