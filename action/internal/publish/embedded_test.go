package publish

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// embedded is the site of the embedded flags documents.
type embedded struct{ dir string }

func (e embedded) flags(t *testing.T, environment string) plan.Flags {
	f, err := flagsfile.New(e.dir, environment, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// edit changes the features of one document the way a text editor would.
func (e embedded) edit(t *testing.T, environment string, change func(features []any) []any) {
	t.Helper()
	path := filepath.Join(e.dir, environment+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	doc["features"] = change(doc["features"].([]any))
	if data, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (e embedded) archive(t *testing.T, flag string) {
	for _, env := range []string{"development", "production"} {
		e.edit(t, env, func(features []any) []any {
			for _, f := range features {
				if f := f.(map[string]any); f["name"] == flag {
					f["archived"] = true
				}
			}
			return features
		})
	}
}

func (e embedded) clone(t *testing.T, flag, to string) {
	for _, env := range []string{"development", "production"} {
		e.edit(t, env, func(features []any) []any {
			for _, f := range features {
				if f := f.(map[string]any); f["name"] == flag {
					return append(features, renamed(t, f, to))
				}
			}
			return features
		})
	}
}

// renamed copies a feature; the strategies get ids of their own.
func renamed(t *testing.T, feature map[string]any, to string) map[string]any {
	data, err := json.Marshal(feature)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	c["name"] = to
	for _, s := range c["strategies"].([]any) {
		s := s.(map[string]any)
		s["id"] = "7" + s["id"].(string)[1:]
	}
	return c
}
