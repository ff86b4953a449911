package compare

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
	"znkr.io/diff"
)

// Kind says what happened to a part of a prompt.
type Kind string

const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Altered Kind = "changed"
	Moved   Kind = "moved" // the same message or tool at another position
)

// Change is one part that is not as it was.
type Change struct {
	// Path is in the words of the field: "model", "variables.tone.enum",
	// "messages[1].content", "tools.search.parameters.properties.limit".
	// Positions count from 0 in the new version, in the old for what is removed.
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	Old  any    `json:"old,omitempty"`  // as JSON; not set when added, or when Text is there
	New  any    `json:"new,omitempty"`  // likewise; positions when moved
	Text []Line `json:"text,omitempty"` // the difference of a text, for roles and names never

	item Kind // of a message or example that came or went as a whole
}

// Changes is everything that differs between two versions. It is a value: safe
// to share when nobody writes to it. Its JSON form is that of its fields.
type Changes struct {
	Old      string   `json:"old,omitempty"` // ref of the old version; empty if there is none
	New      string   `json:"new,omitempty"` // ref of the new version; empty if there is none
	Sentence string   `json:"summary"`       // as Summary returns
	Changes  []Change `json:"changes"`       // in the order of a file; empty when nothing differs
	Effects  []Effect `json:"effects"`       // as Contract returns; empty unless both versions are there
}

// Diff compares two versions of a prompt field by field. old is nil for a prompt
// that is new, new for one that is gone.
func Diff(old, new *prompts.Prompt) Changes {
	var c Changes
	var a, b map[string]any
	if old != nil {
		c.Old, a = old.Ref().String(), old.Structure()
	}
	if new != nil {
		c.New, b = new.Ref().String(), new.Structure()
	}
	if old != nil && new != nil {
		c.Effects = Contract(old, new)
	}
	c.compare(a, b)
	return c
}

// compare fills in the changes between two artifacts, either of which may be nil.
func (c *Changes) compare(a, b map[string]any) {
	c.Changes, c.Effects = []Change{}, append([]Effect{}, c.Effects...)
	d := &differ{}
	order := []string{"name", "model", "parameters", "variables", "messages", "examples", "tools", "output"}
	keys := slices.DeleteFunc(union(a, b), func(k string) bool { return slices.Contains(order, k) || k == "promptflag" })
	for _, k := range append(order, keys...) {
		va, inA := a[k]
		vb, inB := b[k]
		switch {
		case k == "name" && (!inA || !inB), !inA && !inB:
		case k == "messages" || k == "examples":
			d.sequence(k, asMaps(va), asMaps(vb))
		case k == "tools":
			d.tools(asMaps(va), asMaps(vb))
		case k == "parameters" || k == "variables" || k == "output":
			d.members(k, va, vb, inA, inB)
		default:
			d.value(k, va, vb, inA, inB)
		}
	}
	c.Changes = append(c.Changes, d.changes...)
	c.Sentence = c.sentence(a, b)
}

type differ struct{ changes []Change }

func (d *differ) add(c Change) { d.changes = append(d.changes, c) }

func union(a, b map[string]any) []string {
	both := map[string]bool{}
	for _, m := range []map[string]any{a, b} {
		for k := range m {
			both[k] = true
		}
	}
	return slices.Sorted(maps.Keys(both))
}

func asMaps(v any) []any { l, _ := v.([]any); return l }

// members goes into an object also when one side lacks it.
func (d *differ) members(path string, a, b any, inA, inB bool) {
	ma, okA := a.(map[string]any)
	mb, okB := b.(map[string]any)
	if inA && !okA || inB && !okB || len(ma)+len(mb) == 0 {
		d.value(path, a, b, inA, inB)
		return
	}
	for _, k := range union(ma, mb) {
		va, has := ma[k]
		vb, hasB := mb[k]
		d.value(join(path, k), va, vb, has, hasB)
	}
}

// join appends a key; one that would read as more than a key is quoted.
func join(path, key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return class(r) != 1 && r != '-' && r != '$' && r != '*' }) {
		key = brief(key)
	}
	return path + "." + key
}

// value compares two JSON values, objects by key.
func (d *differ) value(path string, a, b any, inA, inB bool) {
	_, okA := a.(map[string]any)
	_, okB := b.(map[string]any)
	sa, textA := a.(string)
	sb, textB := b.(string)
	la, listA := a.([]any)
	lb, listB := b.([]any)
	switch {
	case inA && inB && reflect.DeepEqual(a, b) || !inA && !inB:
	case inA && inB && okA && okB:
		d.members(path, a, b, true, true)
	case inA && inB && listA && listB && len(la) == len(lb) && !allScalars(la) && !allScalars(lb):
		for i := range la {
			d.value(path+"["+strconv.Itoa(i)+"]", la[i], lb[i], true, true)
		}
	case inA && !inB:
		d.alone(path, Removed, sa, textA, a)
	case !inA:
		d.alone(path, Added, sb, textB, b)
	case textA && textB && (long(path, sa) || long(path, sb)):
		d.add(Change{Path: path, Kind: Altered, Text: compareTexts(sa, sb)})
	default:
		d.add(Change{Path: path, Kind: Altered, Old: a, New: b})
	}
}

func allScalars(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { return !scalar(v) })
}

// long says whether a string is shown as a text.
func long(path, s string) bool {
	at := path[strings.LastIndexByte(path, '.')+1:]
	return slices.Contains([]string{"content", "text", "input", "output", "description"}, at) || len(s) > 60 || strings.ContainsAny(s, "\n\t")
}

// alone is a value that only one side has.
func (d *differ) alone(path string, kind Kind, s string, text bool, v any) {
	c := Change{Path: path, Kind: kind}
	switch {
	case text && long(path, s) && kind == Added:
		c.Text = compareTexts("", s)
	case text && long(path, s):
		c.Text = compareTexts(s, "")
	case kind == Added:
		c.New = v
	default:
		c.Old = v
	}
	d.add(c)
}

// tools compares by name, and says which moved.
func (d *differ) tools(a, b []any) {
	was, is := toolsByName(objects(a)), toolsByName(objects(b))
	for i, t := range objects(b) {
		name, _ := t["name"].(string)
		j, had := was[name]
		switch {
		case is[name] != i || !had:
			d.value(join("tools", name), nil, b[i], false, true)
		default:
			d.value(join("tools", name), a[j], b[i], true, true)
		}
	}
	for i, t := range objects(a) {
		name, _ := t["name"].(string)
		if _, has := is[name]; !has || was[name] != i {
			d.value(join("tools", name), a[i], nil, true, false)
		}
	}
	kept := func(tools []any, other map[string]int) (out []string) {
		for _, t := range objects(tools) {
			name, _ := t["name"].(string)
			if _, ok := other[name]; ok {
				out = append(out, name)
			}
		}
		return out
	}
	if x, y := kept(a, is), kept(b, was); len(x) == len(y) && !slices.Equal(x, y) {
		d.add(Change{Path: "tools", Kind: Moved, Old: x, New: y})
	}
}

// place is an element of a list with where it stood.
type place struct {
	at  int
	v   any
	key string
}

// sequence aligns messages or examples.
func (d *differ) sequence(path string, a, b []any) {
	var gone, come []place
	flush := func() {
		d.gap(path, gone, come)
		gone, come = nil, nil
	}
	x, y := 0, 0
	edits := diff.Edits(keysOf(a), keysOf(b))
	moved := movedOf(edits)
	for _, e := range edits {
		switch e.Op {
		case diff.Delete:
			if _, ok := moved[e.X]; !ok {
				gone = append(gone, place{x, a[x], e.X})
			}
			x++
		case diff.Insert:
			if from, ok := moved[e.Y]; ok {
				flush()
				d.add(Change{Path: at(path, y), Kind: Moved, Old: from, New: y})
			} else {
				come = append(come, place{y, b[y], e.Y})
			}
			y++
		default:
			flush()
			x, y = x+1, y+1
		}
	}
	flush()
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func keysOf(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		data, _ := marshal(v)
		out[i] = string(data)
	}
	return out
}

// movedOf are the elements deleted once and inserted once, with their old position.
func movedOf(edits []diff.Edit[string]) map[string]int {
	from, to, more := map[string]int{}, map[string]bool{}, map[string]bool{}
	x := 0
	for _, e := range edits {
		switch e.Op {
		case diff.Delete:
			if _, twice := from[e.X]; twice {
				more[e.X] = true
			}
			from[e.X] = x
			x++
		case diff.Insert:
			more[e.Y] = more[e.Y] || to[e.Y]
			to[e.Y] = true
		default:
			x++
		}
	}
	maps.DeleteFunc(from, func(k string, _ int) bool { return !to[k] || more[k] })
	return from
}

// gap pairs what went with what came in its place: in order, of the same form;
// elements that differ in form are paired only if nothing else is there.
func (d *differ) gap(path string, gone, come []place) {
	next := 0
	for _, g := range gone {
		i := slices.IndexFunc(come[next:], func(c place) bool { return form(c.v) == form(g.v) })
		if i < 0 && len(gone) == 1 && len(come) == 1 && similar(g.v, come[0].v) {
			i = 0
		}
		if i < 0 {
			d.whole(path, g, Removed)
			continue
		}
		for _, c := range come[next : next+i] {
			d.whole(path, c, Added)
		}
		c := come[next+i]
		d.members(at(path, c.at), g.v, c.v, true, true)
		next += i + 1
	}
	for _, c := range come[next:] {
		d.whole(path, c, Added)
	}
}

// form is a message's role, or what else it is.
func form(v any) string {
	m := object(v)
	if role, ok := m["role"].(string); ok {
		return "role " + role
	}
	return strings.Join(union(m, nil), " ")
}

func similar(a, b any) bool { return (object(a)["role"] == nil) == (object(b)["role"] == nil) }

// whole is an element that only one side has, member by member.
func (d *differ) whole(path string, p place, kind Kind) {
	before := len(d.changes)
	for _, k := range union(object(p.v), nil) {
		v := object(p.v)[k]
		s, text := v.(string)
		d.alone(join(at(path, p.at), k), kind, s, text, v)
	}
	for i := range d.changes[before:] {
		d.changes[before+i].item = kind
	}
}
