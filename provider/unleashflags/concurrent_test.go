package unleashflags_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/open-feature/go-sdk/openfeature/multi"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// Evaluations, changes of the flags, another provider's life, all at once: for -race.
func TestConcurrent(t *testing.T) {
	d, bucket := newFlags(t, "production"), newBucket(t)
	o := d.options()
	o.RefreshInterval = time.Millisecond
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s := serve(t, o, bucket, nil)
	valid := map[string]bool{}
	for _, key := range []string{"support.triage.1", "support.triage.2", "support.triage.3"} {
		valid[ref(t, key)] = true
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				a, meta := s.object("support.triage", user(fmt.Sprintf("user-%d", i%100), "tenantId", []string{"acme", "globex"}[i%2]))
				if !valid[a.Value] || a.Code != "" || a.Reason == "STALE" {
					t.Errorf("goroutine %d: %v %v", g, a, meta)
					return
				}
				role, want := meta["promptRole"], map[string]any{ref(t, "support.triage.1"): "stable", ref(t, "support.triage.2"): "candidate", ref(t, "support.triage.3"): nil}[a.Value]
				if role != want {
					t.Errorf("role %v for %s, want %v", role, a.Value, want)
					return
				}
				_, _ = s.BooleanValue(context.Background(), "checkout.beta", false, user("user-1", "tenantId", "acme"))
			}
		})
	}
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			d.edit("support.triage", func(f object) {
				setRollout(strategy(f, "candidate"), fmt.Sprint(i%101))
				f["enabled"] = i%3 != 0
				list := f["strategies"].([]any)
				if i%2 == 0 { // the person's strategy goes to the front and to the end: places change
					list[0].(object)["sortOrder"] = 10
				} else {
					list[0].(object)["sortOrder"] = 950
				}
			})
			time.Sleep(3 * time.Millisecond)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			other := serve(t, o, bucket, nil)
			if err := other.api.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	time.Sleep(500 * time.Millisecond)
	eventually(t, "ten changes were seen", func() bool { return t.Failed() || len(s.seen(openfeature.ProviderConfigChange)) >= 10 })
	stop()
	wg.Wait()
}

// Shutdown while evaluations run: none hangs, none panics.
func TestShutdownWhileEvaluating(t *testing.T) {
	for range 5 {
		s := serve(t, newFlags(t, "production").options(), newBucket(t), nil)
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						s.provider.ObjectEvaluation(context.Background(), "support.triage", nil, openfeature.FlattenedContext{"targetingKey": "user-3"})
					}
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		s.provider.Shutdown()
		close(stop)
		wg.Wait()
	}
}

// The SDK's multi provider writes into the metadata that it gets.
func TestBehindMultiProvider(t *testing.T) {
	source, err := unleashflags.New(newFlags(t, "production").options())
	if err != nil {
		t.Fatal(err)
	}
	m, err := multi.NewProvider(multi.StrategyFirstMatch,
		multi.WithProvider("promptflag", provider.New(source, newBucket(t), &provider.Options{NoCache: true})),
		multi.WithProvider("other", memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
			"elsewhere": {State: memprovider.Enabled, DefaultVariant: "v", Variants: map[string]any{"v": "from the other provider"}},
		})))
	if err != nil {
		t.Fatal(err)
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := api.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	client := api.NewClient()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if v, err := client.ObjectValue(context.Background(), "support.reply", nil, user("u")); err != nil || fmt.Sprint(v) != ref(t, "support.reply.1") {
					t.Errorf("prompt flag = %v, %v", v, err)
				}
				if v, err := client.StringValue(context.Background(), "elsewhere", "", user("u")); err != nil || v != "from the other provider" {
					t.Errorf("the other provider's flag = %v, %v", v, err)
				}
			}
		})
	}
	wg.Wait()
}
