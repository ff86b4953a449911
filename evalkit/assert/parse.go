package assert

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	maxNested = 4         // assert-sets in one another
	maxWeight = 1_000_000 // so that sums stay exact
	not       = "not-"
)

// Parse reads an assertion as TOML or JSON decodes it (integers as int64,
// float64 or json.Number). All problems come at once; without any, the
// Assertion is not nil.
func Parse(value any) (*Assertion, []Problem) {
	v, problems := normal(value)
	if len(problems) > 0 {
		return nil, problems
	}
	return parse(v, 0)
}

// parse reads a normal value that stands in depth assert-sets.
func parse(value any, depth int) (*Assertion, []Problem) {
	members, ok := value.(map[string]any)
	if !ok {
		return nil, []Problem{{Message: "an assertion is a table, not " + nameOf(value), Hint: `write {type = "contains", value = "…"}`}}
	}
	w := &written{more: maps.Clone(members), depth: depth}
	maps.DeleteFunc(w.more, func(_ string, v any) bool { return v == nil }) // null is not written
	k, ok := w.readKind()
	if !ok {
		return nil, w.problems
	}
	a := &Assertion{Type: w.kind, Not: w.not, Weight: 1}
	w.value = w.take("value")
	w.readCommon(a, k)
	if w.fromFile() {
		return nil, w.problems
	}
	a.check = k.make(w)
	w.readRest()
	if len(w.problems) > 0 || a.check == nil {
		if len(w.problems) == 0 { // a fault of the kind: never run what is not there
			w.problem(nil, "", "%s cannot be read", w.kind)
		}
		return nil, w.problems
	}
	a.Threshold, a.Parts, a.provider = w.threshold, w.parts, w.provider
	a.canonical = canonical(members, a)
	return a, nil
}

// readKind finds the type. Without a known one the rest is not looked at.
func (w *written) readKind() (kind, bool) {
	path := []string{"type"}
	v := w.take("type")
	name, ok := v.(string)
	switch {
	case v == nil:
		hint := `write type = "contains", or another type`
		if near := nearest("type", slices.Sorted(maps.Keys(w.more))); near != "" {
			hint = "did you mean type instead of " + near + "?"
		}
		w.problem(path, hint, "the assertion has no type")
		return kind{}, false
	case !ok:
		w.problem(path, "", "type is text, not %s", nameOf(v))
		return kind{}, false
	}
	w.kind, w.not = strings.CutPrefix(name, not)
	all := kinds()
	if i := slices.IndexFunc(all, func(k kind) bool { return k.name == w.kind }); i >= 0 {
		return all[i], true
	}
	if hint, ok := unsupported(w.kind); ok {
		w.problem(path, hint, "type %q is not supported", clip(name))
		return kind{}, false
	}
	hint := ""
	if near := nearest(w.kind, kindNames()); near != "" {
		if w.not {
			near = not + near
		}
		hint = "did you mean " + near + "?"
	}
	w.problem(path, hint, "there is no type %q", clip(name))
	return kind{}, false
}

// readCommon reads the members that are not a kind's own business.
func (w *written) readCommon(a *Assertion, k kind) {
	if v := w.take("threshold"); v != nil {
		t, ok := number(v)
		path := []string{"threshold"}
		switch {
		case !ok:
			w.problem(path, "", "threshold is a number, not %s", nameOf(v))
		case k.threshold == unlimited:
			w.problem(path, "remove it", "%s takes no threshold", k.name)
		case t < 0:
			w.problem(path, "", "threshold %v is negative", t)
		case k.threshold == scoreLimit && t > 1:
			w.problem(path, "scores are 0 to 1", "threshold %v can never be reached", t)
		default:
			w.threshold = &t
		}
	}
	if v := w.take("weight"); v != nil {
		weight, ok := number(v)
		switch path := []string{"weight"}; {
		case !ok:
			w.problem(path, "", "weight is a number, not %s", nameOf(v))
		case weight < 0:
			w.problem(path, "weight 0 measures and never gates", "weight %v is negative", weight)
		case weight > maxWeight:
			w.problem(path, "1 is the weight of the others", "weight %v is more than %d", weight, maxWeight)
		default:
			a.Weight = weight
		}
	}
	a.Metric = w.readText("metric")
	if strings.Contains(a.Metric, "{{") {
		w.problem([]string{"metric"}, "the name of a metric is the same for all cases", "metric is not a template")
	}
	if name := w.readText("provider"); k.asks == nobody && name != "" {
		w.problem([]string{"provider"}, "remove it", "%s asks no model", k.name)
	} else {
		w.provider = name
	}
	if prompt := w.readText("rubric_prompt"); !k.asks.judge() && prompt != "" {
		w.problem([]string{"rubric_prompt"}, "remove it", "%s asks no judge", k.name)
	} else {
		w.rubric = prompt
	}
}

// fromFile reports promptfoo's references to files, which would be compared as
// texts otherwise.
func (w *written) fromFile() bool {
	list, isList := w.value.([]any)
	if !isList {
		list = []any{w.value}
	}
	for i, v := range list {
		if s, ok := v.(string); ok && strings.HasPrefix(s, "file://") {
			path := []string{"value"}
			if isList {
				path = append(path, index(i))
			}
			w.problem(path, "write the value itself", "values from files are not supported")
			return true
		}
	}
	return false
}

// readText reads a member that is text.
func (w *written) readText(member string) string {
	v := w.take(member)
	text, ok := v.(string)
	switch {
	case v == nil:
	case !ok:
		w.problem([]string{member}, "", "%s is text, not %s", member, nameOf(v))
	case strings.TrimSpace(text) == "":
		w.problem([]string{member}, "remove it", "%s is empty", member)
	}
	return text
}

// readRest reports the members that nobody took.
func (w *written) readRest() {
	for _, member := range slices.Sorted(maps.Keys(w.more)) {
		path := []string{member}
		switch member {
		case "rubricPrompt":
			w.problem(path, "write rubric_prompt", "promptfoo's rubricPrompt is called rubric_prompt here")
		case "transform", "contextTransform":
			w.problem(path, `use type = "expr", which can look into the output`, "%s runs code and is not supported", member)
		case "assert":
			w.problem(path, `only type = "assert-set" has assertions`, "%s has no assertions", w.kind)
		case "config", "rubric_prompt":
			w.problem(path, "remove it", "%s takes no %s", w.kind, member)
		default:
			hint := ""
			if near := nearest(member, w.took); near != "" {
				hint = "did you mean " + near + "?"
			}
			w.problem(path, hint, "an assertion of type %s has no member %q", w.kind, clip(member))
		}
	}
}

// in puts the problems of a part where the part is written.
func in(path []string, problems []Problem) []Problem {
	out := make([]Problem, len(problems))
	for i, p := range problems {
		p.Path = slices.Concat(path, p.Path)
		out[i] = p
	}
	return out
}

func index(i int) string { return strconv.Itoa(i) }
