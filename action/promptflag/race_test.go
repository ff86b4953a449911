//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// TestPublishRace runs twenty publish processes of two trees at the same time
// while somebody dials a candidate by hand. The end is that of one tree after the
// other, and no dial was touched: a version keeps the percentage it has, and a
// different one starts at the configured percentage. Which tree comes last decides
// what is tried, and which came first what a new prompt begins with.
func TestPublishRace(t *testing.T) {
	const processes, dialled = 20, 47
	names := []string{"p", "q", "n"}
	one, two := []string{"p=v3", "q=v2", "n=v1"}, []string{"p=v2", "q=v3", "n=v2"}
	start := newWorld(t, names...)
	start.program = build(t)
	start.tree("p=v1", "q=v1")
	start.publish()
	start.tree("p=v2")
	start.publish()

	serial := map[string]state{}
	for name, order := range map[string][][]string{
		"the first tree last":         {two, one},
		"the second tree last":        {one, two},
		"the first tree first, last":  {one, two, one},
		"the second tree first, last": {two, one, two},
	} {
		w := newWorld(t, names...)
		w.clone(start)
		w.runs = 10
		for _, tree := range order {
			w.tree(tree...)
			w.publish()
		}
		serial[name] = w.state().undialled()
	}

	trees := []*world{start.twin(one...), start.twin(two...)}
	var running []*exec.Cmd
	var printed [processes]bytes.Buffer
	for i := range processes {
		w := trees[i%2]
		w.env["GITHUB_RUN_ID"] = strconv.Itoa(100 + i)
		cmd := w.process(1, "publish", "--not-head")
		cmd.Stdout, cmd.Stderr = &printed[i], &printed[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	by := start.dial("p", dialled)
	for i, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", i, err, printed[i].String())
		}
	}

	got := start.state()
	start.whole("after the race", names...)
	found := ""
	for name, want := range serial {
		if cmp.Equal(want, got.undialled()) {
			found = name
		}
	}
	t.Logf("%d processes: %s", processes, found)
	if found == "" {
		t.Errorf("the end is none of\n%v\nbut\n%v", serial, got)
	}
	writes := start.dials(by, dialled)
	t.Logf("%d writes to candidates, one of them by hand", writes)
}

// dial sets the percentage of whatever candidate there is, as somebody in the UI
// does; it returns the strategy's id.
func (w *world) dial(name string, percent int) string {
	w.Helper()
	id := ""
	w.eventually("the dial", func() bool {
		f := w.flag(name)
		c := flags.Recognise(*f, name, "production").Candidate
		if c == nil {
			return false
		}
		id = c.ID
		return w.admin().Patch(w.Context(), w.prefix+name, id, flags.Patch{Rollout: &percent}) == nil
	})
	return id
}

// undialled is a state without the percentage of a dial by hand.
func (s state) undialled() state {
	out := state{map[string][]string{}, s.Blobs, s.Done}
	for name, lines := range s.Flags {
		for _, line := range lines {
			out.Flags[name] = append(out.Flags[name], strings.ReplaceAll(line, "rollout:47", "rollout:10"))
		}
	}
	return out
}

// dials reads in the server's log what happened to strategies: every candidate
// began at 10 %, and none was changed but the one that was dialled.
func (w *world) dials(by string, percent int) (writes int) {
	w.Helper()
	for _, name := range w.names {
		answer := w.unleash.Admin(w.T, http.MethodGet, "/api/admin/search/events?limit=1000&feature="+url.QueryEscape("IS:"+w.prefix+name), nil)
		type strategy struct {
			ID         string            `json:"id"`
			Parameters map[string]string `json:"parameters"`
		}
		var doc struct {
			Events []struct {
				Type    string   `json:"type"`
				Data    strategy `json:"data"`
				PreData strategy `json:"preData"`
			} `json:"events"`
		}
		if err := json.Unmarshal(answer, &doc); err != nil || len(doc.Events) == 0 {
			w.Fatalf("events of %s: %d, %v", name, len(doc.Events), err)
		}
		for _, e := range doc.Events {
			if e.Data.Parameters["promptflag"] != "candidate" {
				continue
			}
			switch rollout := e.Data.Parameters["rollout"]; e.Type {
			case "feature-strategy-add":
				writes++
				if rollout != "10" {
					w.Errorf("%s: a candidate began at %s %%", name, rollout)
				}
			case "feature-strategy-update":
				writes++
				if rollout != fmt.Sprint(percent) || name != "p" || e.Data.ID != by {
					w.Errorf("%s: strategy %s was changed from %s %% to %s %%", name, e.Data.ID, e.PreData.Parameters["rollout"], rollout)
				}
			}
		}
	}
	return writes
}
