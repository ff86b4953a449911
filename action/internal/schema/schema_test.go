package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/promptflag/promptflag/action/example"
)

// compiled is a schema as an editor has it: after a walk through its bytes.
func compiled(t testing.TB, n Node) *jsonschema.Schema {
	t.Helper()
	data, err := JSON(n)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///schema", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a TOML file as JSON sees it, as Taplo makes it.
func instance(src []byte) (any, error) {
	var m map[string]any
	if _, err := toml.Decode(strings.ReplaceAll(string(src), "\r\n", "\n"), &m); err != nil {
		return nil, err
	}
	return plain(m), nil
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, e := range v {
			out[key] = plain(e)
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case int64:
		return json.Number(fmt.Sprint(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case time.Time:
		return v.String()
	}
	return v
}

func TestGolden(t *testing.T) {
	for name, n := range map[string]Node{"prompt": Prompt(), "eval": Suite(), "config": Config()} {
		got, err := JSON(n)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".golden.json")
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestComplete: every key is explained, and nothing is written that editors
// read badly.
func TestComplete(t *testing.T) {
	for name, n := range map[string]Node{"prompt": Prompt(), "eval": Suite(), "config": Config()} {
		if n["$schema"] != draft || compiled(t, n).DraftVersion != 7 {
			t.Errorf("%s is not of draft-07", name)
		}
		walk(n, name, func(at string, n Node) {
			for _, keyword := range []string{"$ref", "allOf", "anyOf", "$defs", "definitions", "unevaluatedProperties"} {
				if _, ok := n[keyword]; ok {
					t.Errorf("%s: %s", at, keyword)
				}
			}
			_, isTable := n["properties"]
			if _, closed := n["additionalProperties"]; isTable && n["type"] == "object" && !closed {
				t.Errorf("%s takes any key", at)
			}
			for _, part := range []string{"properties", "patternProperties"} {
				properties, _ := n[part].(Node)
				for key, v := range properties {
					property, _ := v.(Node)
					if doc, _ := property["description"].(string); n["type"] == "object" && (len(doc) < 4 || !strings.ContainsAny(doc[len(doc)-1:], ".…,")) {
						t.Errorf("%s.%s: description %q", at, key, doc)
					}
				}
			}
		})
	}
}

func walk(v any, at string, visit func(string, Node)) {
	switch v := v.(type) {
	case Node:
		visit(at, v)
		for key, e := range v {
			walk(e, at+"."+key, visit)
		}
	case []any:
		for i, e := range v {
			walk(e, fmt.Sprintf("%s[%d]", at, i), visit)
		}
	}
}

// definitionsBelow calls f with every definition of a folder of txtar and TOML files.
func definitionsBelow(t *testing.T, glob string, f func(name string, src, want []byte)) {
	t.Helper()
	files, err := filepath.Glob(filepath.FromSlash(glob))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", glob, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".want")
		if filepath.Ext(file) == ".toml" {
			f(filepath.Base(file), data, want)
			continue
		}
		for _, part := range txtar.Parse(data).Files {
			if strings.HasSuffix(part.Name, ".toml") {
				f(filepath.Base(file)+"/"+part.Name, part.Data, want)
			}
		}
	}
}

func TestAcceptsWhatIsGood(t *testing.T) {
	s := compiled(t, Prompt())
	accept := func(s *jsonschema.Schema, name string, src []byte) {
		t.Helper()
		v, err := instance(src)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	n := 0
	definitionsBelow(t, "../../../prompts/testdata/golden/*.toml", func(name string, src, _ []byte) {
		accept(s, name, src)
		n++
	})
	definitionsBelow(t, "../../../prompts/testdata/trees/*.txtar", func(name string, src, want []byte) {
		if _, file, _ := strings.Cut(name, "/"); !bytes.Contains(want, []byte("\n"+file+":")) && !bytes.HasPrefix(want, []byte(file+":")) {
			accept(s, name, src)
			n++
		}
	})
	err := fs.WalkDir(example.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".toml") {
			return err
		}
		src, err := fs.ReadFile(example.FS(), name)
		switch {
		case name == "promptflag.toml":
			accept(compiled(t, Config()), name, src)
		case strings.HasSuffix(name, ".eval.toml"):
			accept(compiled(t, Suite()), name, src)
		default:
			accept(s, name, src)
		}
		n++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", n)
}
