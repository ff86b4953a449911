package compare

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

func (c *contracts) output(a, b any) {
	old, new := object(a), object(b)
	c.unknown("output: ", []string{"output"}, old, new, outputMembers)
	was, is := format(old), format(new)
	if was != is {
		c.add(Breaking, reason, "the output is %s, was %s: callers of the old version read it otherwise", []any{is, was}, "output", "format")
		return
	}
	had, hadSchema := old["schema"]
	has, hasSchema := new["schema"]
	switch {
	case hadSchema && !hasSchema:
		c.add(Breaking, reason, "the output has no schema any more: answers may be anything", nil, "output", "schema")
		return
	case hasSchema && !hadSchema:
		c.add(Compatible, "", "the output has a schema now", nil, "output", "schema")
	case hasSchema:
		p := &prover{dir: output, owner: "the output", path: []string{"output", "schema"}, key: []string{"output", "schema"}, hint: reason}
		c.effects = append(c.effects, p.schemas(newNode(had), newNode(has))...)
	}
	c.strict("the output", hadSchema, []string{"output", "strict"}, []string{"output", "strict"}, old, new)
}

func format(output map[string]any) string {
	f, _ := output["format"].(string)
	return cmp.Or(f, "text")
}

// strict reports that a schema is not enforced any more.
func (c *contracts) strict(owner string, schema bool, path, key []string, old, new map[string]any) {
	was, is := old["strict"] == true, new["strict"] == true
	switch {
	case was && !is && schema:
		c.add(Unknown, "keep strict = true", "%s is not strict any more: cannot be told whether the model keeps to the schema", []any{owner}, key...)
	case is && !was:
		c.add(Compatible, "", "%s is strict now", []any{owner}, key...)
	default:
		return
	}
	c.effects[len(c.effects)-1].Path = strings.Join(path, ".")
}

// tools compares by name. A tool that is new breaks: callers run the tools, and
// the model may call one that they do not have.
func (c *contracts) tools(old, new []map[string]any) {
	was, is := toolsByName(old), toolsByName(new)
	gone := slices.DeleteFunc(slices.Sorted(maps.Keys(was)), func(n string) bool { _, ok := is[n]; return ok })
	for i, t := range new {
		name, _ := t["name"].(string)
		if is[name] != i {
			continue // named twice: the first counts
		}
		if at, ok := was[name]; ok {
			c.tool(name, i, old[at], t)
			continue
		}
		key := []string{"tools", strconv.Itoa(i)}
		if j := slices.IndexFunc(gone, func(n string) bool { return sameTool(old[was[n]], t) }); j >= 0 {
			c.add(Breaking, "keep the name that callers dispatch on", "tool %s is renamed to %s: callers of the old version have no such tool", []any{quote(gone[j]), quote(name)}, append(key, "name")...)
			gone = slices.Delete(gone, j, j+1)
		} else {
			c.add(Breaking, reason, "tool %s is new: the model may call it, and callers of the old version have no such tool", []any{quote(name)}, key...)
		}
		c.effects[len(c.effects)-1].Path = "tools." + name
	}
	for _, name := range gone {
		c.add(Breaking, reason, "tool %s is removed: callers of the old version count on its being called", []any{quote(name)}, "tools")
		c.effects[len(c.effects)-1].Path = "tools." + name
	}
}

func toolsByName(tools []map[string]any) map[string]int {
	out := map[string]int{}
	for i, t := range tools {
		name, _ := t["name"].(string)
		if _, ok := out[name]; !ok {
			out[name] = i
		}
	}
	return out
}

func sameTool(a, b map[string]any) bool {
	x, y := maps.Clone(a), maps.Clone(b)
	delete(x, "name")
	delete(y, "name")
	return reflect.DeepEqual(x, y)
}

func (c *contracts) tool(name string, at int, old, new map[string]any) {
	path, key := []string{"tools", name}, []string{"tools", strconv.Itoa(at)}
	before := len(c.effects)
	c.unknown("tool "+quote(name)+": ", key, old, new, toolMembers)
	if !reflect.DeepEqual(old["description"], new["description"]) {
		c.add(Compatible, "", "the description of tool %s changed", []any{quote(name)}, append(key, "description")...)
	}
	for i := range c.effects[before:] {
		e := &c.effects[before+i]
		e.Path = strings.Join(append(slices.Clone(path), e.Key[2:]...), ".")
	}
	p := &prover{dir: arguments, owner: "tool " + quote(name), path: append(path, "parameters"), key: append(key, "parameters"), hint: reason}
	isObject := newNode(map[string]any{"type": "object"}) // what is called has an object of arguments
	c.effects = append(c.effects, p.schemas(newNode(parameters(old)), newNode(parameters(new)), isObject)...)
	c.strict("tool "+quote(name), old["parameters"] != nil, append(path, "strict"), append(key, "strict"), old, new)
}

// parameters is the schema of a tool's arguments; without one it takes none.
func parameters(tool map[string]any) any {
	if s, ok := tool["parameters"]; ok {
		return s
	}
	return map[string]any{"type": "object"}
}

// fieldEffects reports fields of objects that the new templates cannot do
// without and the old ones could: {{order.id}} outside of sections.
func fieldEffects(old, new *prompts.Prompt) []Effect {
	var c contracts
	was := neededFields(old)
	variables := object(old.Structure()["variables"])
	for _, field := range neededFields(new) {
		name, _, _ := strings.Cut(field, ".")
		if _, had := variables[name]; !had || slices.Contains(was, field) || promises(variables[name], strings.Split(field, ".")[1:]) {
			continue
		}
		c.add(Breaking, "put it into a section, which needs no field", "the messages now use %s: callers of the old version may pass %s without it", []any{quote(field), quote(name)}, "variables", name)
	}
	return c.effects
}

// neededFields asks the prompt itself: objects without fields lack what is needed.
func neededFields(p *prompts.Prompt) (out []string) {
	values := map[string]any{}
	for name, v := range object(p.Structure()["variables"]) {
		if object(v)["type"] == "object" {
			values[name] = map[string]any{}
		}
	}
	if len(values) == 0 {
		return nil
	}
	_, err := p.Render(values)
	var problems *prompts.RenderError
	if errors.As(err, &problems) {
		for _, problem := range problems.Problems {
			if strings.Contains(problem.Variable, ".") {
				out = append(out, problem.Variable)
			}
		}
	}
	return out
}

// promises reports whether a variable's schema always has a field.
func promises(variable any, field []string) bool {
	as := []node{newNode(object(object(variable)["schema"]))}
	for _, name := range field {
		flat, _ := flatten(as)
		if !requires(flat, name) {
			return false
		}
		as, _ = property(flat, name)
	}
	return true
}
