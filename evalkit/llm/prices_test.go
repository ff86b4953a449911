package llm

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// TestDefaultPrices compares with what @pydantic/genai-prices 0.1.8 (npm, MIT)
// says of the same tokens: testdata/genai-prices.json is its answer for each
// name, to 1,000 tokens of input, 400 of them cached, and 500 of output, or to 1,000 of
// input for embeddings.
func TestDefaultPrices(t *testing.T) {
	b, err := os.ReadFile("testdata/genai-prices.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct{ USD float64 }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	p, err := NewPrices(nil)
	if err != nil {
		t.Fatal(err)
	}
	for model, price := range p.byName {
		u := chat.Usage{Known: true, Input: 1000, Cached: 400, Output: 500}
		if price.Output == nil {
			u = chat.Usage{Known: true, Input: 1000}
		}
		got, known := p.Cost(model, u)
		want, ok := golden[model]
		if !known || !ok || math.Abs(got-want.USD) > 1e-12 {
			t.Errorf("%s costs %.9f (known %v), want %.9f (golden %v)", model, got, known, want.USD, ok)
		}
		if price.Date != PricesDate {
			t.Errorf("%s has the date %q", model, price.Date)
		}
	}
	if len(p.byName) != len(golden) {
		t.Errorf("%d names, %d golden ones", len(p.byName), len(golden))
	}
}

func TestCost(t *testing.T) {
	var file struct{ Prices map[string]Price }
	if _, err := toml.Decode(`
[prices."local"]
input = 0.0
output = 0.0
date = "2026-11-20"
[prices."mine"]
input = 2.0
output = 4.0
cached = 1.0
aliases = ["mine-2026-01-01"]
[prices."half"]
input = 3.0
[prices."gpt-4o"]
input = 1.0
output = 1.0
`, &file); err != nil {
		t.Fatal(err)
	}
	p, err := NewPrices(file.Prices)
	if err != nil {
		t.Fatal(err)
	}
	u := chat.Usage{Known: true, Input: 1_000_000, Cached: 500_000, Output: 1_000_000}
	for _, tt := range []struct {
		model string
		u     chat.Usage
		usd   float64
		known bool
	}{
		{"local", u, 0, true},
		{"mine", u, 5.5, true},
		{"mine-2026-01-01", u, 5.5, true},
		{"mine-2026-01-02", u, 0, false}, // nobody said that it costs the same
		{"half", u, 0, false},            // its output has no price
		{"half", chat.Usage{Known: true, Input: 1_000_000}, 3, true},
		{"gpt-4o", u, 2, true},                 // the user's, without a price of cached input
		{"gpt-4o-2024-08-06", u, 11.875, true}, // not the user's
		{"gpt-4o-2099-01-01", u, 0, false},
		{"openai/gpt-4o", u, 0, false},
		{"unheard-of", u, 0, false},
		{"", u, 0, false},
		{"mine", chat.Usage{}, 0, false},
		{"claude-sonnet-4-5", chat.Usage{Known: true, Input: 200_000}, 0.6, true},
		{"claude-sonnet-4-5", chat.Usage{Known: true, Input: 200_001}, 0, false},
	} {
		usd, known := p.Cost(tt.model, tt.u)
		if math.Abs(usd-tt.usd) > 1e-9 || known != tt.known {
			t.Errorf("Cost(%s, %+v) = %g, %v; want %g, %v", tt.model, tt.u, usd, known, tt.usd, tt.known)
		}
	}
}

func TestBadPrices(t *testing.T) {
	minus, nan, one := -1.0, math.NaN(), 1.0
	_, err := NewPrices(map[string]Price{
		"a": {},
		"b": {Input: &minus, Output: &nan, UpTo: -1},
		"c": {Input: &one, Aliases: []string{"x"}},
		"d": {Input: &one, Aliases: []string{"x"}},
	})
	for _, want := range []string{`prices."a": input is missing`, `prices."b": input: want`, "output: want", "up_to", `"x" has a price by prices."c" already`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
