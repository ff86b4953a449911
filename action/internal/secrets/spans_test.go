package secrets

import (
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everywhere is Find without its shortcut: every rule that has a keyword in the
// text sees all of it.
func (d *Detector) everywhere(text string) []Secret {
	var all []candidate
	lower := strings.ToLower(text)
	for _, r := range d.rules {
		if len(r.keywords) == 0 || slices.ContainsFunc(r.keywords, func(k string) bool { return strings.Contains(lower, k) }) {
			all = d.match(all, r, text, 0, len(text))
		}
	}
	return pick(all)
}

// sampler makes texts that an expression matches.
type sampler struct{ *rand.Rand }

func (s sampler) write(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		for { // of the class, letters, digits and the like
			i := 2 * s.IntN(len(re.Rune)/2)
			lo, hi := max(re.Rune[i], '\n'), min(re.Rune[i+1], '~')
			if hi >= lo {
				b.WriteRune(lo + rune(s.IntN(int(hi-lo)+1)))
				return
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("abc 1"[s.IntN(5)])
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			s.write(b, sub)
		}
	case syntax.OpAlternate:
		s.write(b, re.Sub[s.IntN(len(re.Sub))])
	case syntax.OpQuest, syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		least, most := 0, 1
		switch re.Op {
		case syntax.OpPlus, syntax.OpStar:
			least, most = 1, 30
		case syntax.OpRepeat:
			least, most = re.Min, re.Max
			if most < 0 {
				most = re.Min + 30
			}
		}
		for range least + s.IntN(most-least+1) {
			s.write(b, re.Sub[0])
		}
	}
}

// TestShortcutFindsAll makes texts for every rule and looks at them with and
// without the shortcut. It also shows which rules can be met at all.
func TestShortcutFindsAll(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	s := sampler{rand.New(rand.NewPCG(5, 6))}
	never, total := []string(nil), 0
	for _, r := range d.rules {
		re, err := syntax.Parse(r.re.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		met := false
		for i := range 4 {
			var b strings.Builder
			b.WriteString(strings.Repeat([]string{"", "The key is to ask. ", "word\n"}[i%3], s.IntN(20)))
			b.WriteByte(' ')
			s.write(&b, re)
			b.WriteByte("\n ,"[s.IntN(3)])
			b.WriteString(strings.Repeat("Then say so, e.g. in the API token field. ", s.IntN(20)))
			text := b.String()
			want := d.everywhere(text)
			met = met || len(want) > 0
			total += len(want)
			if diff := cmp.Diff(want, d.Find(text)); diff != "" {
				t.Errorf("rule %s, text %q: (-everywhere +Find)\n%s", r.id, text, diff)
			}
		}
		if !met {
			never = append(never, r.id)
		}
	}
	t.Logf("%d findings; rules never met: %v", total, never)
	if len(never) > len(d.rules)/20 {
		t.Errorf("%d of %d rules are never met by what they match", len(never), len(d.rules))
	}
}

// TestRulesAreAsExpected notices when an update of gitleaks changes what this
// package builds on.
func TestRulesAreAsExpected(t *testing.T) {
	rules, _, err := loadRules()
	if err != nil {
		t.Fatal(err)
	}
	var wide, led, mixed, whole int
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.id] {
			t.Errorf("two rules %s", r.id)
		}
		seen[r.id] = true
		for _, k := range r.keywords {
			if len(k) < 2 {
				t.Errorf("rule %s: keyword %q", r.id, k)
			}
		}
		if strings.Contains(r.re.String(), proseEnding) {
			wide++
		}
		if r.probe != nil {
			led++
		}
		if r.shape.mixed {
			mixed++
		}
		if r.shape.reach < 0 && !r.shape.solid {
			whole++
		}
	}
	if wide < 100 || led < 80 || mixed != 1 || whole > 12 || len(rules) < 230 || !seen[generic] {
		t.Errorf("%d rules, %d with the ending, %d with the lead, %d mixed, %d that see whole texts: does gitleaks write its rules otherwise now?",
			len(rules), wide, led, mixed, whole)
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		expr string
		want shape
	}{
		{`ab{2}c`, shape{reach: 4, word: 4, solid: true}},
		{`\bkey\s{0,3}=[a-z]{10,20}\b`, shape{reach: 27, word: 11}},
		{`a(?:bcd|e f)g`, shape{reach: 5, word: 1}}, // at least; 2 would be exact
		{`ey[a-z]{17,}\.[a-z]{4,}(?:\s|$)`, shape{reach: -1, word: 24, solid: true}},
		{`a.*b`, shape{reach: -1, word: 1}},
		{`a+ b+`, shape{reach: -1, word: 1}},
	} {
		got, err := shapeOf(c.expr)
		if err != nil || got != c.want {
			t.Errorf("shapeOf(%q) = %+v, %v, want %+v", c.expr, got, err, c.want)
		}
	}
}

func TestEntropy(t *testing.T) {
	for text, want := range map[string]string{"aaaa": "0.00", "abab": "1.00", "abcdefgh": "3.00"} {
		if got := fmt.Sprintf("%.2f", entropy(text)); got != want {
			t.Errorf("entropy(%q) = %s, want %s", text, got, want)
		}
	}
}
