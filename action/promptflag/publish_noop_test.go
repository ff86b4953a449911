package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPublishNothing: where nothing is to be done, plan and publish ask one
// question for all prompts of an environment, and nothing else: no write, no
// listing, no lease.
func TestPublishNothing(t *testing.T) {
	var names, versions []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("p%02d", i))
		versions = append(versions, names[i]+"=v1")
	}
	w := newWorld(t, names...)
	w.tree(versions...)
	w.publish()
	w.tree("p00=v2", "p01=v2")
	w.publish() // some have a candidate
	k := newKiller(t, w)
	for _, args := range [][]string{{"plan"}, {"publish", "--not-head"}} {
		out, _ := k.run(t, w.process(1, args...), 0)
		if diff := cmp.Diff([]string{"POST /api/admin/features-batch/export"}, k.calls); diff != "" || !strings.Contains(out, "0 changes") {
			t.Errorf("promptflag %v: calls (-want +got):\n%s\n%s", args, diff, out)
		}
	}
	// A repeated run also looks whether the attempt before was killed: that takes
	// a listing of one page.
	k.run(t, w.process(2, "publish", "--not-head"), 0)
	for i, c := range k.calls {
		if i > 2 || i > 0 && !strings.HasPrefix(c, "GET ") {
			t.Errorf("second attempt: call %d is %s, want at most two reads of the lease", i, c)
		}
	}
}
