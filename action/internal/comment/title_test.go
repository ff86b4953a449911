package comment

import (
	"strings"
	"testing"
)

// TestNothingToMeasure: what has no text to measure is not called unmeasured, and
// nothing of it is published.
func TestNothingToMeasure(t *testing.T) {
	gone := Prompt{Name: "a", Kind: Removed, Known: true}
	about := Prompt{Name: "b", Kind: About, Version: "aaaaaaaaaaaa", Known: true}
	text := Markdown(Input{Prompts: []Prompt{gone, about}, Environments: []string{"production"}}, limit)
	for _, not := range []string{"nobody measured", "is published without one", "with nothing to measure"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in\n%s", not, text)
		}
	}
	if want := "## ⚪ Nothing to measure: no text that users get changes\n"; !strings.HasPrefix(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	text = Markdown(Input{Prompts: []Prompt{about, {Name: "c", Kind: Changed, NotEvaluated: "it has no suite"}}}, limit)
	if !strings.HasPrefix(text, "## ⚪ Not evaluated: nobody measured") || !strings.Contains(text, "is published without one") {
		t.Error(text)
	}
}
