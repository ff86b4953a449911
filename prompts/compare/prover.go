package compare

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// direction says who must be able to live with whom.
type direction int

const (
	input     direction = iota // callers write: the new schema must accept what the old accepted
	output                     // callers read: the new schema must allow only what the old allowed
	arguments                  // callers implement: as output, and they know no argument but the old ones
)

// prover shows that every value that one schema accepts is accepted by another,
// or says where that cannot be shown. It is sound and not complete: silence is
// a proof, an effect is an objection or a doubt.
type prover struct {
	dir   direction
	owner string   // `variable "order"`: who has the schema, in sentences
	path  []string // the way to the schema, in words
	key   []string // the same in the file
	hint  string

	around  map[string]bool // properties that b or what b is part of names
	where   []string        // the way into the instance, for sentences
	open    map[string]int
	same    sameness
	steps   int
	effects []Effect
}

// maxEffects bounds what is said of one pair of schemas.
const maxEffects = 100

// schemas compares two versions of one schema.
func (p *prover) schemas(old, new node, extra ...node) []Effect {
	p.steps, p.open = maxSteps, map[string]int{}
	p.same = sameness{known: map[string]bool{}, steps: &p.steps}
	if reflect.DeepEqual(old.v, new.v) || p.same.schemas(old, new) {
		return nil
	}
	p.steps = maxSteps
	if otherDraft(old) || otherDraft(new) {
		p.add(Unknown, []node{new}, new, "$schema", "is of another draft than 2020-12")
		return p.effects
	}
	if !sound(old) || !sound(new) {
		p.add(Unknown, []node{new}, new, "", "is not a JSON Schema")
		return p.effects
	}
	if p.dir == input {
		p.prove(append([]node{old}, extra...), new)
	} else {
		p.prove(append([]node{new}, extra...), old)
	}
	return p.effects
}

func otherDraft(n node) bool {
	s, written := n.object()["$schema"]
	text, _ := s.(string)
	return written && strings.TrimSuffix(text, "#") != draft
}

// add notes an effect at a keyword of the new schema.
func (p *prover) add(v Verdict, as []node, b node, keyword, format string, args ...any) {
	if len(p.effects) >= maxEffects {
		return
	}
	at := b.at
	if p.dir != input {
		at = nil
		if len(as) > 0 {
			at = as[0].at
		}
	}
	rest := slices.Clone(at)
	if keyword != "" {
		rest = append(rest, strings.Split(keyword, "/")...)
	}
	subject := p.owner
	if len(p.where) > 0 {
		subject += ": " + strings.Join(p.where, ".")
	}
	fact := fmt.Sprintf(format, args...)
	message := subject + " " + fact
	if strings.HasPrefix(fact, `"`) {
		message = subject + ": " + fact
	}
	hint := p.hint
	switch v {
	case Unknown:
		message += ": cannot be told whether callers of the old version are still served"
	case Compatible:
		hint = ""
	}
	p.effects = append(p.effects, Effect{
		Path: strings.Join(slices.Concat(p.path, rest), "."), Key: slices.Concat(p.key, rest),
		Verdict: v, Message: message, Hint: hint,
	})
}

// try reports whether f says nothing against. What it says is kept.
func (p *prover) try(f func()) bool {
	before := len(p.effects)
	f()
	return len(p.effects) < maxEffects && !slices.ContainsFunc(p.effects[before:], Effect.Breaks)
}

// below proves one level further into the instance.
func (p *prover) below(name string, as []node, b node) {
	around := p.around
	p.where, p.around = append(p.where, name), nil
	p.prove(as, b)
	p.where, p.around = p.where[:len(p.where)-1], around
}

// prove shows that what all of as accept, b accepts.
func (p *prover) prove(as []node, b node) {
	if len(p.effects) >= maxEffects {
		return
	}
	if p.steps < 0 {
		p.add(Unknown, as, b, "", "is too large to compare")
		return
	}
	// at the root, an argument may be new although the type says nothing of it
	root := p.dir == arguments && len(p.where) == 0
	if !root && slices.ContainsFunc(as, func(a node) bool { return p.same.schemas(a, b) }) {
		return
	}
	as, never := flatten(as)
	if never || b.v == true || len(p.effects) >= maxEffects {
		return
	}
	if p.steps -= 1 + len(as); p.steps < 0 || len(p.where) > maxLevels {
		p.add(Unknown, as, b, "", "is too large or too deep to compare")
		return
	}
	if b.v == false {
		p.add(Breaking, as, b, "", "%s", p.say("accepts nothing any more", "is new where the old version allowed nothing"))
		return
	}
	id := pairID(as, b)
	if level, ok := p.open[id]; ok {
		// met again while it is being proved: sound if the instance got smaller on the way
		if level >= len(p.where) {
			p.add(Unknown, as, b, "", "refers to itself")
		}
		return
	}
	p.open[id] = len(p.where)
	defer delete(p.open, id)
	if p.around == nil {
		p.around = map[string]bool{}
		p.namesAround(b, map[string]bool{})
	}
	p.groups(as, b)
}

// namesAround collects the properties that b names, wherever in its parts.
func (p *prover) namesAround(b node, seen map[string]bool) {
	all, _ := flatten([]node{b})
	for _, n := range all {
		if p.steps--; seen[n.id()] || p.steps < 0 {
			continue
		}
		seen[n.id()] = true
		for _, name := range n.names("properties") {
			p.around[name] = true
		}
		for _, c := range slices.Concat(n.children("anyOf"), n.children("oneOf")) {
			p.namesAround(c, seen)
		}
	}
}

// say picks the words for the side of the new version.
func (p *prover) say(in, out string) string {
	if p.dir == input {
		return in
	}
	return out
}

func pairID(as []node, b node) string {
	ids := make([]string, len(as))
	for i, a := range as {
		ids[i] = a.id()
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), "&") + "<" + b.id()
}

// flatten follows references and allOf, so that every node speaks for itself.
// What cannot be followed is left out: knowing less about the left side is safe.
func flatten(as []node) (out []node, never bool) {
	seen := map[string]bool{}
	var walk func(n node)
	walk = func(n node) {
		if n.v == false {
			never = true
		}
		if _, ok := n.v.(map[string]any); !ok || seen[n.id()] {
			return
		}
		seen[n.id()] = true
		out = append(out, n)
		if t, ok := n.target(); ok {
			walk(t)
		}
		for _, c := range n.children("allOf") {
			walk(c)
		}
	}
	for _, a := range as {
		walk(a)
	}
	return out, never
}

// A group is a set of keywords that mean something only together.
type group struct {
	keywords []string
	check    func(p *prover, as []node, b node)
}

// groups proves b keyword by keyword, first as things are, and where that
// fails for each alternative of an anyOf on the left.
func (p *prover) groups(as []node, b node) {
	var left []group
	covered := words("$ref allOf")
	for _, g := range allGroups() {
		for _, k := range g.keywords {
			covered[k] = true
		}
		if p.implied(g, as, b) {
			continue
		}
		left = append(left, g)
	}
	for k := range b.object() {
		if !covered[k] && !annotation(k) {
			if g := opaque(k); !p.implied(g, as, b) {
				left = append(left, g)
			}
		}
	}
	slices.SortStableFunc(left, func(x, y group) int { return strings.Compare(x.keywords[0], y.keywords[0]) })
	p.remaining(left, as, b)
	if b.has("$ref") {
		if t, ok := b.target(); ok {
			p.prove(as, t)
		} else if !slices.ContainsFunc(as, func(a node) bool { return p.same.schemas(a, b) }) {
			p.add(Unknown, as, b, "$ref", "has a $ref that is not followed")
		}
	}
	for _, c := range b.children("allOf") {
		p.prove(as, c)
	}
}

// implied reports whether b has nothing of the group, or some a the same.
func (p *prover) implied(g group, as []node, b node) bool {
	if !slices.ContainsFunc(g.keywords, b.has) {
		return g.keywords[0] != "properties" || !slices.ContainsFunc(as, func(a node) bool { return a.has("properties") })
	}
	if g.keywords[0] == "unevaluatedProperties" || g.keywords[0] == "unevaluatedItems" {
		return b.object()[g.keywords[0]] == true // means something only among its neighbours
	}
	return slices.ContainsFunc(as, func(a node) bool { return p.same.keywords(a, b, g.keywords) })
}

// remaining checks groups, with alternatives where needed.
func (p *prover) remaining(left []group, as []node, b node) {
	for _, g := range left {
		before := len(p.effects)
		if p.steps < 0 {
			p.add(Unknown, as, b, g.keywords[0], "is too large to compare")
			return
		}
		if p.try(func() { g.check(p, as, b) }) {
			continue
		}
		i, keyword := alternatives(as)
		if i < 0 || before >= maxEffects {
			continue
		}
		p.effects = p.effects[:before]
		rest := slices.Clone(as)
		rest[i] = bare(as[i], keyword)
		for _, c := range as[i].children(keyword) {
			if p.steps < 0 {
				break
			}
			more, never := flatten(append(slices.Clone(rest), c))
			if p.steps -= len(more); p.steps < 0 {
				break
			}
			if !never {
				p.remaining([]group{g}, more, b)
			}
		}
		if p.steps < 0 {
			p.add(Unknown, as, b, g.keywords[0], "is too large to compare")
			return
		}
	}
}

// alternatives finds an anyOf or oneOf among nodes.
func alternatives(as []node) (i int, keyword string) {
	for i, a := range as {
		for _, k := range []string{"anyOf", "oneOf"} {
			if len(a.children(k)) > 0 {
				return i, k
			}
		}
	}
	return -1, ""
}

// bare is a node without one keyword, at the same place.
func bare(n node, keyword string) node {
	m := maps.Clone(n.object())
	delete(m, keyword)
	return node{m, n.at, n.doc}
}
