package history

import (
	"errors"
	"fmt"
	"testing"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/internal/teststack"
)

// TestWalkServer: whatever people do with a flag on a real server, the log leads
// back to what the flag was after each step, and forth to what it is.
func TestWalkServer(t *testing.T) {
	s := teststack.Unleash(t)
	client, err := unleashadmin.New(unleashadmin.Options{URL: s.URL, Environment: "production", Token: s.AdminToken})
	if err != nil {
		t.Fatal(err)
	}
	flag := teststack.Prefix(t) + "x"
	features := "/api/admin/projects/default/features"
	strategies := features + "/" + flag + "/environments/production/strategies"
	ui := func(method, path string, body any) []byte {
		t.Helper()
		return s.Admin(t, method, path, body)
	}
	add := func(title string, order, percent int) string {
		x := flags.Build(flags.Candidate, flag, flags.ID(flag, "production", "abc", "1"), "p@sha256:"+fmt.Sprintf("%064d", percent), "v", "", percent, "userId")
		x.Title, x.SortOrder = title, order
		id, err := client.Add(t.Context(), flag, x)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	patch := func(id string, ops ...map[string]any) { ui("PATCH", strategies+"/"+id, ops) }
	set := func(path string, value any) map[string]any {
		return map[string]any{"op": "replace", "path": path, "value": value}
	}
	var a, b, c, d string
	var seen []string // what was served after each step
	steps := []func(){
		func() { ui("POST", features, map[string]any{"name": flag, "type": "kill-switch"}) },
		func() { a = add("a", 1000, 100) },
		func() { b = add("b", 900, 5) },
		func() { ui("POST", features+"/"+flag+"/environments/production/on", nil) },
		func() { patch(b, set("/parameters/rollout", "30")) },
		func() { c = add("c", 950, 50) },
		func() { // dragged to the front
			ui("POST", strategies+"/set-sort-order", []map[string]any{{"id": c, "sortOrder": 1}, {"id": b, "sortOrder": 2}, {"id": a, "sortOrder": 3}})
		},
		func() {
			patch(c, set("/constraints", []any{map[string]any{"contextName": "tenantId", "operator": "IN", "values": []string{"x"}}}))
		},
		func() { // as the dialog saves: without variants they are gone
			ui("PUT", strategies+"/"+b, map[string]any{"name": "flexibleRollout", "title": "b", "constraints": []any{}, "segments": []int{},
				"parameters": map[string]string{"rollout": "31", "stickiness": "userId", "groupId": flag}})
		},
		func() { patch(b, set("/disabled", true)) },
		func() { ui("DELETE", strategies+"/"+c, nil) },
		func() { d = add("d", 2, 70) },
		func() {
			ui("POST", strategies+"/set-sort-order", []map[string]any{{"id": a, "sortOrder": 5}, {"id": d, "sortOrder": 6}})
		},
		func() { ui("POST", features+"/"+flag+"/environments/production/off", nil) },
		func() { ui("POST", features+"/"+flag+"/environments/production/on", nil) },
		func() { patch(a, set("/disabled", true)) },
		func() { patch(d, set("/disabled", true)) }, // the last one: the server switches OFF
		func() { patch(a, set("/disabled", false)) },
		func() { ui("POST", features+"/"+flag+"/environments/production/on", nil) },
		func() { ui("DELETE", features+"/"+flag, nil) },
		func() { ui("POST", "/api/admin/projects/default/revive", map[string]any{"features": []string{flag}}) },
		func() { patch(a, set("/parameters/rollout", "99")) },
	}
	now := func() *Snapshot {
		f, err := client.Read(t.Context(), flag)
		if errors.Is(err, flags.ErrArchived) {
			return &Snapshot{Archived: true}
		}
		if err != nil {
			t.Fatal(err)
		}
		return &Snapshot{Exists: true, Flag: f}
	}
	ends := []int64{} // id of the last event of each step
	for _, do := range steps {
		do()
		seen = append(seen, now().served())
		log, err := client.Events(t.Context(), flag)
		if err != nil || len(log.Events) == 0 {
			t.Fatalf("%d events, %v", len(log.Events), err)
		}
		ends = append(ends, log.Events[len(log.Events)-1].ID)
	}
	log, err := client.Events(t.Context(), flag)
	if err != nil {
		t.Fatal(err)
	}
	for _, present := range []*Snapshot{now(), nil} {
		unknown := 0
		walked := Walk(log, flag, "production", present)
		byID := map[int64]Step{}
		for _, s := range walked {
			byID[s.ID] = s
			if !s.Known {
				unknown++
			}
			if s.Fault != "" || !s.Known && present != nil {
				t.Errorf("event %d (%s): known %v, fault %q", s.ID, s.Type, s.Known, s.Fault)
			}
		}
		for i, id := range ends {
			// Without the present some orders cannot be told; they are never wrong.
			if got := byID[id].After.served(); got != seen[i] && byID[id].Known {
				t.Errorf("step %d, with the present %v: the walk says\n%sthe server said\n%s", i, present != nil, got, seen[i])
			}
		}
		if unknown > 2 {
			t.Errorf("with the present %v: %d of %d steps are not known, want at most 2", present != nil, unknown, len(walked))
		}
	}
}
