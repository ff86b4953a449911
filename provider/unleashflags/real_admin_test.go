package unleashflags_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/promptflag/promptflag/prompts"
)

// made returns an artifact of a prompt that a test makes up.
func made(t testing.TB, name, text string) ([]byte, prompts.Ref) {
	t.Helper()
	b, err := json.Marshal(object{"promptflag": 1, "name": name, "messages": []any{object{"role": "user", "content": text}}})
	if err != nil {
		t.Fatal(err)
	}
	return b, prompts.Ref{Name: name, Digest: prompts.DigestOf(b)}
}

// putter is the writing side of a bucket.
type putter interface {
	Put(ctx context.Context, data []byte) (digest string, created bool, err error)
}

// publish puts a version into the bucket, as an action would before a flag names it.
func publish(t testing.TB, b putter, name, text string) prompts.Ref {
	t.Helper()
	data, ref := made(t, name, text)
	if _, _, err := b.Put(context.Background(), data); err != nil {
		t.Fatal(err)
	}
	return ref
}

// ours is a strategy as the writer of flags makes it: candidates are dialled by
// user, everything else is for all whom its constraints and segments let through.
func ours(role string, order, percent int, ref prompts.Ref) object {
	sticky := "default"
	if role == "candidate" {
		sticky = "userId"
	}
	parameters := object{"rollout": fmt.Sprint(percent), "stickiness": sticky, "groupId": ref.Name}
	if role != "" {
		parameters["promptflag"] = role
	}
	return object{
		"name": "flexibleRollout", "title": role, "sortOrder": order, "disabled": false,
		"constraints": []any{}, "segments": []any{}, "parameters": parameters,
		"variants": []any{variantOf(ref.Version(), "string", ref.String())},
	}
}

func variantOf(name, typ, value string) object {
	return object{
		"name": name, "weight": 1000, "weightType": "variable", "stickiness": "default",
		"payload": object{"type": typ, "value": value},
	}
}

// segment makes a segment of tenants, which is removed after the test's flags
// are: make it first.
func (r *realServer) segment(name string, tenants ...string) (id int) {
	r.t.Helper()
	var made struct{ ID int }
	if err := json.Unmarshal(r.call("POST", "/api/admin/segments", r.admin, segmentOf(r.prefix+name, tenants)), &made); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.call("DELETE", fmt.Sprint("/api/admin/segments/", made.ID), r.admin, nil) })
	return made.ID
}

func (r *realServer) setSegment(id int, name string, tenants ...string) {
	r.t.Helper()
	r.call("PUT", fmt.Sprint("/api/admin/segments/", id), r.admin, segmentOf(r.prefix+name, tenants))
}

func segmentOf(name string, tenants []string) object {
	return object{"name": name, "constraints": []any{object{"contextName": "tenantId", "operator": "IN", "values": tenants}}}
}

// flag makes a flag with these strategies, ON in production, and returns their ids.
func (r *realServer) flag(name string, strategies ...object) (ids []string) {
	r.t.Helper()
	r.call("POST", features, r.admin, object{"name": r.prefix + name, "type": "kill-switch"})
	r.t.Cleanup(func() {
		r.call("DELETE", features+"/"+url.PathEscape(r.prefix+name), r.admin, nil)
	})
	for _, s := range strategies {
		ids = append(ids, r.add(name, s))
	}
	r.toggle(name, true)
	return ids
}

func (r *realServer) add(flag string, s object) (id string) {
	r.t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal(r.call("POST", r.strategies(flag), r.admin, s), &made); err != nil {
		r.t.Fatal(err)
	}
	return made.ID
}

func (r *realServer) remove(flag, id string) {
	r.t.Helper()
	r.call("DELETE", r.strategies(flag)+"/"+id, r.admin, nil)
}

// set replaces parts of a strategy in one step; pairs are path and value.
func (r *realServer) set(flag, id string, pairs ...any) {
	r.t.Helper()
	var patch []object
	for i := 0; i < len(pairs); i += 2 {
		patch = append(patch, object{"op": "replace", "path": pairs[i], "value": pairs[i+1]})
	}
	r.call("PATCH", r.strategies(flag)+"/"+id, r.admin, patch)
}

// toggle turns the environment ON or OFF.
func (r *realServer) toggle(flag string, on bool) {
	r.t.Helper()
	r.call("POST", features+"/"+url.PathEscape(r.prefix+flag)+"/environments/production/"+map[bool]string{true: "on", false: "off"}[on], r.admin, nil)
}
