package importer

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const sentinel = "zz-sentinel-42"

// TestAccounted adds a key that nobody knows to every table of every fixture,
// one at a time, and then changes every text: each time the change must be in
// the output, in a note about its line, or an error.
func TestAccounted(t *testing.T) {
	for _, file := range fixtures(t) {
		src, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		front, body := split(string(src))
		for name, change := range map[string]func(*yaml.Node) bool{"table": plant, "text": alter} {
			n := 0
			for ; ; n++ {
				text, ok := changed(t, front, body, n, change)
				if !ok {
					break
				}
				r, err := Import(path.Base(file), []byte(text), &Options{FS: os.DirFS(filepath.Join("testdata", path.Dir(file)))})
				if err == nil && !accounted(r, text) {
					t.Errorf("%s, %s %d: the change is lost\n%s\n%s", file, name, n, text, printed(r))
				}
			}
			if n == 0 && front != "" {
				t.Errorf("%s: no %s to change", file, name)
			}
		}
	}
}

// changed is the source with its n-th node changed that takes the change.
func changed(t *testing.T, front, body string, n int, change func(*yaml.Node) bool) (string, bool) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(front), &doc); err != nil {
		t.Fatal(err)
	}
	count := -1
	var walk func(node *yaml.Node, isKey bool) bool
	walk = func(node *yaml.Node, isKey bool) bool {
		trial := *node
		if !isKey && change(&trial) {
			if count++; count == n {
				*node = trial
				return true
			}
		}
		for i, c := range node.Content {
			if walk(c, node.Kind == yaml.MappingNode && i%2 == 0) {
				return true
			}
		}
		return false
	}
	if !walk(&doc, false) {
		return "", false
	}
	text, err := yaml.Marshal(doc.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		return "---\n" + string(text) + body, true
	}
	return string(text), true
}

func plant(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	n.Content = append(append([]*yaml.Node{}, n.Content...), &yaml.Node{Kind: yaml.ScalarNode, Value: "zzPlanted"}, &yaml.Node{Kind: yaml.ScalarNode, Value: sentinel})
	return true
}

func alter(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return false
	}
	n.Value += "zzPlanted"
	return true
}

// split takes a file apart: its YAML, and from the closing mark on.
func split(src string) (front, body string) {
	for _, mark := range []string{"---\n", "+++\n"} {
		if at := strings.Index(src, mark); at >= 0 && (at == 0 || strings.HasPrefix(src, "#")) {
			rest := src[at+4:]
			end := strings.Index(rest, "\n"+mark)
			return rest[:end+1], "---\n" + rest[end+1+len(mark):]
		}
	}
	if strings.Contains(src, "{{name}}.\n") && !strings.Contains(src, ":") {
		return "", src
	}
	return src, ""
}

func accounted(r *Result, text string) bool {
	line := 0
	for i, l := range strings.Split(text, "\n") {
		if strings.Contains(l, "zzPlanted") {
			line = i + 1
		}
	}
	for _, p := range r.Prompts {
		if strings.Contains(string(p.TOML), sentinel) || strings.Contains(string(p.TOML), "zzPlanted") {
			return true
		}
	}
	for _, f := range r.Files {
		if strings.Contains(string(f.Content), sentinel) || strings.Contains(string(f.Content), "zzPlanted") {
			return true
		}
	}
	for _, n := range r.Notes {
		if n.Line == line || strings.Contains(n.Message, "zzPlanted") {
			return true
		}
	}
	// a note about the table that it is in covers it
	return covered(r, text, line)
}

// covered says whether a note is about a key that the line belongs to: one
// above with less indentation, with no line of less between the two.
func covered(r *Result, text string, line int) bool {
	lines := strings.Split(text, "\n")
	indent := func(l string) int { return len(l) - len(strings.TrimLeft(l, " -")) }
	noted := map[int]bool{}
	for _, n := range r.Notes {
		if strings.Contains(n.Message, "is not carried") || strings.Contains(n.Message, "are not carried") {
			noted[n.Line] = true
		}
	}
	now := indent(lines[line-1])
	for i := line - 2; i >= 0; i-- {
		if in := indent(lines[i]); in < now || strings.HasPrefix(strings.TrimLeft(lines[i], " "), "- ") && in == now {
			if noted[i+1] {
				return true
			}
			now = min(now, in)
		}
	}
	return false
}
