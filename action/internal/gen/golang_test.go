package gen

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/prompts"
)

// definitions loads testdata/prompts.txtar, after edit has changed its files.
func definitions(t *testing.T, edit func(fstest.MapFS)) []*prompts.Definition {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "prompts.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range archive.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	if edit != nil {
		edit(fsys)
	}
	tree, err := prompts.Load(fsys, "prompts", nil)
	if err != nil {
		t.Fatal(err)
	}
	return tree.Definitions()
}

func generate(t *testing.T, list []*prompts.Definition, name string) []byte {
	t.Helper()
	src, err := Go(list, name)
	if err != nil {
		t.Fatalf("Go: %v", err)
	}
	return src
}

func TestGolden(t *testing.T) {
	list := definitions(t, nil)
	got := generate(t, list, "promptgen")
	file := filepath.Join("testdata", "go.golden")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	slices.Reverse(list)
	for range 5 {
		if again := generate(t, list, "promptgen"); !bytes.Equal(again, got) {
			t.Fatal("the same definitions in another order give other code")
		}
	}
}

// TestNothingBreaksOut: descriptions, defaults and values are data.
func TestNothingBreaksOut(t *testing.T) {
	src := generate(t, definitions(t, nil), "promptgen")
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if !ast.IsGenerated(file) {
		t.Error("the file is not known as generated")
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "init" {
			t.Error("a description became code")
		}
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, "// ") && c.Text != "//" || strings.HasPrefix(c.Text, "// +") {
				t.Errorf("comment %q", c.Text)
			}
		}
	}
	for _, r := range "\x00\ufeff\u2028\u202e" {
		if bytes.ContainsRune(src, r) {
			t.Errorf("%U is in the source", r)
		}
	}
}

func TestEmpty(t *testing.T) {
	if got, want := string(generate(t, nil, "x")), Header+"\n\npackage x\n"; got != want {
		t.Errorf("Go(nil) = %q, want %q", got, want)
	}
	for _, name := range []string{"", "_", "func", "a-b", "1", "a b"} {
		if _, err := Go(nil, name); err == nil {
			t.Errorf("Go(package %q): no error", name)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"support.reply": {"SupportReply", "supportReply"}, "reply_url": {"ReplyURL", "replyURL"}, "URL": {"URL", "url"},
		"url_path": {"URLPath", "urlPath"}, "ticketText": {"TicketText", "ticketText"}, "type": {"Type", "type_"},
		"_x": {"X", "x"}, "x1": {"X1", "x1"}, "_1": {"V1", "v1"}, "__": {"V", "v"}, "len": {"Len", "len_"},
		"id": {"ID", "id"}, "idea": {"Idea", "idea"}, "2fa": {"V2fa", "v2fa"},
	} {
		got := exported(name, "V")
		if got != want[0] || unexported(got) != want[1] {
			t.Errorf("%s: %s and %s, want %s and %s", name, got, unexported(got), want[0], want[1])
		}
	}
}

// TestManyMeet: names that all want the same identifier cost no more than others.
func TestManyMeet(t *testing.T) {
	const n = 50_000
	s := newScope()
	for range n {
		s.take("X")
	}
	if got, want := s.take("X"), "X_50001"; got != want {
		t.Errorf("take = %s, want %s", got, want)
	}
	s = newScope("X_2")
	if got := []string{s.take("X"), s.take("X"), s.take("X_2")}; !slices.Equal(got, []string{"X", "X_3", "X_2_2"}) {
		t.Errorf("take = %v", got)
	}
}

// FuzzGo: whatever a definition says, the code is Go.
func FuzzGo(f *testing.F) {
	f.Add("a.b", "x", "string", "text", "*/\nfunc", "y")
	f.Add("a", "_", "string", "```", "+build", "func")
	f.Fuzz(func(t *testing.T, name, variable, kind, description, value, property string) {
		var b strings.Builder
		b.WriteString("model = \"m\"\ndescription = " + quote(description) + "\n[variables." + quote(variable) + "]\ntype = " + quote(kind) + "\ndescription = " + quote(description) + "\n")
		if kind == "object" {
			b.WriteString("[variables." + quote(variable) + ".schema]\ntype = \"object\"\nproperties = { " + quote(property) + " = { type = \"string\", description = " + quote(description) + " } }\n")
		} else {
			b.WriteString("enum = [" + quote(value) + "]\n")
		}
		b.WriteString("[[messages]]\nrole = \"user\"\ncontent = " + quote("{{"+variable+"}}") + "\n")
		d, err := prompts.Parse("x.toml", name, []byte(b.String()))
		if errors.As(err, &prompts.Findings{}) {
			return
		}
		if _, err := Go([]*prompts.Definition{d}, "x"); err != nil {
			t.Errorf("%v\n%s", err, b.String())
		}
	})
}

// quote is a TOML string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			b.WriteString(strings.Replace(`\u00XX`, "XX", string("0123456789abcdef"[r>>4])+string("0123456789abcdef"[r&15]), 1))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
