package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/store"
)

// right is a hand-made fake of a lease: package store tests real ones.
type right struct {
	b        *bench
	owed     []string
	holds    int
	lostAt   int      // the call of Hold from which on it is lost; 0: never
	released []string // nil: it was not
}

func (r *right) Hold(context.Context) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if r.holds++; r.lostAt > 0 && r.holds >= r.lostAt {
		return &store.LeaseLostError{Environment: "e", Holder: store.LeaseHolder{Actor: "ben", Command: "rollback"}}
	}
	return nil
}

func (r *right) Owed() []string { return r.owed }

func (r *right) Release(_ context.Context, undone ...string) error {
	r.b.log = append(r.b.log, "release")
	r.released = append([]string{}, undone...)
	return errors.New("the bucket is away")
}

// leased applies items with a lease.
func (b *bench) leased(t *testing.T, r *right, change func(*Options), items ...Item) (*Plan, error) {
	r.b = b
	p := &Plan{Items: items}
	o := b.options()
	var warned []string
	o.Leases = &Leases{
		Take: func(_ context.Context, environment string, prompts []string) (Lease, error) {
			b.log = append(b.log, "take "+environment+" for "+strings.Join(prompts, " "))
			return r, nil
		},
		Left: func(context.Context, string) (bool, error) { return len(r.owed) > 0, nil },
		Warn: func(text string) { warned = append(warned, text) },
	}
	if change != nil {
		change(&o)
	}
	err := Apply(t.Context(), p, o)
	if r.released != nil && (len(warned) != 1 || !strings.Contains(warned[0], "the bucket is away")) {
		t.Errorf("warned %q, want that the release failed", warned)
	}
	return p, err
}

func TestApplyLeased(t *testing.T) {
	b, r := newBench(), &right{}
	b.flags["q"] = &flags.Flag{Name: "q"}
	same := Item{Prompt: "q", Environment: "e", Flag: "q", Kind: Unchanged, Before: StateOf(b.flags["q"], flags.Roles{}), Decide: func(*flags.Flag) (Item, error) { panic("nothing changed") }}
	if _, err := b.leased(t, r, nil, creation("p", "m"), same); err != nil {
		t.Fatal(err)
	}
	want := []string{"take e for p", "read p", "create p", "add p", "switch p", "read p", "release"}
	if diff := cmp.Diff(want, b.log); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if r.holds != 3 || len(r.released) != 0 {
		t.Errorf("the lease was asked for %d times and given back with %v, want 3 (a write each) and nothing", r.holds, r.released)
	}
}

// TestApplyNothing: what writes nothing takes no lease.
func TestApplyNothing(t *testing.T) {
	b := newBench()
	if _, err := b.leased(t, &right{}, nil, Item{Prompt: "q", Environment: "e", Flag: "q", Kind: Unchanged}); err != nil || len(b.log) > 0 || b.heads > 0 {
		t.Errorf("Apply = %v after %v, want nothing done", err, b.log)
	}
}

// TestApplyFenced: after the lease is lost nothing is written, and it is not
// given back: it is somebody else's.
func TestApplyFenced(t *testing.T) {
	b, r := newBench(), &right{lostAt: 2}
	_, err := b.leased(t, r, nil, creation("p", "m"))
	if !errors.Is(err, store.ErrLeaseLost) || !strings.Contains(err.Error(), "taken over by rollback by ben") {
		t.Errorf("Apply = %v, want who took the lease", err)
	}
	if want := []string{"take e for p", "read p", "create p"}; !slices.Equal(b.log, want) {
		t.Errorf("calls %v, want %v", b.log, want)
	}
}

// TestApplyUndone: what failed is said when the lease is given back.
func TestApplyUndone(t *testing.T) {
	b, r := newBench(), &right{}
	b.fail["switch p1"] = errDown
	if _, err := b.leased(t, r, nil, creation("p0", "m"), creation("p1", "m")); !errors.Is(err, errDown) {
		t.Errorf("Apply = %v, want the failure of p1", err)
	}
	if !slices.Equal(r.released, []string{"p1"}) {
		t.Errorf("given back with %v undone, want p1", r.released)
	}
}

// TestApplySettles: a run was killed between its last write and its records.
// The next one writes them first, also when it has nothing else to do, and
// decides again, since they may matter. A link that fails stops nobody.
func TestApplySettles(t *testing.T) {
	b := newBench()
	if err := b.apply(t.Context(), creation("p", "m"), creation("q", "m")); err != nil {
		t.Fatal(err)
	}
	dying := newBench() // its flags are there, and only its intents
	dying.shelf = b.shelf
	o := dying.options()
	o.Origin.PullRequest = "https://x.invalid/pull/1"
	for _, prompt := range []string{"p", "q"} {
		if err := putRecords(t.Context(), creation(prompt, "m"), o, "ff", o.Now(), store.Intent); err != nil {
			t.Fatal(err)
		}
	}
	b.flags["q"].Strategies = nil // this one was not finished
	b.log, b.fail["link p"] = nil, errDown
	again := 0
	r := &right{owed: []string{"p", "q"}}
	same := Item{Prompt: "p", Environment: "e", Flag: "p", Kind: Unchanged}
	p, err := dying.leased(t, r, func(o *Options) {
		o.Again = func(context.Context) (*Plan, error) { again++; return &Plan{Items: []Item{same, same}}, nil }
	}, same)
	if err != nil || again != 1 || len(p.Items) != 2 {
		t.Errorf("Apply = %v, planned again %d times, %d items; want nil, once, the new ones", err, again, len(p.Items))
	}
	if got := dying.records(t, "p"); !strings.Contains(got, "done create") {
		t.Errorf("records of p: %s; want it done", got)
	}
	if got := dying.records(t, "q"); strings.Contains(got, "done") {
		t.Errorf("records of q: %s; want the intent only", got)
	}
	if len(r.released) != 0 || !slices.Contains(b.log, "link p") {
		t.Errorf("given back with %v undone; log %v, want the link tried", r.released, b.log)
	}
}

// TestApplyOutdated: a flag that was right when the plan was made was written
// before the lease was taken.
func TestApplyOutdated(t *testing.T) {
	b, r := newBench(), &right{}
	if err := b.apply(t.Context(), creation("q", "m")); err != nil {
		t.Fatal(err)
	}
	same := Item{Prompt: "q", Environment: "e", Flag: "q", Kind: Unchanged, Decide: func(*flags.Flag) (Item, error) { panic("it is planned again") }}
	_, other := artifact("q", "earlier")
	same.Before = State{Exists: true, Stable: other.String(), Enabled: true}
	planned := &Plan{Items: []Item{creation("p", "m2")}}
	p, err := b.leased(t, r, func(o *Options) {
		o.Again = func(context.Context) (*Plan, error) { return planned, nil }
	}, creation("p", "m"), same)
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("Apply = %v with %d items, want nil and the new plan", err, len(p.Items))
	}
	_, want := artifact("p", "m2")
	if got := b.flags["p"].Strategies[0].Ref(); got != want.String() {
		t.Errorf("p serves %s, want %s", got, want)
	}
}

// TestApplySettlesAdopt: without its done record nobody would know that an
// adopted flag which is OFF is so because a person wants it.
func TestApplySettlesAdopt(t *testing.T) {
	b := newBench()
	if err := b.apply(t.Context(), creation("p", "m")); err != nil {
		t.Fatal(err)
	}
	b.flags["p"].Enabled = false
	dying := newBench()
	item := creation("p", "m")
	item.Events[0].Action = ActionAdopt
	if err := putRecords(t.Context(), item, dying.options(), "ff", dying.options().Now(), store.Intent); err != nil {
		t.Fatal(err)
	}
	dying.flags, b = b.flags, dying
	same := Item{Prompt: "p", Environment: "e", Flag: "p", Kind: Unchanged}
	if _, err := b.leased(t, &right{owed: []string{"p"}}, nil, same); err != nil {
		t.Fatal(err)
	}
	if got := b.records(t, "p"); !strings.Contains(got, "done adopt") {
		t.Errorf("records of p: %s; want it done", got)
	}
}
