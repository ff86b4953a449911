package compare

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// draft is the only dialect that is compared; absent means this one.
const draft = "https://json-schema.org/draft/2020-12/schema"

// maxSteps bounds the work on one pair of schemas, maxLevels how deep into
// their instances it looks. What lies beyond cannot be told.
const (
	maxSteps  = 50_000
	maxLevels = 100
)

// Keywords by what they hold. All else holds plain JSON.
var (
	annotations = words("title description examples example default deprecated readOnly writeOnly $comment $defs definitions $schema $id $vocabulary")
	holdSchema  = words("additionalProperties items contains not if then else propertyNames unevaluatedProperties unevaluatedItems contentSchema")
	holdList    = words("allOf anyOf oneOf prefixItems")
	holdMap     = words("properties patternProperties dependentSchemas")
	holdSet     = words("enum required type")
)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// annotation reports whether a keyword never accepts or refuses anything.
func annotation(keyword string) bool {
	return annotations[keyword] || strings.HasPrefix(keyword, "x-")
}

// document is one JSON Schema, for the references inside it.
type document struct {
	root   any
	opaque bool // has names for its parts other than pointers: references are not followed
}

// node is a schema at its place in a document.
type node struct {
	v   any      // map[string]any or bool
	at  []string // keys from the document's root
	doc *document
}

func newNode(schema any) node {
	d := &document{root: schema}
	d.opaque = named(schema, true)
	return node{v: schema, doc: d}
}

// named looks for $id below the root and for anchors: they change what a
// reference means.
func named(v any, root bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			_, isText := e.(string)
			if isText && (k == "$anchor" || k == "$dynamicAnchor" || k == "$id" && !root) || named(e, false) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return named(e, false) })
	}
	return false
}

// sound reports whether everything that should be a schema has the form of one.
// Artifacts that others wrote may have anything there.
func sound(n node) bool {
	switch n.v.(type) {
	case bool:
		return true
	case map[string]any:
	default:
		return false
	}
	for k, v := range n.object() {
		var parts []any
		switch m, isMap := v.(map[string]any); {
		case holdSchema[k]:
			parts = []any{v}
		case holdMap[k] || k == "$defs":
			if !isMap {
				return false
			}
			parts = slices.Collect(maps.Values(m))
		case holdList[k]:
			list, ok := v.([]any)
			if !ok || len(list) == 0 {
				return false
			}
			parts = list
		case k == "type" && (declared(n) == 0 || slices.ContainsFunc(asList(v), func(t any) bool { return declared(node{v: map[string]any{"type": t}}) == 0 })):
			return false
		case k == "multipleOf" && number(v) <= 0:
			return false
		}
		if slices.ContainsFunc(parts, func(e any) bool { return !sound(node{v: e}) }) {
			return false
		}
	}
	return true
}

// object is the schema as a map; true is the empty one.
func (n node) object() map[string]any {
	m, _ := n.v.(map[string]any)
	return m
}

func (n node) has(keyword string) bool { _, ok := n.object()[keyword]; return ok }

// child is the schema below some keys; only maps and booleans are schemas.
func (n node) child(keys ...string) (node, bool) {
	v := n.v
	for _, k := range keys {
		switch c := v.(type) {
		case map[string]any:
			e, ok := c[k]
			if !ok {
				return node{}, false
			}
			v = e
		case []any:
			i, err := strconv.Atoi(k)
			if err != nil || i < 0 || i >= len(c) {
				return node{}, false
			}
			v = c[i]
		default:
			return node{}, false
		}
	}
	switch v.(type) {
	case map[string]any, bool:
		return node{v, slices.Concat(n.at, keys), n.doc}, true
	}
	return node{}, false
}

// children are the schemas of a list such as anyOf.
func (n node) children(keyword string) []node {
	list, _ := n.object()[keyword].([]any)
	out := make([]node, 0, len(list))
	for i := range list {
		if c, ok := n.child(keyword, strconv.Itoa(i)); ok {
			out = append(out, c)
		}
	}
	return out
}

// names are the sorted keys of a map such as properties.
func (n node) names(keyword string) []string {
	m, _ := n.object()[keyword].(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// target is where a $ref of this node leads. Only pointers inside the document
// can be followed.
func (n node) target() (node, bool) {
	ref, ok := n.object()["$ref"].(string)
	if !ok || n.doc.opaque {
		return node{}, false
	}
	fragment, ok := strings.CutPrefix(ref, "#")
	if !ok || fragment != "" && fragment[0] != '/' {
		return node{}, false
	}
	if fragment == "" {
		return node{v: n.doc.root, doc: n.doc}, true
	}
	var keys []string
	for part := range strings.SplitSeq(fragment[1:], "/") {
		part, err := url.PathUnescape(part)
		if err != nil {
			return node{}, false
		}
		keys = append(keys, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return node{v: n.doc.root, doc: n.doc}.child(keys...)
}

// id names a node for as long as its document is in memory.
func (n node) id() string {
	switch v := n.v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return strconv.FormatUint(uint64(reflect.ValueOf(v).Pointer()), 36)
	}
	return "?"
}

// sameness finds schemas that accept the same because they say the same,
// references followed. It does not see that two spellings mean the same.
type sameness struct {
	known map[string]bool // pairs that are the same, or are taken to be while looking at them
	trail []string        // the same pairs in the order of their finding
	steps *int
}

// schemas compares two nodes.
func (s *sameness) schemas(a, b node) bool {
	return s.try(func() bool { return s.schema(a, b) })
}

// keywords compares what two nodes have under some keywords.
func (s *sameness) keywords(a, b node, keywords []string) bool {
	return s.try(func() bool {
		return !slices.ContainsFunc(keywords, func(k string) bool { return !s.keyword(k, a, b) })
	})
}

// try keeps what was learned only if all of it was the same. Nothing is tried
// twice inside one comparison, so a pair that is met again within itself may be
// taken as the same: the first difference anywhere ends it all.
func (s *sameness) try(f func() bool) bool {
	before := len(s.trail)
	if f() {
		return true
	}
	for _, pair := range s.trail[before:] {
		delete(s.known, pair)
	}
	s.trail = s.trail[:before]
	return false
}

func (s *sameness) schema(a, b node) bool {
	if *s.steps--; *s.steps < 0 {
		return false
	}
	ma, isA := a.v.(map[string]any)
	mb, isB := b.v.(map[string]any)
	if !isA || !isB {
		return isA == isB && a.v == b.v
	}
	pair := a.id() + "=" + b.id()
	if s.known[pair] {
		return true
	}
	s.known[pair] = true
	s.trail = append(s.trail, pair)
	for k := range mb {
		if _, ok := ma[k]; !ok && !annotation(k) {
			return false
		}
	}
	for _, k := range slices.Sorted(maps.Keys(ma)) { // in order, so that the steps are the same each time
		if !annotation(k) && !s.keyword(k, a, b) {
			return false
		}
	}
	return true
}

// keyword compares what two schemas have under one keyword.
func (s *sameness) keyword(k string, a, b node) bool {
	va, inA := a.object()[k]
	vb, inB := b.object()[k]
	switch {
	case inA != inB:
		return false
	case !inA:
		return true
	case k == "$ref":
		ta, okA := a.target()
		tb, okB := b.target()
		return okA && okB && s.schema(ta, tb)
	case k == "$dynamicRef":
		return false
	case holdSet[k]:
		return equalSets(asList(va), asList(vb))
	case holdSchema[k]:
		ca, okA := a.child(k)
		cb, okB := b.child(k)
		return okA && okB && s.schema(ca, cb)
	case holdList[k]:
		la, lb := a.children(k), b.children(k)
		return len(la) == len(lb) && slices.EqualFunc(la, lb, s.schema)
	case holdMap[k]:
		names := a.names(k)
		return slices.Equal(names, b.names(k)) && !slices.ContainsFunc(names, func(name string) bool {
			ca, okA := a.child(k, name)
			cb, okB := b.child(k, name)
			return !okA || !okB || !s.schema(ca, cb)
		})
	}
	return reflect.DeepEqual(va, vb)
}

func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(e any) bool { return reflect.DeepEqual(e, v) })
}

func equalSets(a, b []any) bool { return len(without(a, b)) == 0 && len(without(b, a)) == 0 }

// without are the values of a that b does not have. Scalars are looked up by
// value, so that long enums cost what they weigh.
func without(a, b []any) []any {
	scalars := map[any]bool{}
	var others []any
	for _, v := range b {
		if scalar(v) {
			scalars[v] = true
		} else {
			others = append(others, v)
		}
	}
	var out []any
	for _, v := range a {
		if scalar(v) && !scalars[v] || !scalar(v) && !contains(others, v) {
			out = append(out, v)
		}
	}
	return out
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}
