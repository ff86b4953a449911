package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// allGroups are the keywords of 2020-12 that need a check of their own. Each
// check says nothing if as can have no value that b's keywords refuse.
func allGroups() []group {
	gs := []group{
		{[]string{"type"}, checkType},
		{[]string{"enum", "const"}, checkValues},
		{[]string{"properties", "patternProperties", "additionalProperties", "required"}, checkObject},
		{[]string{"items", "prefixItems"}, checkItems},
		{[]string{"uniqueItems"}, checkUnique},
		{[]string{"dependentRequired"}, checkDependent},
		{[]string{"multipleOf"}, checkMultiple},
		{[]string{"anyOf"}, checkAny("anyOf")},
		{[]string{"oneOf"}, checkAny("oneOf")},
		opaque("not"),
		opaque("if", "then", "else"),
		opaque("contains", "minContains", "maxContains"),
		opaque("unevaluatedProperties"),
		opaque("unevaluatedItems"),
	}
	for _, b := range bounds {
		gs = append(gs, group{b.keywords(), func(p *prover, as []node, n node) { p.checkBound(b, as, n) }})
	}
	return gs
}

// opaque are keywords of which it is only known whether they are the same.
func opaque(keywords ...string) group {
	return group{keywords, func(p *prover, as []node, b node) {
		k := keywords[0]
		if i := slices.IndexFunc(keywords, b.has); i >= 0 {
			k = keywords[i]
		}
		if on, ok := stringOnly[k]; ok && on && typesOf(as)&tString == 0 {
			return
		}
		p.add(Unknown, as, b, k, "%s", p.say("has a new or changed "+k, "lost or changed its "+k))
	}}
}

var stringOnly = map[string]bool{"pattern": true, "format": true, "contentEncoding": true, "contentMediaType": true, "contentSchema": true}

// kinds is a set of the types of JSON values. A number is an integer or a fraction.
type kinds uint8

const (
	tNull kinds = 1 << iota
	tBoolean
	tObject
	tArray
	tString
	tInteger
	tFraction

	tNumber = tInteger | tFraction
	tAny    = tNull | tBoolean | tObject | tArray | tString | tNumber
)

var kindNames = []struct {
	kind kinds
	name string
}{{tNumber, "number"}, {tInteger, "integer"}, {tFraction, "fraction"}, {tString, "string"}, {tBoolean, "boolean"}, {tArray, "array"}, {tObject, "object"}, {tNull, "null"}}

func (k kinds) String() string {
	var names []string
	for _, n := range kindNames {
		if k&n.kind == n.kind {
			names, k = append(names, n.name), k&^n.kind
		}
	}
	return strings.Join(names, " or ")
}

func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return tNull
	case bool:
		return tBoolean
	case string:
		return tString
	case []any:
		return tArray
	case map[string]any:
		return tObject
	case float64:
		if v == math.Trunc(v) {
			return tInteger
		}
		return tFraction
	}
	return 0
}

// declared are the types that the keyword type of one node lets in.
func declared(n node) kinds {
	v, ok := n.object()["type"]
	if !ok {
		return tAny
	}
	var k kinds
	for _, t := range asList(v) {
		for _, name := range kindNames {
			if t == name.name && name.kind != tFraction {
				k |= name.kind
			}
		}
	}
	return k
}

// typesOf are the types that values of all the nodes can have.
func typesOf(as []node) kinds {
	k := tAny
	for _, a := range as {
		k &= declared(a)
	}
	if list, ok := valuesOf(as); ok {
		var in kinds
		for _, v := range list {
			in |= kindOf(v)
		}
		k &= in
	}
	return k
}

// valuesOf are the only values that the nodes can have, if enum or const name them.
func valuesOf(as []node) (list []any, ok bool) {
	for _, a := range as {
		for _, k := range []string{"enum", "const"} {
			v, has := a.object()[k]
			if !has {
				continue
			}
			values := []any{v}
			if k == "enum" {
				values = asList(v)
			}
			if ok {
				values = slices.DeleteFunc(slices.Clone(list), func(e any) bool { return !contains(values, e) })
			}
			list, ok = values, true
		}
	}
	if !ok {
		return nil, false
	}
	k := tAny
	for _, a := range as {
		k &= declared(a)
	}
	return slices.DeleteFunc(slices.Clone(list), func(v any) bool { return kindOf(v)&k == 0 }), true
}

func checkType(p *prover, as []node, b node) {
	was, want := typesOf(as), declared(b)
	if was&^want == 0 {
		return
	}
	if was == tAny {
		p.add(Breaking, as, b, "type", "%s", p.say("must now be "+want.String()+", was anything", "may now be anything, was "+want.String()))
		return
	}
	p.add(Breaking, as, b, "type", "%s", p.say(
		fmt.Sprintf("must now be %s, was %s", want, was), fmt.Sprintf("may now be %s, was %s", was, want)))
}

func checkValues(p *prover, as []node, b node) {
	allowed, _ := valuesOf([]node{{v: pick(b.object(), "enum", "const"), at: b.at, doc: b.doc}})
	k := "enum"
	if !b.has("enum") {
		k = "const"
	}
	if given, ok := valuesOf(as); ok {
		if gone := without(given, allowed); len(gone) > 0 {
			p.add(Breaking, as, b, k, p.say("does not accept %s any more", "may now be %s"), list(gone))
		}
		return
	}
	if was := typesOf(as); was&^(tBoolean|tNull) == 0 {
		all := map[kinds][]any{tBoolean: {true, false}, tNull: {nil}}
		if !slices.ContainsFunc([]kinds{tBoolean, tNull}, func(t kinds) bool { return was&t != 0 && len(without(all[t], allowed)) > 0 }) {
			return
		}
	}
	p.add(Breaking, as, b, k, p.say("accepts only %s now", "may now be more than %s"), list(allowed))
}

func pick(m map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

// list writes some values for a sentence.
func list(values []any) string {
	const most = 5
	var out []string
	for i, v := range values {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(values)-most))
			break
		}
		out = append(out, brief(v))
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " and " + out[n-1]
	}
	return strings.Join(out, "")
}

// bound is a keyword that limits a number from one side.
type bound struct {
	incl, excl string // minimum and exclusiveMinimum
	sign       float64
	on         kinds
	measure    func(v any) float64
	base       float64 // the bound when none is written
}

func (b bound) keywords() []string {
	if b.excl != "" {
		return []string{b.incl, b.excl}
	}
	return []string{b.incl}
}

var bounds = []bound{
	{"minimum", "exclusiveMinimum", 1, tNumber, number, math.Inf(-1)},
	{"maximum", "exclusiveMaximum", -1, tNumber, number, math.Inf(-1)},
	{"minLength", "", 1, tString, length, 0},
	{"maxLength", "", -1, tString, length, math.Inf(-1)},
	{"minItems", "", 1, tArray, length, 0},
	{"maxItems", "", -1, tArray, length, math.Inf(-1)},
	{"minProperties", "", 1, tObject, length, 0},
	{"maxProperties", "", -1, tObject, length, math.Inf(-1)},
}

func number(v any) float64 { f, _ := v.(float64); return f }

func length(v any) float64 {
	switch v := v.(type) {
	case string:
		return float64(utf8.RuneCountInString(v))
	case []any:
		return float64(len(v))
	case map[string]any:
		return float64(len(v))
	}
	return 0
}

// of is the bound of one node, larger is stricter; strict leaves out the bound itself.
func (b bound) of(n node) (at float64, strict bool) {
	at = b.base
	if f, ok := n.object()[b.incl].(float64); ok {
		at = max(at, f*b.sign)
	}
	if f, ok := n.object()[b.excl].(float64); ok && f*b.sign >= at {
		at, strict = f*b.sign, true
	}
	return at, strict
}

func (p *prover) checkBound(b bound, as []node, n node) {
	if typesOf(as)&b.on == 0 {
		return
	}
	want, wantStrict := b.of(n)
	was, wasStrict := b.base, false
	for _, a := range as {
		if at, strict := b.of(a); at > was || at == was && strict {
			was, wasStrict = at, strict
		}
	}
	if list, ok := valuesOf(as); ok { // the bound that the values themselves keep
		low, some := math.Inf(1), false
		for _, v := range list {
			if kindOf(v)&b.on != 0 {
				low, some = min(low, b.measure(v)*b.sign), true
			}
		}
		if some && low > was {
			was, wasStrict = low, false
		}
	}
	if was > want || was == want && (wasStrict || !wantStrict) {
		return
	}
	k := b.incl
	if wantStrict {
		k = b.excl
	}
	limit := func(at float64, strict bool) string {
		if math.IsInf(at, 0) {
			return "none"
		}
		if strict {
			return brief(at*b.sign) + " exclusive"
		}
		return brief(at * b.sign)
	}
	now, before := limit(want, wantStrict), limit(was, wasStrict)
	if p.dir != input {
		now, before = before, now
	}
	p.add(Breaking, as, n, k, "has %s %s, was %s", b.incl, now, before)
}

func checkMultiple(p *prover, as []node, b node) {
	if typesOf(as)&tNumber == 0 {
		return
	}
	want := number(b.object()["multipleOf"])
	whole := func(f float64) bool {
		return f/want == math.Trunc(f/want) && math.Abs(f) < 1<<53 && want == math.Trunc(want)
	}
	for _, a := range as {
		if f, ok := a.object()["multipleOf"].(float64); ok && f == math.Trunc(f) && whole(f) {
			return
		}
	}
	if want == 1 && typesOf(as)&tFraction == 0 {
		return
	}
	if given, ok := valuesOf(as); ok && !slices.ContainsFunc(given, func(v any) bool { return kindOf(v)&tNumber != 0 && !whole(number(v)) }) {
		return
	}
	p.add(Breaking, as, b, "multipleOf", p.say("must now be a multiple of %s", "need not be a multiple of %s any more"), brief(want))
}

// brief is a value as JSON, on one line and not long.
func brief(v any) string {
	const most = 60
	if f, ok := v.(float64); ok && f == 0 {
		v = 0.0 // no minus
	}
	data, err := marshal(v)
	if err != nil {
		return reflect.TypeOf(v).String()
	}
	text := []rune(string(data))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}
