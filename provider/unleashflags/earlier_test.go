package unleashflags

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/provider"
)

// A flag whose text is as before is not compiled again.
func TestEarlier(t *testing.T) {
	s := &Source{log: slog.New(slog.DiscardHandler), opt: Options{Engine: v4{}, AppName: "test"}}
	e := &engine{src: s}
	if err := e.open(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.sdk.Close(); e.says.stop() }()
	const body = `{"segments":[{"id":1,"constraints":[]}],"features":[
		{"name":"a","enabled":true,"strategies":[{"name":"default","segments":[1]}]},
		{"name":"b","enabled":true,"strategies":[{"name":"default"}]},
		{"name":"child","enabled":true,"dependencies":[{"feature":"b"}],"strategies":[{"name":"default"}]}]}`
	decode := func(body string) map[string]*provider.Flag {
		raw, err := readFeed([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]*provider.Flag{}
		for _, f := range e.compileAll(raw, "production") {
			out[f.Name] = f
		}
		return out
	}
	before := decode(body)
	for _, tt := range []struct{ name, old, new, again string }{
		{"nothing changed", "", "", "a b"},
		{"one flag changed", `"b","enabled":true`, `"b","enabled":false`, "a"},
		{"it is back, and was forgotten", "", "", "a"},
		{"a segment changed", `"constraints":[]`, `"constraints":[{"operator":"IN","contextName":"x","values":["y"]}]`, ""},
	} {
		after := decode(strings.Replace(body, tt.old, tt.new, 1))
		var again []string
		for _, name := range []string{"a", "b", "child"} {
			if after[name] == before[name] {
				again = append(again, name)
			}
		}
		if got := strings.Join(again, " "); got != tt.again {
			t.Errorf("%s: %q are the same, want %q", tt.name, got, tt.again)
		}
		if len(after) != 3 {
			t.Errorf("%s: %d flags", tt.name, len(after))
		}
		before = after
	}
}
