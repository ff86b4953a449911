package unleashflags_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

// A bundle as promptflag writes it answers when everything else is away.
func TestBundle(t *testing.T) {
	dir := filepath.Join("..", "..", "internal", "contract", "bundle")
	blobs, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil || len(blobs) == 0 {
		t.Fatalf("the contract has no bundle: %v", err)
	}
	empty, err := store.Open(context.Background(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	o := unleashflags.Options{URL: away, Token: testToken, Environment: "production", RefreshInterval: 10 * time.Millisecond}
	s := serve(t, o, empty, &provider.Options{Baseline: os.DirFS(dir)})

	served := map[string]bool{}
	for _, flag := range []string{"support.triage", "support.reply", "support.greet"} {
		for i := range 100 {
			v, err := s.ObjectValue(context.Background(), flag, nil, user("user-"+string(rune('a'+i%26))))
			if err != nil {
				t.Fatalf("%s: %v", flag, err)
			}
			served[v.(*prompts.Prompt).Digest().Hex()] = true
		}
	}
	for digest := range served {
		if _, err := os.Stat(filepath.Join(dir, "blobs", "sha256", digest)); err != nil {
			t.Errorf("served %s: %v", digest, err)
		}
	}
	if candidate := digest(t, "support.triage.2"); served[candidate[len("sha256:"):]] {
		t.Errorf("the candidate %s is dialled to some, and served from a bundle", candidate)
	}
	if a, _ := s.object("support.triage", user("user-0")); a.Variant != version(t, "support.triage.1") {
		t.Errorf("answer = %+v, want stable", a)
	}
}
