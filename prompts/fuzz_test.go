package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cbroglie/mustache"
	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

// seeds are the contents of testdata files.
func seeds(f *testing.F, pattern string) [][]byte {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata/%s (%v)", pattern, err)
	}
	var out [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// FuzzParse: what parses becomes an artifact that is canonical, decodes to the
// same digest and survives a round trip through its structure; what does not
// parse has findings that point into the file.
func FuzzParse(f *testing.F) {
	for _, file := range append(seeds(f, "golden/*.toml"), seeds(f, "findings/*.toml")...) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse("x.toml", "a.b", src)
		if err != nil {
			findings := err.(Findings)
			lines := bytes.Count(src, []byte("\n")) + 1
			for _, finding := range findings {
				if finding.Line < 0 || finding.Line > lines || (finding.Line > 0) != (finding.Col > 0) {
					t.Errorf("finding outside the file of %d lines: %v", lines, finding)
				}
				if strings.HasPrefix(finding.Message, "decode artifact") {
					t.Errorf("Parse wrote what Decode refuses: %v", finding)
				}
			}
			return
		}
		artifact := d.Prompt.Artifact()
		if again, err := jcs.Transform(artifact); err != nil || !bytes.Equal(again, artifact) {
			t.Errorf("artifact is not canonical: %s (%v)", artifact, err)
		}
		if p, err := Decode(artifact); err != nil || p.Digest() != d.Prompt.Digest() {
			t.Errorf("Decode = %v, %v, want %v", p, err, d.Prompt)
		}
		if p, err := From(d.Prompt.Structure()); err != nil || p.Digest() != d.Prompt.Digest() {
			t.Errorf("From(Structure()) = %v, %v, want %v", p, err, d.Prompt)
		}
	})
}

// FuzzDecode: no bytes make the reader panic, and what it accepts keeps its bytes.
func FuzzDecode(f *testing.F) {
	for _, file := range append(seeds(f, "reader/*.json"), seeds(f, "golden/*.artifact.json")...) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			if p != nil {
				t.Errorf("Decode gives %v with an error", p)
			}
			return
		}
		if !bytes.Equal(p.Artifact(), data) || p.Digest() != DigestOf(data) {
			t.Errorf("Decode changed the bytes")
		}
		values := map[string]any{}
		for _, v := range p.Variables() {
			values[v.Name] = v.Default
		}
		_, _ = p.Render(values)
		_, _ = From(p.Structure())
		_, _, _, _ = p.Parameters(), p.Messages(), p.Tools(), p.String()
	})
}

// FuzzRender: a value comes out as it went in, whatever it contains and whatever
// stands before it.
func FuzzRender(f *testing.F) {
	for _, template := range []string{"", "Hello {{s}}, ", "{{#b}}{{.}}{{/b}}{{^b}}no{{/b}}\n", "{{#l}}\n- {{.}} {{k}}\n{{/l}}\n", "{{o.k}} {{o}} {{l}}", "{{! c }}\n  {{{s}}}{{&s}}", "{{#o}}{{k}}{{s}}{{/o}}", "}} { {"} {
		f.Add(template, "{{s}} <&> \"'")
		f.Add(template, "{{/x}}{{=<% %>=}}")
	}
	f.Fuzz(func(t *testing.T, template, value string) {
		types := map[string]string{"s": "string", "b": "boolean", "l": "array", "o": "object"}
		before := compiled(template, types)
		whole := compiled(template+"{{s}}", types)
		if before == nil || whole == nil || !utf8.ValidString(template) {
			return
		}
		tags, _ := scanTags(template + "{{s}}")
		if diff := cmp.Diff(libraryTags(nil, whole.compiled.Tags()), ownTags(tags)); diff != "" {
			t.Errorf("the library sees other tags in %q (-library +ours):\n%s", template+"{{s}}", diff)
		}
		context := map[string]any{}
		for name, v := range map[string]any{"s": value, "b": true, "l": []any{value, 1.5, map[string]any{"k": value}}, "o": map[string]any{"k": value, "n": nil}} {
			converted, err := valueOf(types[name], v)
			if err != nil {
				t.Fatal(err)
			}
			context[name] = converted
		}
		if _, err := before.render(context); err != nil {
			t.Fatal(err)
		}
		got, err := whole.render(context)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(got, value) {
			t.Errorf("render(%q) = %q, want it to end with %q", template+"{{s}}", got, value)
		}
	})
}

func libraryTags(out []string, tags []mustache.Tag) []string {
	for _, t := range tags {
		switch t.Type() {
		case mustache.Variable:
			out = append(out, t.Name())
		case mustache.Section:
			out = libraryTags(append(out, "#"+t.Name()), t.Tags())
		case mustache.InvertedSection:
			out = libraryTags(append(out, "^"+t.Name()), t.Tags())
		default:
			out = append(out, t.Type().String())
		}
	}
	return out
}

func ownTags(tags []tag) (out []string) {
	for _, t := range tags {
		switch t.kind {
		case 0:
			out = append(out, t.name)
		case '#', '^':
			out = append(out, string(t.kind)+t.name)
		}
	}
	return out
}

func compiled(text string, types map[string]string) *template {
	t, tags, _ := compile(text)
	if t == nil || len(checkUses(usesOf(tags, func(v string) string { return types[v] }), types)) > 0 {
		return nil
	}
	return t
}

// The fast way to decode JSON agrees with the careful one, and leaves to it
// whatever is to be refused.
func FuzzDecodeSound(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"b":[{"c":":"},{}],"d":"\\\":{["}`, `{"a":1,"a":2}`, `{"a":{"b":1,"\u0062":2}}`, `[1e400]`, `"\ud800"`, `{"a":1}x`, `[-0,1.0]`,
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxSize || !utf8.Valid(data) {
			return
		}
		fast, sound := decodeSound(data)
		var careful any
		err := errors.New("not JSON")
		if json.Valid(data) {
			dec := json.NewDecoder(bytes.NewReader(data))
			dec.UseNumber()
			careful, err = decodeValue(dec, 0)
		}
		if sound != (err == nil) {
			t.Fatalf("%q: sound is %t, the careful way says %v", data, sound, err)
		}
		if sound {
			if !reflect.DeepEqual(careful, fast) { // cmp takes for ever over deep nesting
				t.Errorf("%q: careful %v, fast %v", data, careful, fast)
			}
		}
	})
}
