package llm

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// Price is what a model costs, in USD per 1,000,000 tokens. In TOML:
//
//	[prices."gpt-4o-mini"]
//	input = 0.15
//	cached = 0.075
//	output = 0.6
//	date = "2026-11-20"
//	aliases = ["gpt-4o-mini-2024-07-18"]
//
// A member that is nil is not known. A price of 0 is one that somebody wrote.
type Price struct {
	Input  *float64 `toml:"input" json:"input,omitempty"`
	Output *float64 `toml:"output" json:"output,omitempty"` // embeddings have none
	// Cached is the price of input that the endpoint had in a cache; nil: that of Input.
	Cached *float64 `toml:"cached" json:"cached,omitempty"`
	// UpTo is the number of input tokens of a request beyond which the price is
	// another one, which is not known then; 0: there is no such number.
	UpTo int    `toml:"up_to" json:"upTo,omitempty"`
	Date string `toml:"date" json:"date,omitempty"` // when it was looked up
	// Aliases are further names of the model, dated ones too: no name costs what
	// another one does unless it is written here.
	Aliases []string `toml:"aliases" json:"aliases,omitempty"`
}

// Prices are those of models by their names.
type Prices struct {
	byName map[string]Price // aliases too
}

// NewPrices puts the user's prices over the default ones of PricesDate. The error
// has everything that is wrong with them.
func NewPrices(user map[string]Price) (*Prices, error) {
	p := &Prices{byName: map[string]Price{}}
	for model, price := range defaultPrices() {
		p.byName[model] = price
		for _, alias := range price.Aliases {
			p.byName[alias] = price
		}
	}
	var wrong []error
	owner := map[string]string{} // name -> the user's entry
	for _, model := range slices.Sorted(maps.Keys(user)) {
		price := user[model]
		if err := price.check(); err != nil {
			wrong = append(wrong, fmt.Errorf("prices.%q: %w", model, err))
			continue
		}
		for _, name := range append([]string{model}, price.Aliases...) {
			if other, twice := owner[name]; twice && other != model {
				wrong = append(wrong, fmt.Errorf("prices.%q: %q has a price by prices.%q already", model, name, other))
			}
			owner[name] = model
			p.byName[name] = price
		}
	}
	return p, errors.Join(wrong...)
}

func (p Price) check() error {
	var wrong []error
	if p.Input == nil {
		wrong = append(wrong, errors.New("input is missing: write 0 when it costs nothing"))
	}
	for _, v := range []struct {
		name  string
		value *float64
	}{{"input", p.Input}, {"output", p.Output}, {"cached", p.Cached}} {
		if v.value != nil && (*v.value < 0 || math.IsNaN(*v.value) || math.IsInf(*v.value, 0)) {
			wrong = append(wrong, fmt.Errorf("%s: want USD per 1,000,000 tokens, not below 0", v.name))
		}
	}
	if p.UpTo < 0 {
		wrong = append(wrong, errors.New("up_to: want a number of tokens"))
	}
	return errors.Join(wrong...)
}

// Lookup is the price of a model, and false when there is none.
func (p *Prices) Lookup(model string) (Price, bool) {
	price, ok := p.byName[model]
	return price, ok
}

// Cost is what an answer cost, in USD. It is not known, which is not 0, for a
// model without a price and for an answer whose tokens are not known.
// What writing to a cache costs above the price of input is not in it.
func (p *Prices) Cost(model string, u chat.Usage) (usd float64, known bool) {
	price, ok := p.Lookup(model)
	if !ok || !u.Known || price.Input == nil || price.UpTo > 0 && u.Input > price.UpTo {
		return 0, false
	}
	cached := price.Cached
	if cached == nil {
		cached = price.Input
	}
	usd = float64(u.Input-u.Cached)**price.Input + float64(u.Cached)**cached
	if u.Output > 0 {
		if price.Output == nil {
			return 0, false
		}
		usd += float64(u.Output) * *price.Output
	}
	return usd / 1e6, true
}
