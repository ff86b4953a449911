package suite

import (
	"maps"
	"regexp"
	"slices"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// maxRepeats bounds the samples of one case.
const maxRepeats = 100

// idPattern is what reports, shells and the file names of other tools take.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9._:/-]([A-Za-z0-9._:/ -]{0,118}[A-Za-z0-9._:/-])?$`)

// shared is what all cases of a suite have.
type shared struct {
	repeat          int
	maxRepeat       int                    // 0 when not written
	judge, embedder bool                   // the suite names them
	asks            map[string]assert.Kind // types that ask a model

	vars, metadata map[string]any
	tags           []string
	threshold      *float64
	asserts        []*assert.Assertion
	// doubtful says that the assertions of the defaults have findings: what they
	// would give to cases is not known.
	doubtful bool
}

// record is a case as it is written, without what it has from the defaults.
type record struct {
	named   bool           // the id is written
	members map[string]any // for hashing
}

// pass is one reading of all cases.
type pass struct {
	*findings
	*shared
	ids   *ids
	cache *cache
	again bool // it was checked before
	// each takes the cases that are in order; false ends the pass.
	each func(*Case, record, table) bool
}

// readCase reads one case and passes it on; false ends the pass.
func (p *pass) readCase(t table, line int) bool {
	before := p.count[t.file]
	t.known(map[string]string{
		"input":          "write it among vars",
		"expected":       "write an assertion of type equals",
		"options":        "options are not supported: a rubric_prompt or a provider stands with its assertion",
		"provider":       "the model is that of the prompt, or of the run",
		"providers":      "the model is that of the prompt, or of the run",
		"providerOutput": "outputs are recorded by a run",
	}, "id", "description", "vars", "tags", "cluster", "repeat", "threshold", "metadata", "assert")
	c := &Case{Repeat: p.repeat, Threshold: p.threshold, File: t.file, Line: line}
	vars, _ := t.table("vars")
	c.Vars = merged(p.vars, vars.m)
	c.Metadata = p.describe(t)
	c.Tags = sortedSet(slices.Concat(p.tags, t.words("tags")))
	c.Cluster = t.label("cluster")
	if n := t.integer("repeat", 1, maxRepeats); n != nil {
		c.Repeat = *n
		if p.maxRepeat > 0 && *n > p.maxRepeat {
			t.add("repeat", "raise max_repeat of the suite", "repeat is %d, and max_repeat is %d", *n, p.maxRepeat)
		}
	}
	if f := t.number("threshold", "0 to 1", share); f != nil {
		c.Threshold = f
	}
	own, canonical := p.assertions(t)
	c.Assert = slices.Concat(p.asserts, own)
	if p.count[t.file] == before && !p.doubtful {
		decides(t, c.Assert)
	}
	var r record
	if !p.again {
		r.members = writtenMembers(t, canonical)
	}
	c.ID, r.named = p.id(t, vars.m)
	if p.count[t.file] > before {
		return true
	}
	return p.each(c, r, t)
}

// decides reports a case that nothing decides.
func decides(t table, asserts []*assert.Assertion) {
	switch {
	case len(asserts) == 0:
		t.addHere("give it assert, or write [[defaults.assert]] for all cases", "case has no assertion: nothing would be checked")
	case !slices.ContainsFunc(asserts, func(a *assert.Assertion) bool { return a.Weight > 0 }):
		t.add("assert", "give one of them a weight above 0", "all assertions of the case have weight 0: it could not fail")
	}
}

// id is as written, or made from the vars.
func (p *pass) id(t table, vars map[string]any) (id string, named bool) {
	if !t.has("id") {
		return p.ids.of(vars), false
	}
	id, ok := t.m["id"].(string)
	switch {
	case !ok:
		t.want("id", "a string")
	case !idPattern.MatchString(id):
		t.add("id", "write 1 to 120 of A-Z, a-z, 0-9, '.', '_', ':', '/' and '-', with spaces between", "%q cannot be the id of a case", short(id))
	}
	return id, true
}

// describe is the metadata of the defaults and the case, with the description.
func (p *pass) describe(t table) map[string]any {
	own, _ := t.table("metadata")
	out := merged(p.metadata, own.m)
	if !t.has("description") {
		return out
	}
	description, ok := t.m["description"].(string)
	switch _, taken := own.m["description"]; {
	case !ok:
		t.want("description", "a string")
	case taken:
		t.add("description", "leave one of them out", "description stands in metadata, too")
	default:
		out["description"] = description
	}
	return out
}

// label is a name that reports print, or "".
func (t table) label(key string) string {
	s := t.text(key)
	if s != "" && !isLine(s) {
		t.add(key, "", "%s: %q is not a text of 1 to %d characters on one line", t.name(key), short(s), maxLabel)
	}
	return s
}

func sortedSet(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// merged is a map of its own.
func merged(base, own map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(own))
	maps.Copy(out, base)
	maps.Copy(out, own)
	return out
}
