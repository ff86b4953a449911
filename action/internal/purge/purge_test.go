package purge

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// TestRunNamedMeanwhile: a rollback, which waits for nobody, brings the version
// back after somebody looked whether flags name it. What services ask for is not
// deleted.
func TestRunNamedMeanwhile(t *testing.T) {
	ctx := t.Context()
	bucket := store.New(store.NewMem())
	digest, _, err := bucket.Put(ctx, []byte("the artifact"))
	if err != nil {
		t.Fatal(err)
	}
	ref := prompts.Ref{Name: "p", Digest: prompts.Digest(digest)}
	server, err := flagsfile.New(t.TempDir(), "e", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	in := Input{
		Ref: ref, Environments: []config.Environment{{Name: "e"}}, Targets: map[string]plan.Target{"e": {Flags: server, Bucket: bucket}},
		Origin: plan.Origin{Reason: "key"}, Now: time.Now, NewID: func() string { n++; return strings.Repeat("a", n) },
		Hold: func(context.Context, string) error { return nil },
	}
	if uses, err := Uses(ctx, in); err != nil || len(uses) > 0 {
		t.Fatalf("Uses = %v, %v", uses, err)
	}
	if err := server.Create(ctx, flags.New{Name: "p", Prompt: "p"}); err != nil {
		t.Fatal(err)
	}
	s := flags.Build(flags.Stable, "p", flags.ID("p", "e", "c0ffee", "1"), ref.String(), ref.Version(), "rolled back", 100, "")
	if _, err := server.Add(ctx, "p", s); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(ctx, in); err == nil || !strings.Contains(err.Error(), "stable of the flag p in e") {
		t.Errorf("Run = %v, want what names it", err)
	}
	if _, err := bucket.Get(ctx, digest); err != nil {
		t.Errorf("the version that a flag names: %v", err)
	}
}
