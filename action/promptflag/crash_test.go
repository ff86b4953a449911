//go:build unix

package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPublishKilled ends a publish by SIGKILL after its first call of a server,
// after its second, and so on, and publishes again as the next attempt of the
// same run. The publish makes a flag, replaces a candidate, makes a promoted
// candidate stable and raises another, and restores a version.
func TestPublishKilled(t *testing.T) {
	names := []string{"fresh", "swap", "fold", "back"}
	live := names[1:]
	head := []string{"fresh=v1", "swap=v3", "fold=v3", "back=v1"}
	before := newWorld(t, names...)
	before.tree("swap=v1", "fold=v1", "back=v1")
	before.publish()
	before.tree("swap=v2", "fold=v2", "back=v2")
	before.publish()
	before.promptflag("promote", "fold")
	before.promptflag("promote", "back")
	before.tree("back=v3")
	before.publish()

	whole := newWorld(t, names...)
	whole.clone(before)
	whole.tree(head...)
	k := newKiller(t, whole)
	if out, _ := k.run(t, whole.process(1, "publish", "--not-head"), 0); !strings.Contains(out, "4 of 4 done") {
		t.Fatalf("publish:\n%s", out)
	}
	total, want := len(k.calls), whole.state()
	for _, name := range names {
		t.Logf("%s in one go:\n%s", name, strings.Join(want.Flags[name], "\n"))
	}
	whole.whole("in one go", names...)

	feed := watchFeed(t, whole.unleash.URL, whole.unleash.ProductionToken)
	var killed atomic.Int64
	t.Run("after", func(t *testing.T) {
		for after := 1; after <= total+2; after++ { // their number may differ a little
			t.Run(fmt.Sprint("call ", after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, names...)
				w.clone(before)
				w.tree(head...)
				feed.add(w, live)
				defer feed.remove(w)
				if w.survives(newKiller(t, w), after, live, want) {
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
	out, killed := k.run(w.T, w.process(1, "publish", "--not-head"), after)
	last := k.calls[len(k.calls)-1]
	k.alive()
	w.whole("killed after "+last, live...)
	w.env["GITHUB_RUN_ATTEMPT"] = "2"
	code, again := w.try("publish", "--not-head")
	if code != 0 {
		w.Errorf("publish again: exit code %d\n%s", code, again)
	}
	if diff := cmp.Diff(want, w.state()); diff != "" {
		w.Errorf("the state is not that of a publish in one go (-want +got):\n%s", diff)
	}
	if after%10 == 0 {
		if code, third := w.try("publish", "--not-head"); code != 0 || !strings.Contains(third, "0 changes") {
			w.Errorf("a third publish: exit code %d\n%s", code, third)
		}
	}
	if w.Failed() {
		w.Logf("killed after %s; the first run printed\n%s\nthe second\n%s", last, out, again)
	}
	return killed
}
