package compare

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// Verdict says what a change does to callers of the old version.
type Verdict string

const (
	Breaking   Verdict = "breaking"   // some caller of the old version is not served by the new one
	Unknown    Verdict = "unknown"    // cannot be told; never to be taken as passed
	Compatible Verdict = "compatible" // served as before; worth a word
)

// Effect is what one change of the contract does to callers of the old version.
type Effect struct {
	Path    string   `json:"path"`    // in the field's words: "variables.language.enum", "tools.search_kb.parameters.required"
	Key     []string `json:"key"`     // the way to it in the new file, tools and messages by position; its end may be missing there
	Verdict Verdict  `json:"verdict"` //
	Message string   `json:"message"` // one sentence; it quotes names and short values
	Hint    string   `json:"hint,omitempty"`
}

// Breaks reports whether somebody has to look at it: breaking, or cannot be told.
func (e Effect) Breaks() bool { return e.Verdict != Compatible }

// Breaks lists why a caller of the old version may not be served by the new
// one. It is empty if every caller is. Neither version may be nil.
func Breaks(old, new *prompts.Prompt) []Effect {
	return slices.DeleteFunc(Contract(old, new), func(e Effect) bool { return !e.Breaks() })
}

// Contract is Breaks with the compatible changes that are worth a word, ordered
// as the parts of a file are: variables, messages, tools, output.
func Contract(old, new *prompts.Prompt) []Effect {
	if old.Digest() == new.Digest() {
		return nil
	}
	effects := contract(old.Structure(), new.Structure())
	return append(effects, fieldEffects(old, new)...)
}

// contract compares two artifacts, decoded.
func contract(old, new map[string]any) []Effect {
	c := &contracts{}
	if old["name"] != new["name"] {
		c.add(Compatible, "", "the name is %s, was %s: who asks for the old name keeps the old version", []any{new["name"], old["name"]}, "name")
	}
	c.variables(object(old["variables"]), object(new["variables"]))
	c.placeholders(old, new)
	c.tools(objects(old["tools"]), objects(new["tools"]))
	c.output(old["output"], new["output"])
	c.unknown("", nil, old, new, members)
	return c.effects
}

var (
	members         = words("promptflag name model parameters variables messages examples tools output requires")
	variableMembers = words("type required default enum schema description example")
	toolMembers     = words("name description parameters strict")
	outputMembers   = words("format schema strict")
)

type contracts struct{ effects []Effect }

const reason = `if it is meant, write breaking = "…" with the reason at the top of the file`

func (c *contracts) add(v Verdict, hint, format string, args []any, key ...string) {
	if v != Compatible && hint == "" {
		hint = reason
	}
	c.effects = append(c.effects, Effect{Path: strings.Join(key, "."), Key: key, Verdict: v, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// unknown reports members that this package does not know and that differ.
func (c *contracts) unknown(owner string, key []string, old, new map[string]any, known map[string]bool) {
	both := maps.Clone(old)
	if both == nil {
		both = map[string]any{}
	}
	maps.Copy(both, new)
	for _, k := range slices.Sorted(maps.Keys(both)) {
		if a, b := old[k], new[k]; !known[k] && !reflect.DeepEqual(a, b) {
			c.add(Unknown, "compare with a newer promptflag", "%s%s is not known here and differs: cannot be told whether callers of the old version are still served",
				[]any{owner, quote(k)}, append(slices.Clone(key), k)...)
		}
	}
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

func objects(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, e := range list {
		out = append(out, object(e))
	}
	return out
}

func (c *contracts) variables(old, new map[string]any) {
	both := maps.Clone(new)
	if both == nil {
		both = map[string]any{}
	}
	maps.Copy(both, old)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		a, had := old[name]
		b, has := new[name]
		v := object(b)
		switch {
		case !had && required(v):
			c.add(Breaking, "give it a default, or required = false", "variable %s is new and required: callers of the old version do not pass it", []any{quote(name)}, "variables", name)
		case !had:
			c.add(Compatible, "", "variable %s is new and optional", []any{quote(name)}, "variables", name)
		case !has:
			c.add(Breaking, "keep it declared, also if the text needs it no more", "variable %s is removed: callers of the old version pass it and are told that it is not declared", []any{quote(name)}, "variables", name)
		default:
			c.variable(name, object(a), v)
		}
	}
}

// required says whether callers must pass a variable.
func required(v map[string]any) bool {
	if r, ok := v["required"].(bool); ok {
		return r
	}
	_, ok := v["default"]
	return !ok
}

func (c *contracts) variable(name string, old, new map[string]any) {
	key, who := []string{"variables", name}, []any{quote(name)}
	c.unknown("variable "+quote(name)+": ", key, old, new, variableMembers)
	switch a, b := required(old), required(new); {
	case !a && b:
		at := "required"
		if _, had := old["default"]; had && new["required"] == nil {
			at = "default"
		}
		c.add(Breaking, "give it a default, or required = false", "variable %s is now required: callers of the old version may leave it out", who, "variables", name, at)
	case a && !b:
		c.add(Compatible, "", "variable %s is now optional", who, "variables", name)
	case !reflect.DeepEqual(old["default"], new["default"]):
		c.add(Compatible, "", "the default of variable %s changed", who, "variables", name, "default")
	}
	if from, to := old["type"], new["type"]; from != to {
		if from != "integer" || to != "number" {
			c.add(Breaking, "add a variable of the new type under another name", "variable %s is %v, was %v", []any{quote(name), to, from}, "variables", name, "type")
			return
		}
		c.add(Compatible, "", "variable %s is number, was integer: integers are still accepted", who, "variables", name, "type")
	}
	c.enum(name, old, new)
	a, hadSchema := old["schema"]
	b, hasSchema := new["schema"]
	switch {
	case !hadSchema && !hasSchema:
		return
	case !hadSchema:
		a = map[string]any{}
	case !hasSchema:
		c.add(Compatible, "", "variable %s has no schema any more", who, "variables", name, "schema")
		return
	}
	key = append(key, "schema")
	p := &prover{dir: input, owner: "variable " + quote(name), path: key, key: key, hint: reason}
	c.effects = append(c.effects, p.schemas(newNode(a), newNode(b), newNode(map[string]any{"type": new["type"]}))...)
}

func (c *contracts) enum(name string, old, new map[string]any) {
	a, had := old["enum"].([]any)
	b, has := new["enum"].([]any)
	key := []string{"variables", name, "enum"}
	gone, come := without(a, b), without(b, a)
	switch {
	case !has && had:
		c.add(Compatible, "", "variable %s takes any value now", []any{quote(name)}, key...)
	case has && !had:
		c.add(Breaking, reason, "variable %s takes only %s now: callers of the old version may pass anything", []any{quote(name), list(b)}, key...)
	case len(gone) > 0:
		c.add(Breaking, "keep the values that callers pass", "variable %s does not take %s any more", []any{quote(name), list(gone)}, key...)
	case len(come) > 0:
		c.add(Compatible, "", "variable %s takes %s too", []any{quote(name), list(come)}, key...)
	}
}

func (c *contracts) placeholders(old, new map[string]any) {
	was, is := placeholders(old), placeholders(new)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[name]; !ok {
			c.add(Breaking, reason, "placeholder %s is new: callers of the old version pass no messages for it", []any{quote(name)}, "messages", strconv.Itoa(is[name]), "placeholder")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[name]; !ok {
			c.add(Breaking, reason, "placeholder %s is removed: the messages that callers of the old version pass have no place", []any{quote(name)}, "messages")
		}
	}
}

// placeholders are the positions of messages that the caller fills, by name.
func placeholders(artifact map[string]any) map[string]int {
	out := map[string]int{}
	for i, m := range objects(artifact["messages"]) {
		if name, ok := m["placeholder"].(string); ok {
			out[name] = i
		}
	}
	return out
}
