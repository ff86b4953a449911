package drift

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// lab is one prompt, p, in one environment, whose flag names both of its versions.
type lab struct {
	*testing.T
	in       Input
	flags    *flagsfile.File
	bucket   *store.Bucket
	old, new prompts.Ref
}

func newLab(t *testing.T) *lab {
	f, err := flagsfile.New(t.TempDir(), "production", nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, flags: f, bucket: store.New(store.NewMem())}
	l.old, _ = l.version("old")
	ref, tree := l.version("new")
	l.new = ref
	l.in = Input{
		Tree: tree, Environments: []config.Environment{{Name: "production", Percent: 10, Stickiness: "userId"}},
		Targets: map[string]plan.Target{"production": {Flags: f, Bucket: l.bucket}},
		Now:     clock, OpenFor: 14 * 24 * time.Hour,
	}
	if err := f.Create(t.Context(), flags.New{Name: "p", Prompt: "p"}); err != nil {
		t.Fatal(err)
	}
	return l
}

// version puts a version into the bucket.
func (l *lab) version(text string) (prompts.Ref, *prompts.Tree) {
	l.Helper()
	tree, err := prompts.Load(fstest.MapFS{"prompts/p.toml": {Data: fmt.Appendf(nil, "model = \"m\"\n[[messages]]\nrole = \"system\"\ncontent = %q\n", text)}}, "prompts", nil)
	if err != nil {
		l.Fatal(err)
	}
	def, _ := tree.Lookup("p")
	if _, _, err := l.bucket.Put(l.Context(), def.Prompt.Artifact()); err != nil {
		l.Fatal(err)
	}
	return def.Prompt.Ref(), tree
}

// add adds a strategy of ours, made by a run of its own.
func (l *lab) add(role flags.Role, ref prompts.Ref, run string, change func(*flags.Strategy)) {
	l.Helper()
	s := flags.Build(role, "p", flags.ID("p", "production", "c0", run), ref.String(), ref.Version(), "", 100, "userId")
	if change != nil {
		change(&s)
	}
	if _, err := l.flags.Add(l.Context(), "p", s); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) on() {
	l.Helper()
	if err := l.flags.Switch(l.Context(), "p", true); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) record(ref prompts.Ref, action plan.Action, phase store.Phase, ago time.Duration, after *store.State) {
	l.Helper()
	err := l.bucket.PutRecord(l.Context(), store.Record{
		ID: "aa", Phase: phase, Time: clock.Add(-ago), Name: "p", Environment: "production",
		Action: string(action), Ref: ref.String(), Before: &store.State{}, After: after,
	})
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) check() *Report {
	l.Helper()
	r, err := Check(l.Context(), l.in)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// kinds are the findings as words; ! is what --repair mends.
func kinds(r *Report) string {
	var words []string
	for _, f := range r.Findings {
		w := string(f.Kind)
		if f.Repairable {
			w += "!"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// A leftover that nobody gets anything from goes; one that callers get the old
// version from stays, for taking it away is what the interrupted publish was for.
func TestLeftover(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*flags.Strategy)
		old    bool
		want   string
	}{
		"in front, another version": {nil, true, "leftover"},
		"in front, the same one":    {nil, false, "leftover!"},
		"behind":                    {func(s *flags.Strategy) { s.SortOrder = 2000 }, true, "leftover!"},
		"disabled":                  {func(s *flags.Strategy) { s.Disabled = true }, true, "leftover!"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			ref := l.new
			if test.old {
				ref = l.old
			}
			l.add(flags.Stable, ref, "1", test.change)
			l.add(flags.Stable, l.new, "2", nil)
			l.on()
			l.record(l.new, plan.ActionFold, store.Done, time.Hour, nil)
			r := l.check()
			if got := kinds(r); got != test.want {
				t.Errorf("findings %q, want %q\n%+v", got, test.want, r)
			}
			if n := r.Marks().Writes(); (n == 1) != strings.HasSuffix(test.want, "!") {
				t.Errorf("%d flags would be written", n)
			}
		})
	}
}

// An operation that died counts as done only if the flag says so and did not
// before; a young one may be running, and one that was overtaken is over.
func TestUnfinished(t *testing.T) {
	l := newLab(t)
	l.add(flags.Stable, l.new, "1", nil)
	l.on()
	l.record(l.new, plan.ActionCreate, store.Done, 100*time.Hour, nil)
	if got := kinds(l.check()); got != "" {
		t.Fatalf("findings %q, want none", got)
	}
	for name, test := range map[string]struct {
		ago   time.Duration
		after store.State
		want  string
	}{
		"as the flag is": {2 * time.Hour, store.State{Stable: l.new.String(), Enabled: true}, "unfinished!"},
		"otherwise":      {2 * time.Hour, store.State{Stable: l.old.String(), Enabled: true}, "unfinished"},
		"just now":       {time.Minute, store.State{Stable: l.old.String(), Enabled: true}, ""},
		"overtaken":      {200 * time.Hour, store.State{Stable: l.old.String(), Enabled: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.add(flags.Stable, l.new, "1", nil)
			l.on()
			if err := l.bucket.PutRecord(t.Context(), store.Record{ID: "bb", Phase: store.Done, Time: clock.Add(-100 * time.Hour), Name: "p", Environment: "production", Action: "create", Ref: l.new.String()}); err != nil {
				t.Fatal(err)
			}
			l.record(l.new, plan.ActionFold, store.Intent, test.ago, &test.after)
			r := l.check()
			if got := kinds(r); got != test.want {
				t.Fatalf("findings %q, want %q", got, test.want)
			}
			if strings.HasSuffix(test.want, "!") {
				if done, err := r.Repair(t.Context(), func(context.Context, string) error { return errors.New("no flag is written") }); err != nil || len(done) != 1 {
					t.Errorf("Repair = %v, %v", done, err)
				}
				if got := kinds(l.check()); got != "" {
					t.Errorf("after repair: %q", got)
				}
			}
		})
	}
}

// A purge that a flag does not tell services is told by a repair.
func TestPurgeNotTold(t *testing.T) {
	l := newLab(t)
	l.add(flags.Stable, l.new, "1", nil)
	l.on()
	l.record(l.new, plan.ActionCreate, store.Done, time.Hour, nil)
	l.record(l.old, plan.ActionPurge, store.Done, time.Minute, nil)
	if err := l.bucket.PutTombstone(t.Context(), store.Tombstone{Digest: string(l.old.Digest), Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	r := l.check()
	if got := kinds(r); got != "purge-not-told!" {
		t.Fatalf("findings %q", got)
	}
	if _, err := r.Repair(t.Context(), func(context.Context, string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := kinds(l.check()); got != "" {
		t.Errorf("after repair: %q", got)
	}
	f, err := l.flags.Read(t.Context(), "p")
	if err != nil || f.Strategies[0].Parameters[flags.ParamPurged] != string(l.old.Digest) {
		t.Errorf("the flag: %+v, %v", f, err)
	}
}

// away answers nothing for one thing.
type away struct {
	store.Backend
	prefix string
}

func (a away) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if strings.HasPrefix(key, a.prefix) {
		return nil, errors.New("away")
	}
	return a.Backend.Get(ctx, key, limit)
}

// What cannot be read is never no drift.
func TestUnread(t *testing.T) {
	backend := store.NewMem()
	l := newLab(t)
	l.bucket = store.New(backend)
	l.version("new")
	l.in.Targets["production"] = plan.Target{Flags: l.flags, Bucket: store.New(away{backend, "blobs/"})}
	l.add(flags.Stable, l.new, "1", nil)
	l.on()
	l.record(l.new, plan.ActionCreate, store.Done, time.Hour, nil)
	r := l.check()
	if len(r.Findings) != 0 || len(r.Unread) != 1 || !strings.Contains(r.Summary(), "could not tell") {
		t.Errorf("%+v", r)
	}
}

// Nothing that people wrote is markup in an issue, or a control in a terminal.
func TestMarkdown(t *testing.T) {
	evil := "<script>alert(1)</script> | @everybody `x` [a](http://b) \x1b[31m\n::error::x"
	r := &Report{Findings: []Finding{{Kind: Edited, Prompt: "p", Environment: "production", Is: evil, Should: evil, Mend: evil}}, Unread: []Unread{{"production", evil, evil}}, Done: []string{evil}}
	md := r.Markdown("https://github.example/run")
	for _, bad := range []string{"<script", "@everybody", "`x`", "](", "\x1b", "\n::error"} {
		if strings.Contains(md, bad) {
			t.Errorf("the issue has %q:\n%s", bad, md)
		}
	}
	var b strings.Builder
	if err := r.Print(&b); err != nil || strings.ContainsAny(b.String(), "\x1b") || strings.Contains(b.String(), "\n::error") {
		t.Errorf("the terminal gets:\n%q, %v", b.String(), err)
	}
	for range 5000 {
		r.Findings = append(r.Findings, r.Findings[0])
	}
	if n := len(r.Markdown("")); n > 65536 {
		t.Errorf("an issue of %d characters", n)
	}
}
