//go:build unix

package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/internal/githubfake"
)

// TestPublishKilled ends a publish by SIGKILL after its first call of a server,
// after its second, and so on, and publishes again as the next attempt of the
// same run. Two publishes are: one makes a flag and replaces a candidate, the
// other makes a promoted candidate stable and raises another, and restores a
// version. (One publish of all four has as many calls, and each kill costs twice
// as much.) The first is the run of a merge, and its calls of GitHub count, too.
func TestPublishKilled(t *testing.T) {
	program := build(t)
	t.Run("fresh and swap", func(t *testing.T) {
		before := newWorld(t, "fresh", "swap")
		before.hub = githubfake.New("acme/prompts")
		before.tree("swap=v1")
		before.publish()
		before.tree("swap=v2")
		before.publish()
		before.killed(program, []string{"swap"}, "fresh=v1", "swap=v3")
	})
	t.Run("fold and back", func(t *testing.T) {
		before := newWorld(t, "fold", "back")
		before.tree("fold=v1", "back=v1")
		before.publish()
		before.tree("fold=v2", "back=v2")
		before.publish()
		before.promptflag("promote", "fold")
		before.promptflag("promote", "back")
		before.tree("back=v3")
		before.publish()
		before.killed(program, []string{"fold", "back"}, "fold=v3", "back=v1")
	})
}

// killed publishes the tree head on copies of w, whose flags live are on: once
// in one go, and once for each call after which it is killed.
func (w *world) killed(program string, live []string, head ...string) {
	copied := func(t *testing.T) *world {
		c := newWorld(t, w.names...)
		c.program = program
		if w.hub != nil {
			c.hub = githubfake.New("acme/prompts")
		}
		c.clone(w)
		c.tree(head...)
		return c
	}
	t := w.T
	whole := copied(t)
	k := newKiller(t, whole)
	if out, _ := k.run(t, whole.process(1, whole.command()...), 0); !strings.Contains(out, "2 of 2 done") {
		t.Fatalf("publish:\n%s", out)
	}
	total, want := len(k.calls), whole.state()
	for _, name := range w.names {
		t.Logf("%s in one go:\n%s", name, strings.Join(want.Flags[name], "\n"))
	}
	whole.whole("in one go", w.names...)
	whole.told("in one go")
	whole.untold()

	feed := watchFeed(t, whole.unleash.URL, whole.unleash.ProductionToken)
	var killed atomic.Int64
	t.Run("after", func(t *testing.T) {
		for after := 1; after <= total+2; after++ { // their number may differ a little
			t.Run(fmt.Sprint("call ", after), func(t *testing.T) {
				t.Parallel()
				c := copied(t)
				feed.add(c, live)
				defer feed.remove(c)
				if c.survives(newKiller(t, c), after, live, want) {
					killed.Add(1)
				}
			})
		}
	})
	t.Logf("a publish of %d calls was killed after each of its first %d; the feed was evaluated %d times meanwhile", total, killed.Load(), feed.stop())
	if int(killed.Load()) < total {
		t.Errorf("killed %d times, want at least %d", killed.Load(), total)
	}
}

// survives kills a publish after that many calls and publishes again; want is
// the state then. It reports whether there were that many calls.
func (w *world) survives(k *killer, after int, live []string, want state) bool {
	out, killed := k.run(w.T, w.process(1, w.command()...), after)
	last := k.calls[len(k.calls)-1]
	k.alive()
	w.whole("killed after "+last, live...)
	again, err := w.process(2, w.command()...).CombinedOutput()
	if err != nil {
		w.Errorf("publish again: %v\n%s", err, again)
	}
	if diff := cmp.Diff(want, w.state()); diff != "" {
		w.Errorf("the state is not that of a publish in one go (-want +got):\n%s", diff)
	}
	w.told("killed after " + last + " and published again")
	if after%10 == 0 {
		if third, err := w.process(3, w.command()...).CombinedOutput(); err != nil || !strings.Contains(string(third), "0 changes") {
			w.Errorf("a third publish: %v\n%s", err, third)
		}
	}
	if w.Failed() {
		w.Logf("killed after %s; the first run printed\n%s\nthe second\n%s", last, out, again)
	}
	return killed
}
