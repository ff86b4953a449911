package prompts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScan(t *testing.T) {
	text := `# comment with [brackets] and "quotes"
a = 1 # x = 2
"b.c" = "}{[]#" # quoted
d . 'e f' = [ 1, "two", # three
  { g = 'x', h.i = [ ] } ,
]
j = """
k = 1
[l] ""quotes"" \""" """
m = '''
n = 1'''''
[ o.p ]
q = { "r" = 1979-05-27 07:32:00, s = -1e5 }
[[t]]
u = 1
[[t]]
u = 2
[t.v]
w = true
[[t.x]]
[[t.x]]
y = "caf\u00e9"
[o]
z = 0`
	root, costly := scan(text)
	if costly >= 0 {
		t.Fatalf("scan stopped at %d", costly)
	}
	s := newSource("", []byte(text))
	var got []string
	var walk func(path string, n *node)
	walk = func(path string, n *node) {
		line, col := s.at(n.key)
		got = append(got, fmt.Sprintf("%02d:%d %s = %s", line, col, path, strings.ReplaceAll(text[n.start:n.end], "\n", "⏎")))
		for _, key := range slices.Sorted(maps.Keys(n.keys)) {
			walk(path+"/"+key, n.keys[key])
		}
		for i, item := range n.items {
			walk(fmt.Sprintf("%s/%d", path, i), item)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(root.keys)) {
		walk(key, root.keys[key])
	}
	slices.Sort(got)
	want := strings.Split(`02:1 a = 1
03:1 b.c = "}{[]#"
04:1 d = 
04:15 d/e f/0 = 1
04:18 d/e f/1 = "two"
04:5 d/e f = [ 1, "two", # three⏎  { g = 'x', h.i = [ ] } ,⏎]
05:14 d/e f/2/h = 
05:16 d/e f/2/h/i = [ ]
05:3 d/e f/2 = { g = 'x', h.i = [ ] }
05:5 d/e f/2/g = 'x'
07:1 j = """⏎k = 1⏎[l] ""quotes"" \""" """
10:1 m = '''⏎n = 1'''''
12:3 o = 
12:5 o/p = 
13:1 o/p/q = { "r" = 1979-05-27 07:32:00, s = -1e5 }
13:34 o/p/q/s = -1e5
13:7 o/p/q/r = 1979-05-27 07:32:00
14:3 t = 
14:3 t/0 = 
15:1 t/0/u = 1
16:3 t/1 = 
17:1 t/1/u = 2
18:4 t/1/v = 
19:1 t/1/v/w = true
20:5 t/1/x = 
20:5 t/1/x/0 = 
21:5 t/1/x/1 = 
22:1 t/1/x/1/y = "caf\u00e9"
24:1 o/z = 0`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

// TestScanOnBrokenText: whatever the text, the scan ends and stays inside it.
func TestScanOnBrokenText(t *testing.T) {
	for _, text := range []string{
		"", "=", "[", "[[", "]", "a", "a =", "a = [", "a = {", "a = [=", "a = {=}", `a = "`, `a = "\`, `a = """\`, "a = '''", `"`, "'a", "a..b = 1", "[a", "[[a]", "a = [}", "a = {]", "\x00", "\"\xff", "a = 1\r",
	} {
		if _, costly := scan(text); costly > len(text) {
			t.Errorf("scan(%q) stopped at %d, beyond the end", text, costly)
		}
	}
}

// TestScanCost: documents that would cost the TOML library seconds or gigabytes
// are refused before it sees them, and large plain ones are not.
func TestScanCost(t *testing.T) {
	lines := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i) + "\n")
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"nested arrays":    "a = " + strings.Repeat("[", 1000),
		"nested tables":    "a = " + strings.Repeat("{a=", 1000),
		"dotted key":       strings.Repeat("a.", 8000) + "a = 1",
		"dotted header":    "[" + strings.Repeat("a.", 8000) + "a]",
		"keys below a key": "[" + strings.Repeat("a", 100_000) + "]\n" + lines(10_000, func(i int) string { return fmt.Sprintf("k%d = 1", i) }),
	} {
		if _, costly := scan(text); costly < 0 {
			t.Errorf("%s: scan accepted it", name)
		}
	}
	for name, text := range map[string]string{
		"many keys":     lines(50_000, func(i int) string { return fmt.Sprintf("k%d = 1", i) }),
		"long array":    "a = [" + strings.Repeat("1,", 400_000) + "]",
		"many messages": lines(10_000, func(int) string { return "[[messages]]\nrole = \"user\"\ncontent = \"x\"" }),
	} {
		if _, costly := scan(text); costly >= 0 {
			t.Errorf("%s: scan refused it at %d", name, costly)
		}
	}
}

func TestOffsetIn(t *testing.T) {
	for _, test := range []struct{ raw, text string }{
		{`"plain"`, "plain"},
		{`""`, ""},
		{`''`, ""},
		{`""""""`, ""},
		{`'C:\n'`, `C:\n`},
		{`"\b\t\n\f\r\e\"\\"`, "\b\t\n\f\r\x1b\"\\"},
		{`"\x41\u00e9\U0001F600!"`, "Aé😀!"},
		{"\"\"\"\nfirst\n\nlast\"\"\"", "first\n\nlast"},
		{"\"\"\"a \\\n\n   b\\  \n c\"\"\"", "a bc"},
		{`"""quote"""""`, `quote""`},
		{"'''\n'quoted''''", "'quoted'"},
	} {
		if got := unquote(test.raw); got != test.text {
			t.Errorf("unquote(%s) = %q, want %q", test.raw, got, test.text)
		}
		for i := range len(test.text) {
			at := offsetIn(test.raw, i)
			if c := test.raw[at]; c != test.text[i] && c != '\\' {
				t.Errorf("offsetIn(%s, %d) = %d, which is %q, want %q or an escape", test.raw, i, at, c, test.text[i])
			}
		}
	}
}

// FuzzScan: on every text that the TOML library accepts, each value has its
// place, and each string reads the same.
func FuzzScan(f *testing.F) {
	for _, file := range append(seeds(f, "golden/*.toml"), seeds(f, "findings/*.toml")...) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := newSource("x", data).text
		root, costly := scan(text)
		if costly >= 0 || len(text) > maxSize || strings.Contains(text, "\r") { // Parse refuses these
			return
		}
		m, err := decodeTOML(text)
		if err == nil {
			placed(t, text, "", m, root)
		}
	})
}

func placed(t *testing.T, text, path string, v any, n *node) {
	if n == nil {
		t.Fatalf("%s has no place in %q", path, text)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			placed(t, text, path+"/"+key, e, n.child(key))
		}
	case []map[string]any:
		for i, e := range v {
			placed(t, text, fmt.Sprint(path, "/", i), e, n.item(i))
		}
	case []any:
		for i, e := range v {
			placed(t, text, fmt.Sprint(path, "/", i), e, n.item(i))
		}
	case string:
		if got := unquote(text[n.start:n.end]); got != v {
			t.Fatalf("%s reads %q, want %q in %q", path, got, v, text)
		}
	default:
		if n.start >= n.end {
			t.Fatalf("%s has no value in %q", path, text)
		}
	}
}
