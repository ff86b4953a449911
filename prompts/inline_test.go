package prompts

import "testing"

// Partials side by side render as each does by itself: what is put between them
// takes no line with it, and no tag takes one that it is not alone on.
func TestPartialsSideBySide(t *testing.T) {
	for _, test := range []struct{ text, p, q, want string }{
		{"{{> p}}{{> p}}x", "\n", "", "\n\nx"},
		{"x{{> p}}{{> p}}\n", "\n", "", "x\n\n\n"},
		{"x{{> p}}{{> p}}\n\n", "\n {{! c}}", "", "x\n\n\n\n"},
		{"\n{{> q}}{{> q}} xx{{> p}}", "", "\n", "\n\n\n xx"},
		{"x{{> q}}{{> p}}y", "{{#b}}\n\nz{{/b}}", "\n", "x\n\nzy"},
		{"{{> p}} and {{> q}}\n", "a", "b", "a and b\n"},
		{"{{> p}}{{> q}}\n", "", "{{#b}}\n\nx{{/b}}", "\nx\n"},
	} {
		src := prompt("[variables.b]", "type = 'boolean'", "default = true", says+"content = '''\n"+test.text+"'''")
		tree, err := Load(treeOf("p/x.toml", src, "p/_p.md", test.p+"\n", "p/_q.md", test.q+"\n"), "p", &LoadOptions{Ignore: func(Finding) bool { return true }})
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		d, _ := tree.Lookup("x")
		got, err := d.Prompt.Render(nil)
		if err != nil || got[0].Content != test.want {
			t.Errorf("%q with %q and %q renders %v, %v, want %q", test.text, test.p, test.q, got, err, test.want)
		}
	}
}
