package prompts

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"
)

// maxSchemaNodes bounds one JSON Schema: the library's time is quadratic in it.
const maxSchemaNodes = 20_000

// schemaURL is where a schema stands for the library: a place that nothing can be next to.
const schemaURL = "promptflag:///schema"

// schema is a sound JSON Schema and where it is written.
type schema struct {
	table
	label    string // what findings call it
	compiled *jsonschema.Schema
}

// schema checks a JSON Schema that is written as this table. Without a sound one
// it is nil.
func (t table) schema(label string) *schema {
	compiled, faults := compileSchema(t.m)
	for _, fault := range faults {
		n := t.n
		for _, step := range fault.path {
			if next := n.step(step); next != nil {
				n = next
			}
		}
		t.add(fault.rule, n.pos(), fault.hint, "%s: %s", label, fault.message)
	}
	if compiled == nil {
		return nil
	}
	return &schema{t, label, compiled}
}

// fits reports a value, as encoding/json decodes it, that does not fit; name is
// what it is called, and at where it is written.
func (s *schema) fits(t table, v any, at int, rule, name, what string) {
	if t.effort > maxEffort {
		return // it has its finding
	}
	if t.effort += effort(s.compiled, v); t.effort > maxEffort {
		t.add(ruleTooLarge, at, "write a simpler schema, or a smaller value", "%s takes too long to compare with its schema", name)
		return
	}
	if fault := s.violation(v); fault != "" {
		t.add(rule, at, "", "%s does not fit %s: %s", name, what, fault)
	}
}

// violation says why a value does not fit; "" when it does.
func (s *schema) violation(v any) string {
	err := s.compiled.Validate(v)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &invalid):
		return err.Error()
	}
	var texts []string
	leaves(invalid, func(leaf *jsonschema.ValidationError) {
		texts = append(texts, "at /"+strings.Join(leaf.InstanceLocation, "/")+": "+leaf.ErrorKind.LocalizedString(english()))
	})
	slices.Sort(texts) // the library has them in no order
	return shorten(strings.ReplaceAll(texts[0], schemaURL, ""))
}

// strict reports what OpenAI's strict mode refuses: objects that are open, or
// whose properties are not all required.
func (s *schema) strict() { s.table.strict(s.label, 0) }

func (t table) strict(label string, depth int) {
	if depth > maxDepth || t.full() {
		return
	}
	properties, isObject := t.m["properties"].(map[string]any)
	if isObject || t.m["type"] == "object" {
		if t.m["additionalProperties"] != false {
			t.add(ruleStrict, t.n.pos(), "add additionalProperties = false", "%s: strict is true, and an object is open", label)
		}
		required, _ := t.m["required"].([]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if !slices.Contains(required, any(name)) {
				t.add(ruleStrict, t.n.child("properties").child(name).pos(), "list it under required; let its type be null too when it may be left out", "%s: strict is true, and property %q is not required", label, name)
			}
		}
	}
	for _, key := range t.keys() {
		switch v := t.m[key].(type) {
		case map[string]any:
			below := table{t.checker, "", v, t.n.child(key)}
			switch key {
			case "properties", "$defs", "definitions":
				for _, name := range below.keys() {
					if m, ok := v[name].(map[string]any); ok {
						table{t.checker, "", m, below.n.child(name)}.strict(label, depth+1)
					}
				}
			case "items":
				below.strict(label, depth+1)
			}
		case []any:
			if key != "anyOf" && key != "oneOf" && key != "allOf" {
				continue
			}
			for i, e := range v {
				if m, ok := e.(map[string]any); ok {
					table{t.checker, "", m, t.n.child(key).item(i)}.strict(label, depth+1)
				}
			}
		}
	}
}

// fault is something wrong inside a JSON Schema.
type fault struct {
	rule          string
	path          []string // keys and indices from the schema's root
	message, hint string
}

// compileSchema reports why a document is not a JSON Schema; then it gives none.
// The draft is 2020-12 unless $schema says otherwise. Nothing is ever loaded: a
// schema that refers to a file or to the network is at fault.
func compileSchema(doc map[string]any) (*jsonschema.Schema, []fault) {
	nodes, tainted := census(doc)
	if tainted {
		return nil, nil // the bad value has its finding
	}
	if nodes > maxSchemaNodes {
		return nil, []fault{{rule: ruleTooLarge, message: fmt.Sprintf("schema has more than %d values", maxSchemaNodes)}}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refusing{})
	c.UseRegexpEngine(ecmaPattern)
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, []fault{{rule: ruleSchema, message: clean(err)}}
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, faults(err)
	}
	for s, steps := compiled.Ref, 0; s != nil; s, steps = s.Ref, steps+1 {
		if s == compiled || steps > nodes {
			return nil, []fault{{rule: ruleSchema, message: "refers to itself and says nothing else: no value could be tried"}}
		}
	}
	return compiled, nil
}

func faults(err error) []fault {
	var load *jsonschema.LoadURLError
	var invalid *jsonschema.SchemaValidationError
	var violations *jsonschema.ValidationError
	switch {
	case errors.As(err, &load):
		return []fault{{rule: ruleSchemaRef, message: fmt.Sprintf("refers to %q: a schema must be complete in itself", strings.TrimPrefix(load.URL, "promptflag:///")),
			hint: "put the definition under $defs and refer to #/$defs/…"}}
	case errors.As(err, &invalid) && errors.As(invalid.Err, &violations):
		var out []fault
		leaves(violations, func(leaf *jsonschema.ValidationError) {
			// one keyword may break several branches of the meta-schema: the first says enough
			if len(out) < maxFindings && !slices.ContainsFunc(out, func(f fault) bool { return slices.Equal(f.path, leaf.InstanceLocation) }) {
				at := "/" + strings.Join(leaf.InstanceLocation, "/")
				out = append(out, fault{ruleSchema, leaf.InstanceLocation, "not a JSON Schema: at " + at + ": " + leaf.ErrorKind.LocalizedString(english()), ""})
			}
		})
		return out
	}
	return []fault{{rule: ruleSchema, message: "not a JSON Schema: " + clean(err)}}
}

func english() *textmessage.Printer { return textmessage.NewPrinter(language.English) }

func leaves(e *jsonschema.ValidationError, yield func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		yield(e)
	}
	for _, cause := range e.Causes {
		leaves(cause, yield)
	}
}

// clean is an error's text without the invented URL.
func clean(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), schemaURL, ""), "promptflag:///", "")
}

// refusing is a loader that loads nothing.
type refusing struct{}

func (refusing) Load(string) (any, error) { return nil, errors.New("not loaded") }

// pattern is a regular expression of a schema. What Go's cannot express matches
// everything: a value is never refused by a pattern that nobody could try.
type pattern struct {
	text string
	*regexp.Regexp
}

func (p pattern) String() string            { return p.text }
func (p pattern) MatchString(s string) bool { return p.Regexp == nil || p.Regexp.MatchString(s) }

// ecmaPattern compiles a regular expression. JSON Schema has ECMAScript's, which
// has more than Go's: look-around, back references, long repeats and other
// escapes are let through.
func ecmaPattern(s string) (jsonschema.Regexp, error) {
	compiled, err := regexp.Compile(s)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		switch bad.Code {
		case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatSize, syntax.ErrLarge,
			syntax.ErrInvalidNamedCapture, syntax.ErrInvalidCharRange:
			err = nil
		}
	}
	return pattern{s, compiled}, err
}

// census counts the values below v, and says whether a bad one is among them.
func census(v any) (nodes int, tainted bool) {
	count := func(e any) {
		n, t := census(e)
		nodes, tainted = nodes+n, tainted || t
	}
	switch v := v.(type) {
	case bad:
		return 1, true
	case map[string]any:
		for _, e := range v {
			count(e)
		}
	case []any:
		for _, e := range v {
			count(e)
		}
	}
	return nodes + 1, tainted
}

// step is the child or the item that one part of a path names, or nil.
func (n *node) step(part string) *node {
	if child := n.child(part); child != nil {
		return child
	}
	if i, err := strconv.Atoi(part); err == nil && i >= 0 {
		return n.item(i)
	}
	return nil
}
