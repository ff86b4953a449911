package assert

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

func xmlKinds() []kind {
	return []kind{
		{name: "is-xml", summary: "The output is one well-formed XML document and has the required elements.",
			value: "paths of required elements such as order.item.name: a list, a text with commas, or {requiredElements = […]}; or nothing", make: makeXML},
		{name: "contains-xml", summary: "A part of the output is well-formed XML; the parts together have the required elements.",
			value: "as for is-xml", make: makeXML},
	}
}

func makeXML(w *written) checker {
	c := xmlCheck{whole: w.kind == "is-xml"}
	path := valuePath()
	if m, ok := w.value.(map[string]any); ok {
		for key := range m {
			if key != "requiredElements" {
				w.problem([]string{"value", key}, "did you mean requiredElements?", "%s knows no member %q", w.kind, clip(key))
			}
		}
		list, ok := m["requiredElements"].([]any)
		path = append(path, "requiredElements")
		if !ok {
			w.problem(path, `write ["order.item"]`, "requiredElements is a list of paths")
			return nil
		}
		c.required = w.textList(path, list)
		return c
	}
	if w.value != nil {
		if c.required = w.textsValue(true); c.required == nil {
			return nil
		}
	}
	return c
}

type xmlCheck struct {
	whole    bool
	required *texts // nil for none
}

func (c xmlCheck) check(ctx context.Context, in Input, _ Services) (Result, error) {
	var required []string
	if c.required != nil {
		var err error
		if required, err = c.required.render(in.Vars); err != nil {
			return Result{}, err
		}
	}
	var roots []*element
	if c.whole {
		root, _, err := readXML(in.Output.Text, true)
		if err != nil {
			return binary(false, "is not XML (%s): %s", err, quote(in.Output.Text)), nil
		}
		roots = []*element{root}
	} else {
		var err error
		if roots, err = findXML(ctx, in.Output.Text); err != nil {
			return Result{}, err
		}
		if len(roots) == 0 {
			return binary(false, "contains no XML: %s", quote(in.Output.Text)), nil
		}
	}
	var missing []string
	for _, path := range required {
		if !hasPath(roots, strings.Split(strings.TrimSpace(path), ".")) {
			missing = append(missing, path)
		}
	}
	verb := "contains"
	if c.whole {
		verb = "is"
	}
	if len(missing) > 0 {
		return binary(false, "%s XML without %s", verb, quotes(missing)), nil
	}
	return binary(true, "%s XML", verb), nil
}

// element is an element with its name as it is written, prefix included.
type element struct {
	name     string
	children []*element
}

// hasPath follows names from element to element. A number after a name, as
// promptfoo writes places among elements of the same name, is passed over.
func hasPath(level []*element, path []string) bool {
	for len(path) > 1 && strings.Trim(path[0], "0123456789") == "" {
		path = path[1:]
	}
	for _, e := range level {
		if e.name == path[0] && (len(path) == 1 || hasPath(e.children, path[1:])) {
			return true
		}
	}
	return false
}

// findXML reads the elements that a text contains, those of prose around them
// left out.
func findXML(ctx context.Context, s string) (roots []*element, err error) {
	read := 0
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return roots, nil
		}
		from += i
		if rest := s[from+1:]; rest == "" || !unicode.IsLetter(firstRune(rest)) && rest[0] != '_' {
			from++
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		root, n, err := readXML(s[from:], false)
		if read += n; read > maxSearched {
			return nil, errors.New("contains-xml: the output takes too long to search")
		}
		if err != nil {
			from++
			continue
		}
		roots = append(roots, root)
		from += n
	}
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// readXML reads one element, and how many bytes it read; as a whole document,
// nothing but comments, instructions and a DOCTYPE may be around it.
func readXML(s string, whole bool) (root *element, read int, err error) {
	d := &document{xml: xml.NewDecoder(strings.NewReader(s)), whole: whole}
	// the output is text already, whatever it declares
	d.xml.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		at := d.xml.InputOffset()
		token, err := d.xml.RawToken()
		read = int(d.xml.InputOffset())
		if err == io.EOF {
			if d.root == nil || len(d.open) > 0 {
				return nil, read, errors.New("an element is not closed")
			}
			return d.root, read, nil
		}
		if err == nil {
			err = d.token(token, at)
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			err = fmt.Errorf("line %d: %s", syntax.Line, shorten(syntax.Msg, maxShown))
		}
		if err != nil {
			return nil, read, err
		}
		if !whole && d.root != nil && len(d.open) == 0 {
			return d.root, read, nil
		}
	}
}

// document checks what the decoder leaves to its user when it gives tokens as
// they are written.
type document struct {
	xml   *xml.Decoder
	whole bool
	root  *element
	open  []*element
	bound [][]string // prefixes that each open element binds
}

func (d *document) token(t xml.Token, at int64) error {
	switch t := t.(type) {
	case xml.StartElement:
		return d.start(t)
	case xml.EndElement:
		if len(d.open) == 0 || d.open[len(d.open)-1].name != asWritten(t.Name) {
			return fmt.Errorf("%s is closed where it is not open", quote(asWritten(t.Name)))
		}
		d.open, d.bound = d.open[:len(d.open)-1], d.bound[:len(d.bound)-1]
	case xml.CharData:
		if len(d.open) == 0 && strings.Trim(string(t), " \t\r\n") != "" {
			return errors.New("there is text outside of the root element")
		}
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && at != 0 {
			return errors.New("the declaration does not stand at the beginning")
		}
	case xml.Directive:
		if d.root != nil || strings.Contains(string(t), "[") || !strings.HasPrefix(string(t), "DOCTYPE") {
			return errors.New("a declaration is not supported")
		}
	}
	return nil
}

func (d *document) start(t xml.StartElement) error {
	e := &element{name: asWritten(t.Name)}
	var bound, seen []string
	for _, a := range t.Attr {
		name := asWritten(a.Name)
		if slices.Contains(seen, name) {
			return fmt.Errorf("attribute %s is written twice", quote(name))
		}
		seen = append(seen, name)
		if a.Name.Space == "xmlns" {
			bound = append(bound, a.Name.Local)
		}
	}
	d.bound = append(d.bound, bound)
	if d.whole {
		for _, prefix := range prefixes(t) {
			if !slices.ContainsFunc(d.bound, func(b []string) bool { return slices.Contains(b, prefix) }) {
				return fmt.Errorf("prefix %s is not bound", quote(prefix))
			}
		}
	}
	switch {
	case len(d.open) > 0:
		parent := d.open[len(d.open)-1]
		parent.children = append(parent.children, e)
	case d.root != nil:
		return errors.New("there is more than one root element")
	default:
		d.root = e
	}
	d.open = append(d.open, e)
	return nil
}

// prefixes are those that an element and its attributes use.
func prefixes(t xml.StartElement) (out []string) {
	for _, name := range append([]xml.Name{t.Name}, attributeNames(t.Attr)...) {
		if name.Space != "" && name.Space != "xml" && name.Space != "xmlns" {
			out = append(out, name.Space)
		}
	}
	return out
}

func attributeNames(attributes []xml.Attr) (out []xml.Name) {
	for _, a := range attributes {
		out = append(out, a.Name)
	}
	return out
}

// asWritten is a name as it is written.
func asWritten(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
