package assert

import (
	"regexp"
	"strconv"
	"strings"
)

// shortForm is "not-type(threshold): value". A type has a colon only in promptfoo's
// own names, none of which is supported.
var shortForm = regexp.MustCompile(`^((?:not-)?[a-z][a-z0-9-]*)(?:\(([^()]*)\))?(?::([\s\S]*))?$`)

// ParseExpected reads promptfoo's short form, as it stands in a CSV column
// __expected: "contains: x", "not-icontains: x", "similar(0.8): x", "is-json",
// "grade: …"; a text alone is equals.
//
// Unlike promptfoo it takes a threshold for every type that has one, and without
// one the type's own default holds (promptfoo has 0.75 for all of them here). A
// text that begins with what looks like a slip of a type is a problem: write
// "equals: …" when it is meant so.
func ParseExpected(text string) (*Assertion, []Problem) {
	if name, _, ok := strings.Cut(strings.TrimPrefix(text, not), ": "); ok && strings.Contains(name, ":") {
		if hint, known := unsupported(name); known {
			return nil, []Problem{{Path: []string{"type"}, Message: "type " + strconv.Quote(clip(name)) + " is not supported", Hint: hint}}
		}
	}
	m := shortForm.FindStringSubmatch(text)
	if m == nil {
		if strings.HasPrefix(text, "file://") {
			return nil, []Problem{{Message: "values from files are not supported", Hint: "write the value itself"}}
		}
		return Parse(map[string]any{"type": "equals", "value": text})
	}
	name, limit, value := m[1], m[2], m[3]
	hasValue := strings.Contains(text[len(name):], ":")
	switch name {
	case "grade":
		name = "llm-rubric"
	case "fn", "eval":
		name = "javascript"
	}
	base := strings.TrimPrefix(name, not)
	if _, known := unsupported(base); !isKind(base) && !(known && hasValue) {
		if near := nearest(base, kindNames()); near != "" && hasValue && len(base) > 4 {
			return nil, []Problem{{Message: "there is no type " + strconv.Quote(clip(name)), Hint: "did you mean " + near + "? If this is the text that is expected, write \"equals: \" before it"}}
		}
		return Parse(map[string]any{"type": "equals", "value": text})
	}
	members := map[string]any{"type": name}
	if value = strings.TrimSpace(value); hasValue && value != "" {
		members["value"] = value
	}
	if limit != "" {
		t, err := strconv.ParseFloat(strings.TrimSpace(limit), 64)
		if err != nil {
			return nil, []Problem{{Path: []string{"threshold"}, Message: "threshold " + strconv.Quote(clip(limit)) + " is not a number"}}
		}
		members["threshold"] = t
	}
	return Parse(members)
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func isKind(name string) bool {
	for _, k := range kinds() {
		if k.name == name {
			return true
		}
	}
	return false
}
