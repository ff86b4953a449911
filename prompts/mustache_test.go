package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cbroglie/mustache"

	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/internal/teststack"
)

// mustacheSpec is Mustache's own specification, which is data: nothing of it is
// in this repository.
const mustacheSpec = "github.com/mustache/spec@v1.4.3"

// specCase is one case of the specification.
type specCase struct {
	Name, Desc, Template, Expected string
	Data                           any
	Partials                       map[string]string

	inFile bool // the template is the content_file of the prompt
}

// The reasons for which a case may end otherwise than the specification says.
// Each is found by its own test on the outcome: see deviation.
const (
	reasonEscape    = "no escaping"
	reasonDeclare   = "names are declared"
	reasonField     = "fields must exist"
	reasonDot       = "no value without a name"
	reasonRecursion = "no recursion"
	reasonPartial   = "partials exist"
	reasonNewline   = "files end with a newline"
	reasonDelims    = "delimiters are changed back"
	reasonModule    = "optional module"
)

var specReasons = [][2]string{
	{reasonEscape, "Prompts are no HTML: values are written as they are. But for the escapes the text is what the specification wants."},
	{reasonDeclare, "A name that no variable has is a finding (PF019). Declared with `required = false`, it renders as the specification wants."},
	{reasonField, "`{{a.b}}` outside of sections is an error of Render when the object has no such field, and a finding (PF021) when `a` is no object."},
	{reasonDot, "Callers pass values by name: `{{.}}` outside of sections is a finding (PF021)."},
	{reasonRecursion, "Partials are expanded when the file is read: one that includes itself is a finding (PF027)."},
	{reasonPartial, "A partial that does not exist is a finding (PF026)."},
	{reasonNewline, "The newline that ends the file of a partial is not part of its text; what follows the tag follows the text, so that a tag on a line of its own gives whole lines whether the file ends with a newline or not."},
	{reasonDelims, "A partial that leaves other delimiters behind is a finding (PF017). With the delimiters changed back at its end, it renders as the specification wants."},
	{reasonModule, "Files whose names start with ~ are not required by the specification, and not supported. Every case of dynamic names and of inheritance is a finding (PF017); a lambda is a value like others, because no value is code. Their cases are not listed."},
}

// TestMustacheSpec: every case of the specification holds, or is in
// testdata/mustache.md with a reason.
func TestMustacheSpec(t *testing.T) {
	dir := teststack.Module(t, mustacheSpec)
	var counts, rows strings.Builder
	for _, part := range []string{"interpolation", "sections", "inverted", "partials", "comments", "delimiters", "~dynamic-names", "~inheritance", "~lambdas"} {
		var spec struct{ Tests []specCase }
		if err := json.Unmarshal(read(t, filepath.Join(dir, "specs", part+".json")), &spec); err != nil {
			t.Fatal(err)
		}
		holds := 0
		for _, c := range spec.Tests {
			t.Run(part+"/"+c.Name, func(t *testing.T) {
				got, err := c.run(nil)
				c.inFile = !strings.Contains(c.Template, "\r") // a file has LF only
				if again, err2 := c.run(nil); again != got || (err == nil) != (err2 == nil) {
					t.Errorf("in a file of its own: %q, %v; in the definition: %q, %v", again, err2, got, err)
				}
				c.inFile = false
				if err == nil && got == c.Expected {
					holds++
					return
				}
				reason := c.deviation(part, got, err)
				if reason == "" {
					t.Errorf("template %q, partials %q, data %v\ngives %q, %v\nwant %q, and there is no reason why not", c.Template, c.Partials, c.Data, got, err, c.Expected)
				}
				if reason != reasonModule {
					fmt.Fprintf(&rows, "| %s | %s | %s | %s | %s |\n", part, c.Name, code(c.Expected), outcomeOf(got, err), reason)
				}
			})
		}
		fmt.Fprintf(&counts, "| %s | %d | %d | %d |\n", part, len(spec.Tests), holds, len(spec.Tests)-holds)
	}
	t.Logf("cases, hold, deviate:\n%s", counts.String())
	var b strings.Builder
	fmt.Fprintf(&b, "# Mustache\n\nWhat the cases of Mustache's specification (%s) come to. Written by TestMustacheSpec.\n\n", mustacheSpec)
	fmt.Fprintf(&b, "| File | Cases | Hold | Deviate |\n|---|---|---|---|\n%s\n## Reasons\n\n", counts.String())
	for _, r := range specReasons {
		fmt.Fprintf(&b, "- **%s**: %s\n", r[0], r[1])
	}
	fmt.Fprintf(&b, "\n## Deviations\n\n| File | Case | The specification wants | Ours | Reason |\n|---|---|---|---|---|\n%s", rows.String())
	golden.Compare(t, "testdata/mustache.md", []byte(b.String()))
}

// code is a text as the cell of a table.
func code(s string) string {
	return "`" + strings.ReplaceAll(strconv.Quote(s), "|", `\|`) + "`"
}

// outcomeOf is what came of a case, as the cell of a table.
func outcomeOf(got string, err error) string {
	var findings Findings
	var render *RenderError
	switch {
	case errors.As(err, &findings):
		return strings.ReplaceAll(fmt.Sprintf("%s, %s", findings[0].Rule, findings[0].Message), "|", `\|`)
	case errors.As(err, &render):
		return fmt.Sprintf("error of Render: variable %q %s", render.Problems[0].Variable, render.Problems[0].Message)
	}
	return code(got)
}

// run is what the template renders to with the data, when it is the content of
// a prompt. optional are further variables, which get no value.
func (c specCase) run(optional []string) (string, error) {
	fsys := fstest.MapFS{}
	for name, text := range c.Partials {
		fsys["prompts/_"+name+".md"] = &fstest.MapFile{Data: []byte(text)}
	}
	values, _ := c.Data.(map[string]any)
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(name string, _ any) bool { return !variablePattern.MatchString(name) }) // nobody can pass them
	var b strings.Builder
	content := "content = " + tomlString(c.Template)
	if c.inFile {
		fsys["prompts/p.md"] = &fstest.MapFile{Data: []byte(c.Template + "\n")}
		content = "content_file = 'p.md'"
	}
	fmt.Fprintf(&b, "model = \"m\"\n[[messages]]\nrole = \"user\"\n%s\n", content)
	for _, name := range optional {
		fmt.Fprintf(&b, "[variables.%s]\ntype = \"object\"\nrequired = false\n", name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "[variables.%s]\n%s\n", tomlString(name), declaration(values[name]))
		if values[name] == nil {
			delete(values, name)
		}
	}
	fsys["prompts/p.toml"] = &fstest.MapFile{Data: []byte(b.String())}
	tree, err := Load(fsys, "prompts", &LoadOptions{Ignore: func(f Finding) bool { return f.Rule == ruleUnused }})
	if err != nil {
		return "", err
	}
	d, _ := tree.Lookup("p")
	messages, err := d.Prompt.Render(values)
	if err != nil {
		return "", err
	}
	return messages[0].Content, nil
}

func tomlString(s string) string {
	text, _ := marshalText(s) // what JSON escapes, TOML reads in the same way
	return string(text)
}

// declaration is the variable that takes a value.
func declaration(v any) string {
	kind := ""
	switch v := v.(type) {
	case nil:
		return "type = \"string\"\nrequired = false"
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if v == math.Trunc(v) {
			kind = "integer"
		}
	case []any:
		kind = "array"
	case map[string]any:
		kind = "object"
	}
	return fmt.Sprintf("type = %q", kind)
}

// deviation is the reason for an outcome, or "" when there is none. An outcome
// has a reason only if everything else about it is as the specification wants.
func (c specCase) deviation(part, got string, err error) string {
	var findings Findings
	errors.As(err, &findings)
	only := func(rules ...string) bool {
		return len(findings) > 0 && !slices.ContainsFunc(findings, func(f Finding) bool { return !slices.Contains(rules, f.Rule) })
	}
	var render *RenderError
	_, named := c.Data.(map[string]any)
	switch {
	case part == "~lambdas" && err == nil:
		return reasonModule
	case strings.HasPrefix(part, "~"):
		if only(ruleTemplate, ruleSection) && findings[0].Rule == ruleTemplate {
			return reasonModule
		}
	case err == nil && got == html.UnescapeString(c.Expected):
		return reasonEscape
	case err == nil && c.newlines(got):
		return reasonNewline
	case only(ruleUndeclared):
		var names []string
		for _, f := range findings {
			if parts := strings.Split(f.Message, `"`); len(parts) == 3 && !slices.Contains(names, parts[1]) {
				names = append(names, parts[1])
			}
		}
		if again, err := c.run(names); err == nil && again == c.Expected {
			return reasonDeclare
		}
	case only(rulePartial):
		return reasonPartial
	case only(ruleCycle):
		return reasonRecursion
	case only(ruleTemplate) && len(findings) == 1:
		if c.changedBack(findings[0]) {
			return reasonDelims
		}
	case !named && only(ruleTag):
		return reasonDot
	case only(ruleTag) && strings.Contains(err.Error(), "looks inside"):
		return reasonField
	case errors.As(err, &render) && !slices.ContainsFunc(render.Problems, func(p Problem) bool { return !strings.Contains(p.Variable, ".") || p.Message != "is missing" }):
		return reasonField
	}
	return ""
}

// newlines reports whether the output is that of the library when the files of
// partials all end with a newline, or none does.
func (c specCase) newlines(got string) bool {
	for _, end := range []string{"", "\n"} {
		partials := maps.Clone(c.Partials)
		for name, text := range partials {
			partials[name] = strings.TrimSuffix(text, "\n") + end
		}
		want, err := mustache.RenderPartialsRaw(c.Template, &mustache.StaticProvider{Partials: partials}, true, c.Data)
		if err == nil && strings.ReplaceAll(want, "\r\n", "\n") == strings.ReplaceAll(got, "\r\n", "\n") {
			return len(c.Partials) > 0
		}
	}
	return false
}

// changedBack reports whether the case holds when its partial does what the
// finding says.
func (c specCase) changedBack(f Finding) bool {
	_, tag, ok := strings.Cut(f.Hint, "end the partial with ")
	name := strings.TrimSuffix(strings.TrimPrefix(f.File, "prompts/_"), ".md")
	c.Partials = maps.Clone(c.Partials)
	c.Partials[name] += tag
	got, err := c.run(nil)
	return ok && err == nil && got == c.Expected
}
