package prompts

import (
	"errors"
	"fmt"
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

// fault is something wrong inside a JSON Schema.
type fault struct {
	path          []string // keys and indices from the schema's root
	message, hint string
}

// checkSchema reports why a document is not a JSON Schema. The draft is 2020-12
// unless $schema says otherwise. Nothing is ever loaded: a schema that refers to
// a file or to the network is at fault.
func checkSchema(doc map[string]any) []fault {
	nodes, tainted := census(doc)
	if tainted {
		return nil // the bad value has its finding
	}
	if nodes > maxSchemaNodes {
		return []fault{{message: fmt.Sprintf("schema has more than %d values", maxSchemaNodes)}}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refusing{})
	c.UseRegexpEngine(ecmaPattern)
	if err := c.AddResource(schemaURL, doc); err != nil {
		return []fault{{message: clean(err)}}
	}
	_, err := c.Compile(schemaURL)
	return faults(err)
}

func faults(err error) []fault {
	var load *jsonschema.LoadURLError
	var invalid *jsonschema.SchemaValidationError
	var violations *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &load):
		return []fault{{message: fmt.Sprintf("refers to %q: a schema must be complete in itself", strings.TrimPrefix(load.URL, "promptflag:///")),
			hint: "put the definition under $defs and refer to #/$defs/…"}}
	case errors.As(err, &invalid) && errors.As(invalid.Err, &violations):
		var out []fault
		leaves(violations, func(leaf *jsonschema.ValidationError) {
			// one keyword may break several branches of the meta-schema: the first says enough
			if len(out) < maxFindings && !slices.ContainsFunc(out, func(f fault) bool { return slices.Equal(f.path, leaf.InstanceLocation) }) {
				at := "/" + strings.Join(leaf.InstanceLocation, "/")
				out = append(out, fault{leaf.InstanceLocation, "not a JSON Schema: at " + at + ": " + leaf.ErrorKind.LocalizedString(english()), ""})
			}
		})
		return out
	}
	return []fault{{message: "not a JSON Schema: " + clean(err)}}
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

// pattern is a regular expression that is only checked, never matched.
type pattern string

func (p pattern) String() string        { return string(p) }
func (pattern) MatchString(string) bool { return true }

// ecmaPattern checks the syntax of a regular expression. JSON Schema has
// ECMAScript's, which has more than Go's: look-around, back references, long
// repeats and other escapes are let through.
func ecmaPattern(s string) (jsonschema.Regexp, error) {
	_, err := regexp.Compile(s)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		switch bad.Code {
		case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatSize, syntax.ErrLarge,
			syntax.ErrInvalidNamedCapture, syntax.ErrInvalidCharRange:
			err = nil
		}
	}
	return pattern(s), err
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
