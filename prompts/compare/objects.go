package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// property are the schemas that values of name have in all of as. known says
// whether any of them names it; a node with patternProperties says nothing of
// names that it does not have.
func property(as []node, name string) (info []node, known bool) {
	for _, a := range as {
		if c, ok := a.child("properties", name); ok {
			info, known = append(info, c), true
			continue
		}
		if c, ok := a.child("additionalProperties"); ok && !a.has("patternProperties") {
			info = append(info, c)
		}
	}
	return info, known
}

func requires(as []node, name string) bool {
	return slices.ContainsFunc(as, func(a node) bool {
		list, _ := a.object()["required"].([]any)
		return contains(list, name)
	})
}

// forbids reports whether a name cannot be there.
func forbids(info []node) bool {
	return slices.ContainsFunc(info, func(n node) bool { return n.v == false })
}

// named are the properties that any of as names, sorted.
func namedIn(as []node) []string {
	set := map[string]bool{}
	for _, a := range as {
		for _, name := range a.names("properties") {
			set[name] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func checkObject(p *prover, as []node, b node) {
	if typesOf(as)&tObject == 0 {
		return
	}
	if given, ok := valuesOf(as); ok && len(given) > 0 {
		p.add(Unknown, as, b, "", "lists objects in an enum")
		return
	}
	p.checkRequired(as, b)
	p.checkNamed(as, b)
	p.checkUnnamed(as, b)
	p.checkRest(as, b)
}

// checkRequired looks at what b requires.
func (p *prover) checkRequired(as []node, b node) {
	list, _ := b.object()["required"].([]any)
	for _, v := range list {
		name, _ := v.(string)
		if requires(as, name) {
			continue
		}
		_, known := property(as, name)
		_, inB := b.child("properties", name)
		switch {
		case p.dir == input && !known:
			p.add(Breaking, as, b, "required", "%s is new and required: callers of the old version do not pass it", quote(name))
		case p.dir == input:
			p.add(Breaking, as, b, "required", "%s is now required: callers of the old version may leave it out", quote(name))
		case !known && inB: // said as dropped
		default:
			p.add(Breaking, as, b, "required", "%s is not required any more: callers of the old version count on it", quote(name))
		}
	}
}

// checkNamed looks at the properties that b names.
func (p *prover) checkNamed(as []node, b node) {
	closed := slices.ContainsFunc(as, func(a node) bool { return a.has("properties") })
	for _, name := range b.names("properties") {
		c, ok := b.child("properties", name)
		if !ok {
			continue
		}
		info, known := property(as, name)
		if !known && p.dir != input {
			if c.v != false {
				p.add(Breaking, as, b, "properties/"+name, "drops %s, which callers of the old version read", quote(name))
				continue
			}
		}
		if p.dir == input && !known && forbids(info) {
			p.add(Compatible, as, c, "", "has a new optional property %s", quote(name))
			continue
		}
		if p.dir == input && !known && len(info) == 0 && closed && !requires(as, name) && plain(as) {
			// the old version did not name it and anybody could have passed anything under this name: nobody does
			if !requires([]node{b}, name) {
				p.add(Compatible, as, c, "", "has a new optional property %s", quote(name))
			}
			continue
		}
		p.below(name, info, c)
	}
}

// plain says that no node has patternProperties, by which names may be known.
func plain(as []node) bool {
	return !slices.ContainsFunc(as, func(a node) bool { return a.has("patternProperties") })
}

// checkUnnamed looks at the properties that as name and b does not.
func (p *prover) checkUnnamed(as []node, b node) {
	rest, limited := b.child("additionalProperties")
	for _, name := range namedIn(as) {
		_, named := b.child("properties", name)
		if named || p.around[name] && (!limited || rest.v == true) {
			continue
		}
		info, _ := property(as, name)
		if forbids(info) {
			continue
		}
		where := b
		if len(info) > 0 {
			where = info[0]
		}
		shut := limited && rest.v == false
		switch {
		case b.has("patternProperties"):
			if limited && rest.v != true {
				p.add(Unknown, as, b, "properties/"+name, "has %s, which patternProperties may cover", quote(name))
			}
		case p.dir == arguments && requires(as, name):
			p.add(Breaking, as, b, "properties/"+name, "has a new required argument %s, which callers of the old version do not know", quote(name))
		case p.dir == arguments && shut:
			p.add(Breaking, as, b, "properties/"+name, "has a new argument %s, and the old version allowed no others", quote(name))
		case p.dir != input && (shut || !limited || rest.v == true):
			p.add(Compatible, []node{where}, where, "", "has a new property %s, which callers of the old version ignore", quote(name))
		case shut:
			p.add(Breaking, as, b, "properties", "does not accept %s any more", quote(name))
		case !limited || rest.v == true:
			p.add(Compatible, as, b, "properties", "does not name %s any more; it is still accepted", quote(name))
		default:
			p.below(name, info, rest)
		}
	}
}

// checkRest looks at properties that nobody names.
func (p *prover) checkRest(as []node, b node) {
	p.checkPatterns(as, b)
	rest, limited := b.child("additionalProperties")
	if !limited || rest.v == true {
		return
	}
	var info []node
	for _, a := range as {
		others := a.has("patternProperties") && !p.same.keywords(a, b, []string{"patternProperties"})
		if c, ok := a.child("additionalProperties"); ok && !others {
			info = append(info, c)
		}
	}
	switch {
	case forbids(info):
	case rest.v == false && p.dir == input:
		p.add(Breaking, as, b, "additionalProperties", "does not accept properties that it does not name any more")
	case rest.v == false && len(info) == 0:
		p.add(Compatible, as, b, "additionalProperties", "may now have properties that it does not name, which callers of the old version ignore")
	default:
		p.below("*", info, rest)
	}
}

func (p *prover) checkPatterns(as []node, b node) {
	if !b.has("patternProperties") {
		return
	}
	keywords := []string{"patternProperties"}
	if !slices.ContainsFunc(as, func(a node) bool { return p.same.keywords(a, b, keywords) }) {
		p.add(Unknown, as, b, "patternProperties", "has new or changed patternProperties")
	}
}

func checkDependent(p *prover, as []node, b node) {
	if typesOf(as)&tObject == 0 {
		return
	}
	m, _ := b.object()["dependentRequired"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		for _, v := range asList(m[name]) {
			other, _ := v.(string)
			had := slices.ContainsFunc(as, func(a node) bool {
				deps, _ := a.object()["dependentRequired"].(map[string]any)
				list, _ := deps[name].([]any)
				return contains(list, v)
			})
			if !had && !requires(as, other) {
				p.add(Breaking, as, b, "dependentRequired/"+name, p.say("with %s now requires %s", "with %s does not require %s any more"), quote(name), quote(other))
			}
		}
	}
}

// item are the schemas that the item at a position has in all of as; position
// -1 is any beyond the positions that have their own.
func item(as []node, position int) (info []node) {
	for _, a := range as {
		if prefix := a.children("prefixItems"); position >= 0 && position < len(prefix) {
			info = append(info, prefix[position])
		} else if c, ok := a.child("items"); ok {
			info = append(info, c)
		}
	}
	return info
}

func checkItems(p *prover, as []node, b node) {
	if typesOf(as)&tArray == 0 {
		return
	}
	if given, ok := valuesOf(as); ok && len(given) > 0 {
		p.add(Unknown, as, b, "", "lists arrays in an enum")
		return
	}
	positions := len(b.children("prefixItems"))
	for _, a := range as {
		positions = max(positions, len(a.children("prefixItems")))
	}
	for i := range positions {
		if c := item([]node{b}, i); len(c) > 0 {
			p.below("["+strconv.Itoa(i)+"]", item(as, i), c[0])
		}
	}
	if c, ok := b.child("items"); ok {
		p.below("[]", item(as, -1), c)
	}
}

func checkUnique(p *prover, as []node, b node) {
	unique := func(n node) bool { return n.object()["uniqueItems"] == true }
	if unique(b) && typesOf(as)&tArray != 0 && !slices.ContainsFunc(as, unique) {
		p.add(Breaking, as, b, "uniqueItems", "%s", p.say("must not have equal items any more", "may now have equal items"))
	}
}

// checkAny proves that all of as lies in one alternative, for oneOf apart from
// the others. remaining() calls it again for each alternative of as.
func checkAny(keyword string) func(p *prover, as []node, b node) {
	return func(p *prover, as []node, b node) {
		branches := b.children(keyword)
		before := len(p.effects)
		for _, c := range branches {
			if p.try(func() { p.prove(as, c) }) && (keyword == "anyOf" || apart(as, c, branches)) {
				return
			}
			p.effects = p.effects[:before]
		}
		p.add(Unknown, as, b, keyword, "%s", p.say("may not fit any alternative of its "+keyword, "may not fit any old alternative of its "+keyword))
	}
}

// apart reports whether no value of as and c fits another branch.
func apart(as []node, c node, branches []node) bool {
	mine, never := flatten(append(slices.Clone(as), c))
	return never || !slices.ContainsFunc(branches, func(other node) bool {
		return !slices.Equal(other.at, c.at) && !disjoint(mine, other)
	})
}

// disjoint reports whether no value fits as and b: their types, their values, or
// those of a property that one of them requires have nothing in common.
func disjoint(as []node, b node) bool {
	bs, never := flatten([]node{b})
	if never || typesOf(as)&typesOf(bs) == 0 {
		return true
	}
	if noneShared(as, bs) {
		return true
	}
	if typesOf(as)|typesOf(bs) != tObject {
		return false
	}
	for _, name := range namedIn(bs) {
		x, knownX := property(as, name)
		y, knownY := property(bs, name)
		if knownX && knownY && (requires(as, name) || requires(bs, name)) && noneShared(x, y) {
			return true
		}
	}
	return false
}

func noneShared(as, bs []node) bool {
	x, okX := valuesOf(as)
	y, okY := valuesOf(bs)
	return okX && okY && len(without(x, y)) == len(x)
}

// quote is a name for a sentence.
func quote(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' }) || len(name) > 60 {
		return brief(name)
	}
	return fmt.Sprintf("%q", name)
}
