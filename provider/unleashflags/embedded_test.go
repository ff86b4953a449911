package unleashflags

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProject(t *testing.T) {
	doc, err := os.ReadFile("testdata/embedded/production.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/embedded/production.feed.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := project(doc, "production", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decodeJSON(t, want), decodeJSON(t, got)); diff != "" {
		t.Errorf("feed (-want +got)\n%s", diff)
	}
	if _, err := readFeed(got); err != nil {
		t.Error(err)
	}
}

func decodeJSON(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestProjectOrderAndProject(t *testing.T) {
	const doc = `{"promptflagFlags":1,"environment":"e","revision":1,"features":[
		{"name":"a","project":"p","enabled":true,"strategies":[
			{"id":"3","name":"default","sortOrder":2,"parameters":{"n":"third"}},
			{"id":"2","name":"default","sortOrder":1,"parameters":{"n":"second"}},
			{"id":"1","name":"default","sortOrder":1,"parameters":{"n":"first"}},
			{"id":"0","name":"default","sortOrder":0,"disabled":true}]},
		{"name":"b","project":"q","enabled":true,"strategies":[]}]}`
	body, err := project([]byte(doc), "e", "p")
	if err != nil {
		t.Fatal(err)
	}
	f := normalised(t, string(body))
	if len(f) != 1 || f[0].Name != "a" {
		t.Fatalf("features = %v", f)
	}
	var order []string
	for _, s := range f[0].Strategies {
		order = append(order, s.text("n"))
	}
	if got := strings.Join(order, " "); got != "first second third" {
		t.Errorf("order = %s", got)
	}
}

func TestProjectRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		`{"promptflagFlags":2,"environment":"e"}`: "this version reads 1",
		`{"promptflagFlags":1,"environment":"f"}`: `about environment "f"`,
		`{"features":[]}`:                         "promptflagFlags is 0",
		`{`:                                       "unexpected end",
	} {
		if _, err := project([]byte(doc), "e", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("project(%s) = %v, want %q", doc, err, want)
		}
	}
}

func TestMark(t *testing.T) {
	for _, payload := range []string{"", "support.triage@sha256:00", "a#1.2", "#"} {
		if v, i, j := unmark(mark(payload, 3, 12)); v != payload || i != 3 || j != 12 {
			t.Errorf("unmark(mark(%q)) = %q, %d, %d", payload, v, i, j)
		}
	}
	for _, payload := range []string{"", "x", "x#", "x#1", "x#a.b"} {
		if v, i, j := unmark(payload); v != payload || i != -1 || j != -1 {
			t.Errorf("unmark(%q) = %q, %d, %d", payload, v, i, j)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value any
		want  float64
	}{
		{"flexibleRollout", "5", 5}, {"flexibleRollout", 5.0, 5}, {"flexibleRollout", "150", 100}, {"flexibleRollout", "-1", 0},
		{"flexibleRollout", "abc", 0}, {"flexibleRollout", "NaN", 0}, {"flexibleRollout", nil, 0}, {"default", nil, 100}, {"userWithId", nil, 100},
	} {
		s := wireStrategy{Name: tt.name, Parameters: map[string]any{"rollout": tt.value}}
		if got := s.percent(); got != tt.want {
			t.Errorf("percent of %s %v = %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}
