package assert

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

const (
	// maxSchemaValues bounds one schema: the library's time is quadratic in it.
	maxSchemaValues = 20_000
	// maxTries bounds how many schemas are tried on places of one value: schemas
	// that refer to each other can make it two to the power of their number.
	maxTries = 100_000
	// schemaURL is where a schema stands for the library: nothing can be next to it.
	schemaURL = "promptflag:///schema"
)

// schema is a compiled JSON Schema. It is 2020-12 unless it says otherwise, and
// formats are checked.
type schema struct {
	compiled *jsonschema.Schema
	budget   *budget
}

// budget counts the schemas that are tried. The library tells nobody else how
// much it does, and one budget serves one value at a time.
type budget struct {
	mu   sync.Mutex
	left int
}

// Validate is called by the library for each schema that it tries on a place.
func (b *budget) Validate(*jsonschema.ValidatorContext, any) {
	if b.left--; b.left < 0 {
		panic(tooMuch{}) // there is no other way out of the library
	}
}

type tooMuch struct{}

var errTooMuch = errors.New("the output takes too long to compare with the schema")

// compileSchema says why a document is not a JSON Schema, and where in it.
// Nothing is ever loaded: a schema must be complete in itself.
func compileSchema(doc any) (s *schema, path []string, err error) {
	if count(doc) > maxSchemaValues {
		return nil, nil, fmt.Errorf("the schema has more than %d values", maxSchemaValues)
	}
	b := &budget{}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refusing{})
	c.UseRegexpEngine(schemaPattern)
	c.AssertFormat()
	c.RegisterVocabulary(&jsonschema.Vocabulary{URL: "promptflag:///budget",
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) { return b, nil }})
	c.AssertVocabs()
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, nil, fmt.Errorf("not a JSON Schema: %s", withoutURL(err))
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		path, err = schemaFault(err)
		return nil, path, err
	}
	for next, steps := compiled.Ref, 0; next != nil; next, steps = next.Ref, steps+1 {
		if next == compiled || steps > maxSchemaValues {
			return nil, nil, errors.New("the schema refers to itself and says nothing else")
		}
	}
	return &schema{compiled, b}, nil, nil
}

// violation says why a value does not fit; "" when it does.
func (s *schema) violation(v any) (text string, err error) {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.budget.left = maxTries
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case tooMuch:
			err = errTooMuch
		default:
			panic(fault)
		}
	}()
	invalid := s.compiled.Validate(v)
	var all *jsonschema.ValidationError
	switch {
	case invalid == nil:
		return "", nil
	case !errors.As(invalid, &all):
		return withoutURL(invalid), nil
	}
	texts, _ := leaves(all)
	slices.Sort(texts) // the library has them in no order
	return texts[0], nil
}

// schemaFault finds the place of what is wrong with a schema.
func schemaFault(err error) ([]string, error) {
	var load *jsonschema.LoadURLError
	var bad *jsonschema.SchemaValidationError
	var all *jsonschema.ValidationError
	switch {
	case errors.As(err, &load):
		return nil, fmt.Errorf("the schema refers to %s: it must be complete in itself", quote(strings.TrimPrefix(load.URL, "promptflag:///")))
	case errors.As(err, &bad) && errors.As(bad.Err, &all):
		texts, paths := leaves(all)
		least := 0
		for i := range texts {
			if texts[i] < texts[least] {
				least = i
			}
		}
		return paths[least], fmt.Errorf("not a JSON Schema: %s", texts[least])
	}
	return nil, fmt.Errorf("not a JSON Schema: %s", withoutURL(err))
}

func leaves(e *jsonschema.ValidationError) (texts []string, paths [][]string) {
	if len(e.Causes) == 0 {
		text := "at /" + strings.Join(e.InstanceLocation, "/") + ": " + e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		return []string{shorten(strings.ReplaceAll(text, schemaURL, ""), maxShown)}, [][]string{e.InstanceLocation}
	}
	for _, cause := range e.Causes {
		t, p := leaves(cause)
		texts, paths = append(texts, t...), append(paths, p...)
	}
	return texts, paths
}

func withoutURL(err error) string {
	return shorten(strings.ReplaceAll(strings.ReplaceAll(err.Error(), schemaURL, ""), "promptflag:///", ""), maxShown)
}

type refusing struct{}

func (refusing) Load(string) (any, error) { return nil, errors.New("not loaded") }

// tolerant is a pattern of a schema. JSON Schema has ECMAScript's, of which Go
// lacks some: what nobody could try refuses no value.
type tolerant struct {
	source string
	*regexp.Regexp
}

func (p tolerant) String() string            { return p.source }
func (p tolerant) MatchString(s string) bool { return p.Regexp == nil || p.Regexp.MatchString(s) }

func schemaPattern(s string) (jsonschema.Regexp, error) {
	compiled, err := regexp.Compile(s)
	var bad *syntax.Error
	if errors.As(err, &bad) && slices.Contains([]syntax.ErrorCode{syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatSize,
		syntax.ErrLarge, syntax.ErrInvalidNamedCapture, syntax.ErrInvalidCharRange}, bad.Code) {
		err = nil
	}
	return tolerant{s, compiled}, err
}

// count is how many values are in a value.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += count(e)
		}
	case []any:
		for _, e := range v {
			n += count(e)
		}
	}
	return n
}
