package assert

import (
	"maps"
	"slices"
)

// canonical is an assertion as it was written and found to be in order, with
// numbers and defaults in one form.
func canonical(members map[string]any, a *Assertion) map[string]any {
	out := maps.Clone(members)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	delete(out, "weight")
	if a.Weight != 1 {
		out["weight"] = a.Weight
	}
	if a.Threshold != nil {
		out["threshold"] = *a.Threshold
	}
	if len(a.Parts) > 0 {
		parts := make([]any, len(a.Parts))
		for i, part := range a.Parts {
			parts[i] = part.Canonical()
		}
		out["assert"] = parts
	}
	return out
}

// Canonical is the assertion as JSON for hashing: what it checks and how, with
// defaults left out, so that a later version with new members keeps hashes. It
// belongs to the caller.
func (a *Assertion) Canonical() map[string]any {
	out, _ := deepCopy(a.canonical).(map[string]any)
	if a.Metric != "" { // a column of CSV names it after the assertion is read
		out["metric"] = a.Metric
	}
	return out
}

func deepCopy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = deepCopy(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = deepCopy(e)
		}
		return out
	}
	return v
}

// Judges are the models that the assertion asks, embeddings models included,
// other than those of the suite; sorted. They belong to the identity of a run.
func (a *Assertion) Judges() []string {
	var out []string
	if a.provider != "" {
		out = append(out, a.provider)
	}
	for _, part := range a.Parts {
		out = append(out, part.Judges()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
