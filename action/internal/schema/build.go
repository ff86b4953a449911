package schema

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Node is a JSON Schema, or a part of one, as encoding/json makes it. What a
// function of this package returns is the caller's own.
type Node = map[string]any

// JSON is a schema as a file: indented, the same bytes each time.
func JSON(n Node) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(n)
	return b.Bytes(), err
}

const draft = "http://json-schema.org/draft-07/schema#"

// with adds keywords to a node.
func with(n Node, more Node) Node {
	maps.Copy(n, more)
	return n
}

func text(doc string) Node { return Node{"type": "string", "description": doc} }

// says is a text that is not blank.
func says(doc string) Node { return with(text(doc), Node{"pattern": `\S`}) }

func matching(pattern, doc string) Node { return with(text(doc), Node{"pattern": pattern}) }

func flag(doc string) Node { return Node{"type": "boolean", "description": doc} }

func number(low, high float64, doc string) Node {
	return Node{"type": "number", "minimum": low, "maximum": high, "description": doc}
}

func integer(low, high int64, doc string) Node {
	return Node{"type": "integer", "minimum": low, "maximum": high, "description": doc}
}

func list(items Node, doc string) Node {
	return Node{"type": "array", "items": items, "description": doc}
}

// word is one of some words and what each of them means.
type word struct{ word, doc string }

func oneOf(doc string, words ...word) Node {
	var values, docs []any
	for _, w := range words {
		values, docs = append(values, w.word), append(docs, w.doc)
	}
	return Node{"type": "string", "enum": values, "description": doc, "x-taplo": Node{"docs": Node{"enumValues": docs}}}
}

// table is a table with these keys and no others.
func table(doc string, keys Node, required ...string) Node {
	n := Node{"type": "object", "properties": keys, "additionalProperties": false, "description": doc}
	if len(required) > 0 {
		n["required"] = anys(required)
	}
	return n
}

// named is a table whose keys people choose.
func named(doc, pattern string, value Node) Node {
	return Node{"type": "object", "patternProperties": Node{pattern: value}, "additionalProperties": false, "description": doc}
}

// open is a table with anything in it.
func open(doc string) Node { return Node{"type": "object", "description": doc} }

// starts names the keys that an editor writes into a new table.
func starts(n Node, keys ...string) Node {
	return with(n, Node{"x-taplo": Node{"initKeys": anys(keys)}})
}

// without is a table that lacks these keys.
func without(keys ...string) Node {
	properties := Node{}
	for _, key := range keys {
		properties[key] = false
	}
	return Node{"properties": properties}
}

// has is a table with a key.
func has(key string) Node { return Node{"required": []any{key}} }

// is is a table with a key that has this value.
func is(key, value string) Node {
	return Node{"properties": Node{key: Node{"const": value}}, "required": []any{key}}
}

// choose is the first branch whose condition holds.
type branch struct{ condition, then Node }

func choose(otherwise Node, branches ...branch) Node {
	out := otherwise
	for i := len(branches) - 1; i >= 0; i-- {
		next := Node{"if": branches[i].condition, "then": branches[i].then}
		if len(out) > 0 {
			next["else"] = out
		}
		out = next
	}
	return out
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
