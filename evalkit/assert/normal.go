package assert

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// maxDepth is how deep a value may be nested.
const maxDepth = 100

// normal copies a decoded value, so that the caller may do with its own what it
// likes, and leaves nil, bool, string, int64, float64, []any and map[string]any.
func normal(v any) (any, []Problem) {
	n := &normalizer{}
	out := n.value(v, nil)
	return out, n.problems
}

type normalizer struct{ problems []Problem }

func (n *normalizer) problem(path []string, hint, format string, args ...any) any {
	if len(n.problems) < maxProblems {
		n.problems = append(n.problems, Problem{slices.Clone(path), fmt.Sprintf(format, args...), hint})
	}
	return nil
}

func (n *normalizer) value(v any, path []string) any {
	if len(path) > maxDepth {
		return n.problem(path[:1], "", "is nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case nil, bool, string, int64:
		return v
	case int:
		return int64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return n.problem(path, "", "%v is not a number that can be compared", v)
		}
		return v
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			return n.problem(path, "", "the number is too large")
		}
		return f
	case []any:
		return list(n, v, path)
	case []map[string]any:
		return list(n, v, path)
	case []string:
		return list(n, v, path)
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = n.value(v[key], append(path, key))
		}
		return out
	}
	return n.problem(path, "write it as text, in quotes", "a value of this kind (%T) cannot be compared with an output", v)
}

func list[E any](n *normalizer, v []E, path []string) any {
	out := make([]any, len(v))
	for i, e := range v {
		out[i] = n.value(e, append(path, index(i)))
	}
	return out
}

// number is a normal value as a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// numberText is a number as people write it: 0.1, 5, 1e+21.
func numberText(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e21 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// nameOf says what kind of value this is, for people.
func nameOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("%T", v)
}
