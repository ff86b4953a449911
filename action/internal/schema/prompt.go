package schema

import "github.com/promptflag/promptflag/prompts"

const (
	variableName = `^[A-Za-z_][A-Za-z0-9_]*$`
	promptName   = `^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$`
	filePath     = `^[^/\\]+(/[^/\\]+)*$`
)

// Prompt is the schema of a definition.
func Prompt() Node {
	file := table("One prompt. Its name is the path of the file below the prompts folder, with dots for slashes.", Node{
		"description": text("What the prompt is for. For people: not part of the identity."),
		"owners":      list(text("A person or team, such as @acme/support-ai."), "Who answers for the prompt. Not part of the identity."),
		"tags":        list(text("A word by which `list --tag` finds the prompt."), "Words to find the prompt by. Not part of the identity."),
		"moved_from":  name("The name that this prompt had before, so that its history goes on."),
		"breaking":    says("Why a change that breaks callers is meant. Lets the contract check pass; remove it with the next change."),
		"deprecated": table("The prompt should no longer be used.", Node{
			"reason":      says("Why."),
			"replaced_by": name("The prompt to use instead."),
		}),
		"rollout": Node{"type": "object", "description": "How a new version starts, by environment; overrides promptflag.toml.", "additionalProperties": rollout()},
		"check":   check(),
		"model":   says("The model's name, as its API has it."),
		"parameters": table("Parameters of the model, by their OpenAI name. What is not written is not sent.",
			parameters()),
		"variables": named("What callers pass. A template may use what is declared here and nothing else.", variableName, variable()),
		"messages":  with(list(message(), "The messages in their order."), Node{"minItems": 1}),
		"examples": list(table("An input and the output that is right for it. Plain texts, never templates.", Node{
			"input":  text("What a user says."),
			"output": text("What the model should answer. JSON when [output] asks for it."),
		}, "input", "output"), "Pairs of user and assistant messages, which stand where a message says examples = true."),
		"tools":  list(tool(), "Functions that the model may call."),
		"output": output(),
	}, "model", "messages")
	return with(starts(file, "model"), Node{"$schema": draft, "title": "promptflag prompt"})
}

func name(doc string) Node { return with(matching(promptName, doc), Node{"maxLength": 100}) }

func file(doc string) Node {
	return matching(filePath, doc+" The path counts from the folder of this file, with /.")
}

func rollout() Node {
	return table("How a new version starts in this environment.", Node{
		"percent":    integer(0, 100, "Percentage of callers that get a new version first."),
		"stickiness": says("The context field that keeps a caller on one side of the percentage, such as userId."),
	})
}

// check lists the rules that can be ignored. Rules from PF100 on are those of
// the team, which this package does not know one by one.
func check() Node {
	ignorable := Node{}
	for _, rule := range prompts.Rules() {
		if rule.Ignorable {
			ignorable[rule.ID] = says("Why " + rule.Name + " does not matter here. The rule: " + rule.Summary)
		}
	}
	ignore := table("Rules that this file is excepted from, each with a reason.", ignorable)
	ignore["patternProperties"] = Node{"^PF[1-9][0-9][0-9]$": says("Why this rule does not matter here.")}
	return table("Exceptions from checks. Not part of the identity.", Node{"ignore": ignore})
}

func variable() Node {
	v := table("One value that callers pass. Without default and without required = false, they must.", Node{
		"type": oneOf("The type of the value.",
			word{"string", "Text."}, word{"integer", "A number without a fraction."}, word{"number", "A number."},
			word{"boolean", "true or false."}, word{"array", "A list; schema may say of what."}, word{"object", "A table; schema may say which keys."}),
		"required":    flag("false: callers may leave the variable out; it renders as nothing, and a section over it is a no."),
		"default":     Node{"description": "The value for callers that pass none."},
		"enum":        Node{"type": "array", "minItems": 1, "uniqueItems": true, "description": "The only values allowed, of strings, integers and numbers."},
		"schema":      jsonSchema("JSON Schema of an array or object."),
		"schema_file": file("JSON file with the JSON Schema of an array or object."),
		"description": text("What callers pass. For people: not part of the identity."),
		"example":     Node{"description": "A value that callers may pass. For people: not part of the identity."},
	}, "type")
	v["dependencies"] = Node{
		"schema":  without("schema_file"),
		"default": Node{"properties": Node{"required": Node{"const": false}}},
	}
	var branches []branch
	for _, kind := range []string{"string", "integer", "number", "boolean"} {
		value := Node{"type": kind}
		then := without("schema", "schema_file")
		with(then["properties"].(Node), Node{"default": value, "example": value, "enum": Node{"items": value}})
		if kind == "boolean" {
			then["properties"].(Node)["enum"] = false
		}
		branches = append(branches, branch{is("type", kind), then})
	}
	for _, kind := range []string{"array", "object"} {
		value := Node{"type": kind}
		branches = append(branches, branch{is("type", kind), Node{"properties": Node{"default": value, "example": value, "enum": false}}})
	}
	return starts(with(v, choose(nil, branches...)), "type")
}

func jsonSchema(doc string) Node {
	return open(doc + " Draft 2020-12 unless $schema says otherwise, complete in itself.")
}

func message() Node {
	m := table("A message with role and content, the place of the examples, or the place of messages that callers pass.", Node{
		"role": oneOf("Who speaks.",
			word{"system", "The instructions of the service."}, word{"developer", "The instructions, for models that call it so."},
			word{"user", "The person or program that asks."}, word{"assistant", "The model."}),
		"content": Node{"type": []any{"string", "array"}, "minItems": 1, "items": part(),
			"description": "The text, a Mustache template: {{name}} is a variable, {{> tone}} the partial _tone.md. Or a list of parts: text, pictures, files."},
		"content_file": file("File with the text, instead of content."),
		"examples":     Node{"const": true, "description": "true: the [[examples]] go here."},
		"placeholder":  matching(variableName, "Callers pass messages under this name, which go here."),
	})
	written := Node{"required": []any{"role"}, "if": has("content_file"), "then": without("content"), "else": has("content")}
	return starts(with(m, choose(written,
		branch{has("examples"), without("role", "content", "content_file", "placeholder")},
		branch{has("placeholder"), without("role", "content", "content_file")},
	)), "role", "content")
}

func part() Node {
	p := table("A part of the content, in OpenAI's shape. Its strings are templates.", Node{
		"type": oneOf("What the part is.", word{"text", "A text."}, word{"image_url", "A picture."}, word{"file", "A document."}),
		"text": text("The text."),
		"image_url": table("The picture.", Node{
			"url": text("Address of the picture: https, or data:image/… with base64."),
			"detail": oneOf("How closely the model looks.", word{"auto", "The model decides."}, word{"low", "Cheap."},
				word{"high", "In full."}),
		}, "url"),
		"file": with(table("The document: file_data with filename, or file_id.", Node{
			"file_data": text("The document in base64."),
			"file_id":   text("The id that an upload gave it."),
			"filename":  text("Its name."),
		}), Node{"oneOf": []any{has("file_data"), has("file_id")}}),
	}, "type")
	var branches []branch
	for _, kind := range []struct{ is, not1, not2 string }{{"text", "image_url", "file"}, {"image_url", "text", "file"}, {"file", "text", "image_url"}} {
		branches = append(branches, branch{is("type", kind.is), with(without(kind.not1, kind.not2), has(kind.is))})
	}
	return starts(with(p, choose(nil, branches...)), "type")
}

func tool() Node {
	t := table("A function that the model may call. All of it reaches the model.", Node{
		"name":            matching(`^[A-Za-z0-9_-]{1,64}$`, "Its name: 1 to 64 letters, digits, _ and -."),
		"description":     text("What it does and when to call it."),
		"parameters":      jsonSchema("JSON Schema of its arguments."),
		"parameters_file": file("JSON file with the JSON Schema of its arguments."),
		"strict":          flag("true: the model's API keeps to the schema. Then every object needs additionalProperties = false and requires all its properties."),
	}, "name")
	t["dependencies"] = Node{"parameters": without("parameters_file")}
	return starts(t, "name", "description")
}

func output() Node {
	o := table("The form of the answer.", Node{
		"format":      oneOf("What the answer is.", word{"json", "One JSON document."}, word{"text", "Text."}),
		"schema":      jsonSchema("JSON Schema of the answer."),
		"schema_file": file("JSON file with the JSON Schema of the answer."),
		"strict":      flag("true: the model's API keeps to the schema. Then every object needs additionalProperties = false and requires all its properties."),
	})
	o["dependencies"] = Node{"schema": without("schema_file")}
	return starts(with(o, choose(nil, branch{is("format", "text"), without("schema", "schema_file")})), "format")
}
