package evalkit

import (
	"fmt"
	"path"
	"strings"

	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// Fields of CSV are text, and a prompt may declare a number. So a field of a
// variable that is no string is read as JSON, as promptfoo's users write it. What
// stands in JSONL or TOML has its type already: there "5" is a mistake.

// values are the variables of a case as a version declares them, and what cannot
// be read so. A field that is empty, of a variable that is no string, is left out.
func (r *renderer) values(c *suite.Case) (map[string]any, []prompts.Problem) {
	values := make(map[string]any, len(c.Vars))
	var problems []prompts.Problem
	csv := path.Ext(c.File) == ".csv"
	for name, v := range c.Vars {
		kind, declared := r.declared[name]
		text, isText := v.(string)
		switch {
		case !declared: // only assertions compare with it
		case !csv || !isText || kind == "string":
			values[name] = v
		case strings.TrimSpace(text) == "":
		default:
			value, ok := fromField(text, kind)
			if !ok {
				problems = append(problems, unreadable(name, kind))
			}
			values[name] = value
		}
	}
	return values, problems
}

// fromField reads a field as JSON. Spreadsheets write TRUE.
func fromField(text, kind string) (value any, ok bool) {
	if kind == "boolean" {
		text = strings.ToLower(text)
	}
	doc, err := prompts.ReadJSON("field", 1, []byte(`{"value":`+text+`}`))
	if err != nil || len(doc.Values) != 1 || doc.Values["value"] == nil {
		return nil, false
	}
	value = doc.Values["value"]
	switch value.(type) {
	case bool:
		ok = kind == "boolean"
	case int64, uint64, float64:
		ok = kind == "integer" || kind == "number"
	case []any:
		ok = kind == "array" || kind == placeholder
	case map[string]any:
		ok = kind == "object"
	}
	return value, ok
}

// placeholder is the kind of what stands for messages.
const placeholder = "list of messages"

// unreadable does not quote the field: it may be personal data.
func unreadable(name, kind string) prompts.Problem {
	example := map[string]string{
		"integer": "5", "number": "0.5", "boolean": "true", "array": `["a", "b"]`, "object": `{"key": "value"}`,
		placeholder: `[{"role": "user", "content": "Hello"}]`,
	}[kind]
	article := "a"
	if strings.ContainsRune("aeiou", rune(kind[0])) {
		article = "an"
	}
	return prompts.Problem{
		Variable: name, Message: fmt.Sprintf("is declared as %s %s, and this field is none", article, kind),
		Hint: "a field of CSV is read as JSON where the prompt declares no string: write " + example,
	}
}
