package compare

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// artifact is a prompt written as TOML in short: what is not written is filled
// in, and in, out and args are the schemas of a variable, the output and a tool.
func artifact(t *testing.T, src string) map[string]any {
	t.Helper()
	m := map[string]any{}
	if _, err := toml.Decode(src, &m); err != nil {
		t.Fatalf("%s\n%v", src, err)
	}
	schema := func(name string) any {
		var v any
		if err := json.Unmarshal([]byte(m[name].(string)), &v); err != nil {
			t.Fatalf("%s: %v", m[name], err)
		}
		delete(m, name)
		return v
	}
	if m["in"] != nil {
		s := schema("in")
		kind := "object"
		if s.(map[string]any)["type"] == "array" {
			kind = "array"
		}
		m["variables"] = map[string]any{"v": map[string]any{"type": kind, "schema": s}}
	}
	if m["out"] != nil {
		m["output"] = map[string]any{"format": "json", "schema": schema("out")}
	}
	if m["args"] != nil {
		m["tools"] = []any{map[string]any{"name": "search", "parameters": schema("args")}}
	}
	base := map[string]any{"promptflag": 1, "name": "support.triage", "model": "gpt-4o-mini", "messages": []any{map[string]any{"role": "user", "content": "hi"}}}
	for k, v := range base {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func worst(effects []Effect) string {
	out := "nothing"
	for _, e := range effects {
		switch {
		case e.Verdict == Breaking, e.Verdict == Unknown && out != "breaking", out == "nothing":
			out = string(e.Verdict)
		}
	}
	return out
}

// TestContract is the matrix of old and new versions.
func TestContract(t *testing.T) {
	files, err := filepath.Glob("testdata/contract/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	rows := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range archive.Files {
			rows++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+f.Name, func(t *testing.T) {
				archive.Files[i].Data = row(t, f)
			})
		}
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d rows, want at least 60", rows)
	}
}

// row checks one case and returns it with what is said.
func row(t *testing.T, f txtar.File) []byte {
	verdict, _, _ := strings.Cut(f.Name, ":")
	parts := strings.SplitN(string(f.Data), "====\n", 3)
	if len(parts) != 3 {
		t.Fatalf("%d parts, want 3", len(parts))
	}
	old, new := artifact(t, parts[0]), artifact(t, parts[1])
	effects := contract(old, new)
	if got := worst(effects); got != verdict {
		t.Errorf("verdict = %s, want %s", got, verdict)
	}
	var b strings.Builder
	for _, e := range effects {
		fmt.Fprintf(&b, "%s %s: %s\n", e.Verdict, e.Path, e.Message)
		if e.Breaks() != (e.Hint != "") {
			t.Errorf("%s has hint %q", e.Path, e.Hint)
		}
		if e.Verdict == Unknown && !strings.Contains(e.Message, "cannot be told") {
			t.Errorf("%q does not say that it cannot be told", e.Message)
		}
	}
	if os.Getenv("UPDATE") != "1" {
		if diff := cmp.Diff(parts[2], b.String()+"\n"); diff != "" && parts[2] != b.String() {
			t.Errorf("effects (-want +got):\n%s", diff)
		}
	}
	for _, same := range []map[string]any{old, new} {
		if got := contract(same, same); len(got) > 0 {
			t.Errorf("a version against itself: %v", got)
		}
	}
	return []byte(parts[0] + "====\n" + parts[1] + "====\n" + b.String() + "\n")
}
