package schema

import (
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/evalkit/assert"
)

// assertion is the schema of one. Its types are those of package assert, and what
// each takes is what that package says. Without $ref a schema grows by what it
// repeats: of the parts of an assert-set it knows the keys and types only.
func assertion() Node {
	parts := keys(open("An assertion."))
	return with(keys(parts), choose(nil, byType()...))
}

func keys(parts Node) Node {
	n := table("A check of the answer.", Node{
		"type":          types(),
		"value":         Node{"description": "What the answer is compared with, by type. A text may be a template over the variables of the case."},
		"threshold":     Node{"type": "number", "minimum": 0, "description": "What the score must reach, or, for some types, what another number must not exceed. Default by type."},
		"weight":        with(number(0, 1, "How much it counts in the score of the case; 0 measures and never decides. Default 1."), Node{"maximum": 1_000_000, "default": 1}),
		"metric":        with(says("A name that its score counts for, in rules and reports."), Node{"not": Node{"pattern": `\{\{`}}),
		"provider":      says("The model that judges, or embeds, instead of the suite's."),
		"rubric_prompt": says("The question to the judge, instead of the type's own: a template with {{output}} and {{rubric}}."),
		"config":        table("What the answers of the judge are worth, for factuality: 0 to 1.", categories()),
		"steps":         with(list(with(says("A step."), Node{"not": Node{"pattern": `\{\{`}}), "The steps of evaluation, for g-eval. Default: the judge derives them."), Node{"minItems": 1}),
		"assert":        with(list(parts, "The assertions of an assert-set."), Node{"minItems": 1}),
	}, "type")
	return starts(n, "type", "value")
}

func types() Node {
	var words []word
	for _, k := range assert.Kinds() {
		doc := k.Summary
		if k.Value != "" {
			doc += " The value: " + k.Value + "."
		}
		words = append(words, word{k.Name, doc}, word{"not-" + k.Name, "The opposite of " + k.Name + "."})
	}
	return oneOf("What is checked.", words...)
}

func categories() Node {
	n := Node{}
	for name, doc := range map[string]string{
		"subset": "All that the answer states is in the reference, which states more. Default 1.", "superset": "It states all of the reference, and more. Default 1.",
		"agree": "Both state the same. Default 1.", "disagree": "It contradicts the reference. Default 0.", "differButFactual": "They differ in what does not matter. Default 1.",
	} {
		n[name] = number(0, 1, doc)
	}
	return n
}

// byType are the types that take the same, each with what they take.
func byType() []branch {
	var out []branch
	at := map[string]int{}
	for _, k := range assert.Kinds() {
		then := taken(k)
		key := fmt.Sprint(then) // in the order of its keys
		i, ok := at[key]
		if !ok {
			i, at[key] = len(out), len(out)
			out = append(out, branch{Node{"properties": Node{"type": Node{"enum": []any{}}}, "required": []any{"type"}}, then})
		}
		kind := out[i].condition["properties"].(Node)["type"].(Node)
		kind["enum"] = append(kind["enum"].([]any), k.Name, "not-"+k.Name)
	}
	return out
}

// taken is what a type takes.
func taken(k assert.Kind) Node {
	properties, required := Node{}, []any{}
	for _, member := range []string{"assert", "config", "provider", "rubric_prompt", "steps"} {
		if !slices.Contains(k.Members, member) {
			properties[member] = false
		} else if member == "assert" {
			required = append(required, member)
		}
	}
	switch {
	case !k.Threshold:
		properties["threshold"] = false
	case k.Score && k.AboveZero:
		properties["threshold"] = Node{"exclusiveMinimum": 0, "maximum": 1}
	case k.Score:
		properties["threshold"] = Node{"maximum": 1}
	}
	if k.Required {
		required = append(required, "threshold")
	}
	value, optional := valueOf(k)
	if k.Value == "" {
		properties["value"] = false
	} else {
		properties["value"] = value
		if !optional {
			required = append(required, "value")
		}
	}
	n := Node{"properties": properties}
	if len(required) > 0 {
		n["required"] = required
	}
	return n
}

// valueOf is the schema of a value by what package assert says to write.
func valueOf(k assert.Kind) (n Node, optional bool) {
	scalar := func(lists bool) Node {
		kinds := []any{"string", "number", "boolean"}
		if lists {
			kinds = append(kinds, "array")
		}
		return Node{"type": kinds}
	}
	some := func(n Node) Node { return with(n, Node{"minLength": 1}) }
	several := func() Node {
		return with(some(scalar(true)), Node{"minItems": 1, "items": some(scalar(false))})
	}
	switch k.Value {
	case "a text":
		if k.Name == "levenshtein" { // no text is near some
			return scalar(false), false
		}
		return some(scalar(false)), false
	case "a regular expression", "the reason", "the criterion", "the reference answer", "the expected answer", "the reference text":
		return some(scalar(false)), false
	case "a text, or a list or table":
		return Node{"type": []any{"string", "number", "boolean", "array", "object"}}, false
	case "a list of texts, or one text with commas", "a list of names, or one text with commas", "the reference text, or a list of them",
		"a criterion, or a list of criteria", "a text, or a list of texts":
		return several(), false
	case "a JSON Schema, or nothing":
		return Node{"type": []any{"object", "boolean", "string"}, "pattern": `^\s*[{tf]`}, true
	case "a number, or a table with min, max or both":
		count := Node{"type": "integer", "minimum": 0}
		return with(table("", Node{"min": count, "max": count}), Node{"type": []any{"string", "number", "object"}, "minimum": 0, "multipleOf": 1, "minProperties": 1}), false
	case "an expression: len(output) < 200 && json.total > 0":
		return Node{"type": "string", "pattern": `\S`}, false
	case "as for is-xml", "paths of required elements such as order.item.name: a list, a text with commas, or {requiredElements = […]}; or nothing":
		paths := several()
		return with(several(), Node{"type": []any{"string", "number", "boolean", "array", "object"}, "required": []any{"requiredElements"}, "additionalProperties": false,
			"properties": Node{"requiredElements": with(paths, Node{"type": "array"})}}), true
	}
	return nil, true
}
