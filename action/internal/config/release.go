package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What publish does with a new version in an environment, see
// Environment.Publish.
const (
	PublishMerge  = "merge"  // each merge publishes
	PublishManual = "manual" // only promote brings a version there
)

// Manual reports whether only people bring versions there.
func (e Environment) Manual() bool { return e.Publish == PublishManual }

// protection reads who has to agree, and when nothing goes out: of the whole
// file, or of an environment, whose keys count before those of the file. The
// windows of both count.
func (r *reader) protection(t map[string]any, at []string, e *Environment) {
	if n, ok := r.whole(t, at, "require_approvals", 0, 20); ok {
		e.RequireApprovals = n
	}
	if v, ok := t["require_codeowner"]; ok {
		if e.RequireCodeowner, ok = v.(bool); !ok {
			r.add(append(slices.Clone(at), "require_codeowner"), "require_codeowner must be true or false", "")
		}
	}
	e.Freeze = append(slices.Clip(e.Freeze), r.freezes(t, at)...)
}

// publishing reads how versions come to an environment.
func (r *reader) publishing(t map[string]any, at []string) string {
	v := r.text(t, at, "publish", PublishMerge)
	if v != PublishMerge && v != PublishManual {
		r.add(append(slices.Clone(at), "publish"), fmt.Sprintf("publish is %q", v), `"merge" or "manual"`)
	}
	return v
}

// somewhereToPromoteFrom: where nothing is published by a merge, nothing can be
// promoted either.
func (r *reader) somewhereToPromoteFrom(environments []Environment) {
	manual := func(e Environment) bool { return e.Manual() }
	if len(environments) > 0 && !slices.ContainsFunc(environments, func(e Environment) bool { return !e.Manual() }) {
		i := slices.IndexFunc(environments, manual)
		r.add([]string{"environments", environments[i].Name, "publish"}, "every environment is manual: there is none to promote from",
			`add one with publish = "merge", for example [environments.development]`)
	}
}

// Retention is [retention]: what gc leaves in the bucket although no flag needs
// it.
type Retention struct {
	// KeepDays: versions that had traffic in the last days. Default 90.
	KeepDays int
	// KeepVersions: the newest versions of each prompt. Default 20.
	KeepVersions int
}

func (r *reader) retention(t map[string]any) Retention {
	at := []string{"retention"}
	r.known(t, at, "keep_days", "keep_versions")
	out := Retention{KeepDays: 90, KeepVersions: 20}
	if n, ok := r.whole(t, at, "keep_days", 1, 36500); ok {
		out.KeepDays = n
	}
	if n, ok := r.whole(t, at, "keep_versions", 1, 1_000_000); ok {
		out.KeepVersions = n
	}
	return out
}

// whole reads a whole number between two others; ok is false where the file says
// nothing, or nothing that counts.
func (r *reader) whole(t map[string]any, at []string, key string, low, high int) (n int, ok bool) {
	v, ok := t[key]
	if !ok {
		return 0, false
	}
	i, ok := v.(int64)
	if !ok || i < int64(low) || i > int64(high) {
		r.add(append(slices.Clone(at), key), fmt.Sprintf("%s is %v", key, v), fmt.Sprintf("a whole number from %d to %d", low, high))
		return 0, false
	}
	return int(i), true
}

// tables reads an array of tables; at is the way to it. What is no table is a
// finding, and nil in its place.
func (r *reader) tables(t map[string]any, at []string, message, key string) []map[string]any {
	name := at[len(at)-1]
	v, ok := t[name]
	if !ok {
		return nil
	}
	write := fmt.Sprintf("write [[%s]] with %s", strings.Join(at, "."), key)
	list, ok := v.([]any)
	if !ok {
		r.add(at, name+" must be an array of tables", write)
		return nil
	}
	var out []map[string]any
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			r.add(append(slices.Clone(at), strconv.Itoa(i)), message, write)
		}
		out = append(out, m)
	}
	return out
}
