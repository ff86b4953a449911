package importer

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestHostile feeds inputs that are made to take long, of a fraction of the
// largest size. Its time shows with -v; nothing is asserted about it but that it ends.
func TestHostile(t *testing.T) {
	const size = maxSize / 32
	fill := func(s string) string { return strings.Repeat(s, (size-200)/len(s)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString(strings.ReplaceAll(format, "#", string(rune('a'+i%26))+strings.Repeat("x", i/26%40)+string(rune('a'+i/1040%26))+string(rune('a'+i/27040%26))))
		}
		return b.String()
	}
	for _, test := range []struct {
		name   string
		format Format
		src    string
	}{
		{"flow", GitHub, "x: " + fill("[")},
		{"flow tables", GitHub, "x: " + fill("{a: ")},
		{"dashes", GitHub, fill("- ")},
		{"comments", GitHub, "messages: [{role: user, content: a}]\n" + fill("# c\n")},
		{"keys", GitHub, "messages: [{role: user, content: a}]\n" + numbered("#: 1\n")},
		{"anchors", GitHub, numbered("#: &# 1\n")},
		{"quotes", GitHub, "a: \"" + fill(`\n`) + "\""},
		{"unknown", GitHub, "messages: [{role: user, content: a}]\nx: [" + fill("1,") + "]"},
		{"tags", GitHub, "messages: [{role: user, content: '" + numbered("{{#}}") + "'}]"},
		{"braces", GitHub, "messages: [{role: user, content: '" + fill("{{") + "'}]"},
		{"messages", GitHub, "messages:\n" + fill("- {role: user, content: a}\n")},
		{"if", Dotprompt, fill("{{#if a}}")},
		{"each", Dotprompt, fill("{{#each a}}") + "{{a}}"},
		{"pairs", Dotprompt, fill("{{#if a}}b{{/if}}")},
		{"lone", Dotprompt, fill("\n{{#if a}}\n{{/if}}\n")},
		{"else", Dotprompt, "{{#if a}}" + fill("{{else if b}}")},
		{"comment", Dotprompt, fill("{{!-- a --}}")},
		{"roles", Dotprompt, fill("{{role \"user\"}}a")},
		{"helpers", Dotprompt, fill("{{a b}}")},
		{"names", Dotprompt, numbered("{{#}}")},
		{"media", Dotprompt, fill("{{media url=a}}")},
		{"blanks", Dotprompt, fill(" ") + "{{#if a}}" + "{{/if}}"},
		{"jinja if", Prompty, "user:\n" + fill("{% if a %}")},
		{"jinja elif", Prompty, "user:\n{% if a %}" + fill("{% elif b %}") + "{% endif %}"},
		{"jinja and", Prompty, "user:\n{% if a" + fill(" and b") + " %}c{% endif %}"},
		{"jinja for", Prompty, "user:\n" + fill("{% for a in b %}{{ a.b }}")},
		{"jinja raw", Prompty, "user:\n" + fill("{% raw %}")},
		{"jinja pairs", Prompty, "user:\n" + fill("{% if a %} {% endif %}")},
		{"jinja lines", Prompty, "user:\n" + fill("{% if a %}\n{% endif %}\n")},
		{"jinja set", Prompty, "user:\n" + fill("{% set %}")},
		{"jinja roles", Prompty, fill("user:\na\n")},
		{"images", Prompty, "---\nmodel: {api: chat}\n---\nuser:\n" + fill("![a](https://a)")},
		{"threads", Prompty, fill("![thread]\n")},
		{"prompts", Promptfoo, "prompts:\n" + fill("- a b\n")},
		{"lists", Promptfoo, "prompts: [a b]\ntests:\n" + fill("- vars: {a: [1,2,3,4,5,6,7,8,9], b: [1,2,3,4,5,6,7,8,9]}\n")},
		{"both", Promptfoo, "prompts:\n" + strings.Repeat("- a b\n", 60) + "tests:\n" + strings.Repeat("- vars: {a: bbbbbbbbbbb}\n", 500)},
	} {
		start := time.Now()
		r, err := Import("x", []byte(test.src), &Options{Format: test.format, FS: os.DirFS("testdata")})
		bytes := 0
		if err == nil {
			for _, p := range r.Prompts {
				bytes += len(p.TOML)
			}
			for _, f := range r.Files {
				bytes += len(f.Content)
			}
			if len(r.Notes) > maxNotes+1 {
				t.Errorf("%s: %d notes", test.name, len(r.Notes))
			}
		}
		t.Logf("%-12s %8s %9d bytes out, %.60v", test.name, time.Since(start).Round(time.Millisecond), bytes, err)
	}
}
