package retire

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// counting is a flag server that says who asks.
type counting struct {
	*flagsfile.File
	environment string
	asked       flags.Asked
	err         error
	wrong       error // of a ping
}

func (c *counting) Asked(context.Context, string, time.Time) (flags.Asked, error) {
	return c.asked, c.err
}

func (c *counting) Ping(context.Context) error { return c.wrong }

const ref = "p@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// TestRun: a flag goes when nobody asks for it in any environment; what is refused
// leaves no environment touched and no record.
func TestRun(t *testing.T) {
	quiet := flags.Asked{Known: true, By: map[string]int64{"production": 0}}
	busy := flags.Asked{Known: true, By: map[string]int64{"production": 7, "development": 0}}
	published := func(c *counting) { c.publish(t, ref) }
	lost := func(context.Context, string) error { return errors.New("the lease is lost") }

	for _, tt := range []struct {
		name                    string
		development, production func(*counting)
		force                   bool
		hold                    func(context.Context, string) error
		want                    Result
		refused                 error  // nil: none that callers branch on
		says                    string // the error, "" for none
		live                    string // environments whose flag is not archived afterwards
		records                 string
	}{
		{name: "quiet everywhere", development: published, production: published,
			want:    Result{Archived: []string{"development", "production"}, Already: []string{}},
			records: "development intent, development done, production intent, production done"},
		{name: "published in one only", production: published,
			want: Result{Archived: []string{"production"}, Already: []string{}}, records: "production intent, production done"},
		{name: "asked for in one", development: published, production: func(c *counting) { published(c); c.asked = busy },
			refused: ErrAsked, says: "production: asked for in the last 24h0m0s (evaluations: 7 or more)", live: "development production"},
		{name: "asked for, and somebody insists", force: true, production: func(c *counting) { published(c); c.asked = busy },
			want:    Result{Archived: []string{"production"}, Already: []string{}, Notes: []string{"production: asked for in the last 24h0m0s (evaluations: 7 or more)"}},
			records: "production intent, production done"},
		{name: "nobody counts", production: func(c *counting) { published(c); c.asked = flags.Asked{} },
			refused: ErrUnknown, says: "no service ever reported", live: "production"},
		{name: "one of two counts", development: published, production: func(c *counting) { published(c); c.asked = flags.Asked{} },
			refused: ErrUnknown, says: "no service ever reported", live: "development production"},
		{name: "the count cannot be read", production: func(c *counting) { published(c); c.err = errors.New("503") },
			refused: ErrUnknown, says: "environment production: ", live: "production"},
		{name: "the count cannot be read, and somebody insists", force: true, production: func(c *counting) { published(c); c.err = errors.New("503") },
			want:    Result{Archived: []string{"production"}, Already: []string{}, Notes: []string{"production: whether services ask for it could not be read: 503"}},
			records: "production intent, production done"},
		{name: "no flag", refused: ErrNotOurs, says: "no environment has a flag of p"},
		{name: "a wrong address", production: func(c *counting) { c.wrong = errors.New("not a flag server") }, says: "environment production: not a flag server"},
		{name: "a flag of somebody else", production: func(c *counting) { c.publish(t, "no version of ours") },
			refused: ErrNotOurs, says: "no strategy of the flag serves a version of p", live: "production"},
		{name: "archived in one", development: published, production: func(c *counting) { published(c); c.archive(t) },
			want:    Result{Archived: []string{"development"}, Already: []string{"production"}},
			records: "development intent, development done"},
		{name: "archived everywhere", production: func(c *counting) { published(c); c.archive(t) },
			want: Result{Archived: []string{}, Already: []string{"production"}}},
		{name: "another run writes", production: published, hold: lost, says: "environment production: the lease is lost", live: "production", records: "production intent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bucket := store.New(store.NewMem())
			in := Input{
				Prompt: "p", Targets: map[string]plan.Target{}, Origin: plan.Origin{Actor: "ada", Reason: "gone"}, Now: time.Now, NewID: func() string { return "aa" },
				Quiet: 24 * time.Hour, Force: tt.force, Hold: func(context.Context, string) error { return nil },
			}
			if tt.hold != nil {
				in.Hold = tt.hold
			}
			servers := map[string]*counting{}
			for _, env := range []struct {
				name string
				make func(*counting)
			}{{"development", tt.development}, {"production", tt.production}} {
				file, err := flagsfile.New(t.TempDir(), env.name, nil)
				if err != nil {
					t.Fatal(err)
				}
				c := &counting{File: file, environment: env.name, asked: quiet}
				if env.make != nil {
					env.make(c)
				}
				servers[env.name] = c
				in.Environments = append(in.Environments, config.Environment{Name: env.name})
				in.Targets[env.name] = plan.Target{Flags: c, Bucket: bucket}
			}

			got, err := Run(t.Context(), in)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if (tt.says == "") != (err == nil) || !strings.Contains(text, tt.says) || tt.refused != nil && !errors.Is(err, tt.refused) {
				t.Errorf("Run = %v, want %q, %v", err, tt.says, tt.refused)
			}
			tt.want.Prompt = "p"
			if diff := cmp.Diff(tt.want, got); diff != "" && err == nil {
				t.Errorf("Run (-want +got):\n%s", diff)
			}
			var live []string
			for _, env := range in.Environments {
				if _, err := servers[env.Name].Read(t.Context(), "p"); err == nil {
					live = append(live, env.Name)
				}
			}
			if got := strings.Join(live, " "); got != tt.live {
				t.Errorf("not archived in %q, want %q", got, tt.live)
			}
			if got := written(t, bucket); got != tt.records {
				t.Errorf("records %q, want %q", got, tt.records)
			}
		})
	}
}

// publish makes a flag with one stable strategy.
func (c *counting) publish(t *testing.T, payload string) {
	t.Helper()
	if err := c.Create(t.Context(), flags.New{Name: "p", Prompt: "p"}); err != nil {
		t.Fatal(err)
	}
	s := flags.Build(flags.Stable, "p", flags.ID("p", c.environment, "c0ffee", "1"), payload, "v", "", 100, "")
	if _, err := c.Add(t.Context(), "p", s); err != nil {
		t.Fatal(err)
	}
}

func (c *counting) archive(t *testing.T) {
	t.Helper()
	if err := c.Archive(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
}

// written lists the records in the order of the environments.
func written(t *testing.T, b *store.Bucket) string {
	t.Helper()
	keys, err := b.RecordKeys(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, environment := range []string{"development", "production"} {
		for _, phase := range []store.Phase{store.Intent, store.Done} {
			for _, k := range keys {
				if k.Environment == environment && k.Phase == phase && k.Action == string(plan.ActionRetire) {
					out = append(out, environment+" "+string(phase))
				}
			}
		}
	}
	return strings.Join(out, ", ")
}
