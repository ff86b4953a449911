package config

import "testing"

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"support.triage", "support.triage", true},
		{"support.triage", "support.triage2", false},
		{"support.*", "support.triage", true},
		{"support.*", "support", false},
		{"support.*", "support.a.b", false},
		{"support.**", "support", true},
		{"support.**", "support.a.b", true},
		{"support.**", "supporter.a", false},
		{"**", "a", true},
		{"**", "a.b.c", true},
		{"**.v1", "a.b.v1", true},
		{"**.v1", "a.b.v2", false},
		{"*-x.b", "a-x.b", true},
		{"*-x.b", "a-y.b", false},
		{"a*b*c", "axxbxxc", true},
		{"a*b*c", "axxbxxd", false},
	} {
		if got := Match([]string{"never.this", test.pattern}, test.name); got != test.want {
			t.Errorf("Match(%q, %q) = %t, want %t", test.pattern, test.name, got, test.want)
		}
	}
}
