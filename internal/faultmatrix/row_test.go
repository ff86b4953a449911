//go:build unix

package faultmatrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/internal/faultproxy"
)

// row is one fault.
type row struct {
	where, what string
	// own flags: the fault changes flags. Otherwise the row uses those that all
	// rows share.
	own, child bool
	alone      bool // it changes the whole process: no other row runs at the same time
	usedDisk   bool // the process with a bundle has a used disk too
	// fetchFails: blobs cannot be fetched from the bucket. Polls are as far apart
	// then as a fetch may take, as they are by default: when the bucket is back, a
	// fetch that is still trying may have to fail before the next poll begins another.
	fetchFails bool

	unleash, s3 faultproxy.Fault              // in front of the servers, during the fault
	refeed      func(*stage) faultproxy.Fault // in place of unleash
	before      func(*stage) error            // before a cell starts and while running ones are: changes disks and flags
	lift        func(*stage) error            // takes back what before did, and waits until the server's feed shows it
	asked       answers                       // during the fault, where not as before
	restored    bool                          // after the fault, flags ask for what they asked for before

	want map[start]outcome
}

// outcome is what a cell must show during the fault.
type outcome struct {
	answers answers // where they are not as asked
	events  string  // types, sorted
	token   bool    // the ERROR event names the token
	// excuse is why callers may get their default.
	excuse string
}

const initFails = "init fails"

// Where a server does not answer, it must not take the tests too long to notice,
// nor may a busy machine be taken for such a server.
const (
	hungTimeout = 2 * time.Second
	fetchPace   = 1500 * time.Millisecond // for one blob, and from one poll to the next
)

// run goes through the life of a row.
func (r *row) run(t *testing.T, m *matrix, number int) {
	ctx := t.Context()
	st := m.stage(t, r, number)
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	was := healthy(r.child)
	asked := was.but(r.asked)
	after := asked
	if r.restored {
		after = was
	}
	must("before the fault", st.each(func(c *cell) error { return st.prepare(ctx, c, was) }))
	if r.alone { // whatever happens: other rows come after it
		t.Cleanup(func() { must("taking the fault back", r.lift(st)) })
	}
	must("begin of the fault", st.begin())
	must("start", st.each(func(c *cell) error {
		if c.start == warm {
			return nil
		}
		return c.run(ctx)
	}))
	must("during the fault", st.each(func(c *cell) error { return st.during(ctx, c, asked) }))
	if r.refeed != nil {
		for _, c := range st.cells {
			if lost := !strings.Contains(snapshot(c.dir), st.prefix+canary); lost && c.start != bundled && c.start != empty {
				t.Errorf("%s: the feed on disk was replaced", c.start)
			}
		}
	}
	line := st.line(asked)
	must("taking the fault back", st.end())
	must("after the fault", st.each(func(c *cell) error { return st.after(ctx, t, c, was, asked, after) }))
	m.report(number, line)
}

// prepare brings a cell to where it is when the fault hits it.
func (st *stage) prepare(ctx context.Context, c *cell, was answers) error {
	if c.start == warm || c.start == onDisk || c.start == bundled && st.row.usedDisk {
		if err := c.run(ctx); err != nil {
			return err
		}
		if err := eventually(ctx, lookEvery, func() error { return c.answersAre(was) }); err != nil {
			return err
		}
		c.service.failed = nil // on a busy machine it came up with a later poll
	}
	if c.start == warm {
		c.service.told(true)
		c.service.sampled()
		return nil
	}
	if c.service != nil { // the disk is written to a moment after the start
		if err := eventually(ctx, lookEvery, func() error { return written(c.dir) }); err != nil {
			return err
		}
	}
	if err := c.halt(); err != nil {
		return err
	}
	if c.start == bundled {
		return st.makeBundle(ctx, c)
	}
	return nil
}

// begin puts the fault in place.
func (st *stage) begin() error {
	for _, c := range st.cells {
		fault := st.row.unleash
		if st.row.refeed != nil {
			fault = st.row.refeed(st)
		}
		if err := errors.Join(c.unleash.Set(faultproxy.All(fault)), c.s3.Set(faultproxy.All(st.row.s3))); err != nil {
			return err
		}
	}
	if st.row.before == nil {
		return nil
	}
	return st.row.before(st)
}

// during waits until a cell answers and has told what it must, and looks again
// a few polls later.
func (st *stage) during(ctx context.Context, c *cell, asked answers) error {
	want := st.row.want[c.start]
	if failed := c.service.failed != nil; failed != (want.events == initFails) {
		return fmt.Errorf("SetProviderAndWait = %v", c.service.failed)
	}
	check := func() error {
		if err := c.answersAre(asked.but(want.answers)); err != nil {
			return err
		}
		types, all := st.told(c)
		if types != strings.TrimPrefix(want.events, initFails) {
			return fmt.Errorf("events %v, want %s", all, want.events)
		}
		return nil
	}
	if err := eventually(ctx, lookEvery, check); err != nil {
		return err
	}
	if st.row.away() && want.events != initFails {
		if err := eventually(ctx, lookEvery, func() error {
			if age := c.age(); age < 1 {
				return fmt.Errorf("promptFeedAgeSeconds is %d while the server is away", age)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	// For events about the second of two flags: the next poll tells of them, and it is
	// over when the one after it begins.
	if err := st.wait(ctx, c, 2); err != nil {
		return err
	}
	_, first := st.told(c)
	if err := st.wait(ctx, c, 2); err != nil {
		return err
	}
	if err := check(); err != nil {
		return fmt.Errorf("a few polls later: %w", err)
	}
	types, all := st.told(c)
	if len(all) != len(first) {
		return fmt.Errorf("a few polls later, with nothing new: events %v, were %v", all, first)
	}
	if len(all) > 2*len(strings.Fields(types)) { // two flags are in trouble at most, and not always in the same moment
		return fmt.Errorf("too many events: %v", all)
	}
	for _, e := range all {
		if e.typ == "ERROR" && want.token && !strings.Contains(e.message, "token") {
			return fmt.Errorf("ERROR does not name the token: %s", e.message)
		}
	}
	return nil
}

// wait waits for a number of polls.
func (st *stage) wait(ctx context.Context, c *cell, polls int) error {
	begun := c.service.gate.polls()
	return eventually(ctx, lookEvery, func() error {
		if n := c.service.gate.polls() - begun; n < polls {
			return fmt.Errorf("%d polls", n)
		}
		return nil
	})
}

// told is what a cell was told during the fault.
//
// A process with a used disk goes on with the feed that it finds there when the
// flag server does not answer within 250 ms, which a busy machine may not do: it
// then has more to tell when the live one is there.
func (st *stage) told(c *cell) (types string, all []event) {
	_, all = c.service.told(false)
	wanted := strings.Contains(st.row.want[c.start].events, "CHANGED")
	late := st.mayBeLate(c)
	seen := false
	all = slices.DeleteFunc(all, func(e event) bool {
		again := seen && e.typ == "CHANGED"
		seen = seen || e.typ == "CHANGED"
		return e.typ == "CHANGED" && late && (!wanted || again) ||
			late && (e.typ == "STALE" || e.typ == "READY")
	})
	return typesOf(all), all
}

// mayBeLate says whether a cell may begin with the feed on its disk although the
// flag server is there.
func (st *stage) mayBeLate(c *cell) bool {
	return !st.row.away() && (c.start == onDisk || c.start == bundled && st.row.usedDisk)
}

// away says whether the flag server gives no feed.
func (r *row) away() bool { return r.unleash.String() != "pass" }

// end takes the fault back, between two polls. What was told and answered
// before is kept apart.
func (st *stage) end() error {
	for _, c := range st.cells {
		c.service.gate.allow(0)
		c.service.told(true)
	}
	if st.row.lift == nil {
		return nil
	}
	return st.row.lift(st)
}

// after lets two polls through, in which a cell must get back to what the flags
// ask for, without a third.
func (st *stage) after(ctx context.Context, t *testing.T, c *cell, was, asked, after answers) error {
	want := st.row.want[c.start]
	during := asked.but(want.answers)
	sampled := c.service.sampled()
	if err := errors.Join(c.s3.Set(), c.unleash.Set()); err != nil {
		return err
	}
	c.fetch.Store(int64(fetchTimeout)) // a busy machine is no fault
	began, polls := time.Now(), c.service.gate.polls()
	c.service.gate.allow(2)
	err := eventually(ctx, lookEvery, func() error {
		if err := c.answersAre(after); err != nil {
			return err
		}
		if s := c.service.State(); s != "READY" {
			return fmt.Errorf("state %s", s)
		}
		return nil
	})
	took, used := time.Since(began), c.service.gate.polls()-polls
	if err != nil {
		return fmt.Errorf("with two polls: %w", err)
	}
	t.Logf("%-16s back after %d polls, %v", c.start, used, took.Round(time.Millisecond))
	st.recovered(used, took)
	c.service.gate.open()
	types, all := c.service.told(false)
	stale := st.row.away() && want.events == "ERROR" // the bucket is back before the flag server
	if n := strings.Count(fmt.Sprint(all), "{READY"); n > 1 || strings.Contains(types, "ERROR") || strings.Contains(types, "STALE") && !stale {
		return fmt.Errorf("events after the fault: %v", all)
	}
	if changes := !maps.Equal(during, after); c.service.failed == nil && (c.start != bundled || !st.row.away()) {
		if err := eventually(ctx, lookEvery, func() error {
			if types, _ := c.service.told(false); strings.Contains(types, "CHANGED") != changes {
				return fmt.Errorf("answers changed: %v; events after the fault: %v", changes, all)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for p, texts := range c.service.sampled() {
		sampled[p] = append(sampled[p], texts...)
	}
	return st.judge(c, sampled, was, during, after)
}

// judge looks at every answer that was given from the begin of the fault until
// it was over: none may be the caller's default unless it must, or a version that
// is none of those before, during and after.
func (st *stage) judge(c *cell, sampled map[probe][]string, was, during, after answers) error {
	var errs []error
	for p, texts := range sampled {
		allowed := []string{during[p.label], after[p.label]}
		if c.start == warm || st.mayBeLate(c) {
			allowed = append(allowed, was[p.label])
		}
		for _, text := range texts {
			fallback := strings.HasPrefix(text, "1 STALE") && p.flag != plain // on the way there or back
			if !slices.Contains(allowed, text) && !fallback {
				errs = append(errs, fmt.Errorf("%s was answered %q; allowed: %q", p.label, text, allowed))
			}
		}
		if strings.HasPrefix(during[p.label], "default") && st.row.want[c.start].excuse == "" {
			errs = append(errs, fmt.Errorf("%s answers %q and the row has no excuse", p.label, during[p.label]))
		}
	}
	return errors.Join(errs...)
}
