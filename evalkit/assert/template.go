package assert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"
)

const (
	maxTags     = 10_000  // that one rendering visits
	maxRendered = 4 << 20 // bytes
)

// text is a value that may be a Mustache template over the variables of the
// case. It renders concurrently: the library changes nothing of a parsed
// template.
type text struct {
	plain    string             // what it renders to, when it has no tags
	compiled *mustache.Template // nil when it has none
	roots    []string           // the variables that its tags may mean
	only     string             // the variable, when the template is a single tag
}

var (
	tagName = regexp.MustCompile(`^[\pL_][\pL\pN_]*(\.[\pL\pN_]+)*$`)
	onlyTag = regexp.MustCompile(`^\{\{\s*([\pL_][\pL\pN_]*)\s*\}\}$`)
	// nunjucks is what promptfoo's templates have and Mustache has not.
	nunjucks = regexp.MustCompile(`\{%-?\s*(if|elif|else|endif|for|endfor|set|raw|block|macro|include)\b`)
)

// text reads a template. It returns nil after it reported a problem.
func (w *written) text(path []string, s string) *text {
	if nunjucks.MatchString(s) {
		w.problem(path, "write {{#name}}…{{/name}}: templates are Mustache", "{%% %%} is not supported in templates")
		return nil
	}
	if !strings.Contains(s, "{{") {
		return &text{plain: s}
	}
	if strings.Contains(s, "{{=") {
		w.problem(path, "", "a template must not change its delimiters")
		return nil
	}
	compiled, err := mustache.ParseStringPartialsRaw(s, &mustache.StaticProvider{}, true)
	if err != nil {
		w.problem(path, "templates are Mustache: {{name}}", "template: %s", clip(err.Error()))
		return nil
	}
	t := &text{compiled: compiled}
	if !t.readTags(w, path, compiled.Tags(), 0) {
		return nil
	}
	if m := onlyTag.FindStringSubmatch(s); m != nil {
		t.only = m[1]
	}
	return t
}

// readTags collects the variables and reports tags that cannot be one.
func (t *text) readTags(w *written, path []string, tags []mustache.Tag, depth int) bool {
	for _, tag := range tags {
		name := tag.Name()
		switch {
		case depth > maxDepth:
			w.problem(path, "", "template: sections are nested deeper than %d", maxDepth)
			return false
		case tag.Type() == mustache.Partial:
			w.problem(path, "write its text", "template: partial %q cannot be included here", clip(name))
			return false
		case name == "." && depth > 0:
		case !tagName.MatchString(name):
			w.problem(path, "write {{name}}: there are no filters and no expressions", "template: tag {{%s}} cannot be a variable", clip(name))
			return false
		default:
			root, _, _ := strings.Cut(name, ".")
			if !slices.Contains(t.roots, root) {
				t.roots = append(t.roots, root)
			}
		}
		if tag.Type() != mustache.Variable && !t.readTags(w, path, tag.Tags(), depth+1) {
			return false
		}
	}
	return true
}

// render fills the template. A variable that is missing or null is an error.
func (t *text) render(vars map[string]any) (string, error) {
	if t.compiled == nil {
		return t.plain, nil
	}
	context := make(fields, len(t.roots))
	for _, name := range t.roots {
		if v, ok := vars[name]; ok {
			var err error
			if context[name], err = templateValue(v); err != nil {
				return "", fmt.Errorf("variable %q: %w", name, err)
			}
		}
	}
	visit := &visitor{}
	if err := visit.tags(t.compiled.Tags(), []any{context}); err != nil {
		return "", err
	}
	out := &bounded{}
	if err := t.compiled.FRender(out, context); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	if out.full {
		return "", fmt.Errorf("template: the result is longer than %d bytes", maxRendered)
	}
	return out.String(), nil
}

// visitor goes through a template as the library will, and finds what the
// library would leave empty.
type visitor struct{ visited int }

func (v *visitor) tags(tags []mustache.Tag, context []any) error {
	for _, tag := range tags {
		if v.visited++; v.visited > maxTags {
			return errors.New("template: it repeats too much")
		}
		value, ok := lookup(context, tag.Name())
		if _, isNull := value.(null); !ok || isNull && tag.Type() == mustache.Variable {
			what := "has no value"
			if ok {
				what = "is null"
			}
			return fmt.Errorf("variable %q %s in this case", tag.Name(), what)
		}
		var err error
		switch tag.Type() {
		case mustache.Section:
			if items, isList := value.(items); isList {
				for _, item := range items {
					if err = v.tags(tag.Tags(), append(context, item)); err != nil {
						return err
					}
				}
			} else if _, isNull := value.(null); !isNull && value != false && value != "" {
				err = v.tags(tag.Tags(), append(context, value))
			}
		case mustache.InvertedSection:
			err = v.tags(tag.Tags(), context)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lookup finds a name in the innermost context that has it.
func lookup(context []any, name string) (any, bool) {
	if name == "." {
		return context[len(context)-1], true
	}
	first, rest, dotted := strings.Cut(name, ".")
	for i := len(context) - 1; i >= 0; i-- {
		m, _ := context[i].(fields)
		v, ok := m[first]
		if !ok {
			continue
		}
		if dotted {
			return lookup([]any{v}, rest)
		}
		return v, true
	}
	return nil, false
}

// The values that templates see: string, bool, int64, decimal, null, items and
// fields. The library would print Go's own forms of the others, and would call
// methods that a template names; Format takes two arguments, so none can call it.
type (
	decimal float64
	null    struct{}
	items   []any
	fields  map[string]any
)

func (v decimal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, numberText(float64(v))) }
func (null) Format(fmt.State, rune)          {}
func (v items) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, compact([]any(v))) }
func (v fields) Format(f fmt.State, _ rune)  { _, _ = io.WriteString(f, compact(map[string]any(v))) }

func (v decimal) MarshalJSON() ([]byte, error) { return []byte(numberText(float64(v))), nil }
func (null) MarshalJSON() ([]byte, error)      { return []byte("null"), nil }

// templateValue turns a variable into what templates see.
func templateValue(v any) (any, error) {
	v, problems := normal(v)
	if len(problems) > 0 {
		return nil, errors.New(problems[0].Message)
	}
	return seen(v), nil
}

func seen(v any) any {
	switch v := v.(type) {
	case nil:
		return null{}
	case float64:
		return decimal(v)
	case []any:
		out := make(items, len(v))
		for i, e := range v {
			out[i] = seen(e)
		}
		return out
	case map[string]any:
		out := make(fields, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = seen(v[key])
		}
		return out
	}
	return v
}

// compact is a value as JSON in one line, '<', '>' and '&' as themselves.
func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// bounded is a text that ends at maxRendered.
type bounded struct {
	strings.Builder
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.full = b.full || b.Len()+len(p) > maxRendered; b.full {
		return len(p), nil
	}
	return b.Builder.Write(p)
}
