package suite

import "slices"

// defaultConfidence is that of all intervals, unless the suite has another.
const defaultConfidence = 0.95

func share(f float64) bool       { return f >= 0 && f <= 1 }
func positive(f float64) bool    { return f > 0 }
func notNegative(f float64) bool { return f >= 0 }

// readGate reads [gate]; without one, every case has to pass.
func readGate(file table) Gate {
	t, ok := file.table("gate")
	if !ok {
		return Gate{Confidence: defaultConfidence, Default: !file.has("gate")}
	}
	t.known(map[string]string{
		"min":       "write it in [gate.pass_rate], or in the table of a metric or a tag",
		"min_lower": "write it in [gate.pass_rate], or in the table of a metric or a tag",
		"margin":    "write it in [gate.pass_rate], or in the table of a metric or a tag",
	}, "confidence", "pass_rate", "metrics", "tags", "max_regressions", "latency_p95_ms", "cost_per_call", "cost_increase")
	g := Gate{
		Confidence:     defaultConfidence,
		MaxRegressions: t.integer("max_regressions", 0, 1_000_000),
		CostIncrease:   t.number("cost_increase", "0 or more", notNegative),
		Metrics:        t.bounds("metrics"),
		Tags:           t.bounds("tags"),
	}
	if f := t.number("confidence", "0.5 or more, and less than 1", func(f float64) bool { return f >= 0.5 && f < 1 }); f != nil {
		g.Confidence = *f
	}
	if f := t.number("latency_p95_ms", "more than 0", positive); f != nil {
		g.LatencyP95 = *f
	}
	if f := t.number("cost_per_call", "more than 0", positive); f != nil {
		g.CostPerCall = *f
	}
	if rate, ok := t.table("pass_rate"); ok {
		g.PassRate = rate.bound()
	}
	if !slices.ContainsFunc(t.keys(), func(key string) bool { return key != "confidence" && !emptyTable(t.m[key]) }) {
		t.addHere("write what has to hold, for example min = 0.9 in [gate.pass_rate], or leave [gate] out: then every case has to pass",
			"gate decides nothing")
	}
	return g
}

func emptyTable(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

// bounds are the tables of metrics or tags.
func (t table) bounds(key string) map[string]Bound {
	all, ok := t.table(key)
	if !ok {
		return nil
	}
	out := map[string]Bound{}
	for _, name := range all.keys() {
		if one, ok := all.table(name); ok {
			out[name] = one.bound()
		}
	}
	return out
}

func (t table) bound() Bound {
	t.known(nil, "min", "min_lower", "margin")
	if len(t.m) == 0 {
		t.addHere("write min, min_lower or margin", "%s asks for nothing", t.name("")[:len(t.name(""))-1])
	}
	return Bound{
		Min:      t.number("min", "0 to 1", share),
		MinLower: t.number("min_lower", "0 to 1", share),
		Margin:   t.number("margin", "more than 0, and 1 at most", func(f float64) bool { return f > 0 && f <= 1 }),
	}
}

// readBudget reads [budget].
func readBudget(file table) Budget {
	t, ok := file.table("budget")
	if !ok {
		return Budget{}
	}
	t.known(nil, "usd", "minutes")
	var b Budget
	if f := t.number("usd", "more than 0; without it there is no limit", positive); f != nil {
		b.USD = *f
	}
	if f := t.number("minutes", "more than 0; without it there is no limit", positive); f != nil {
		b.Minutes = *f
	}
	return b
}
