package secrets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
)

// Secret is one place that looks like a credential. It never holds the
// credential itself.
type Secret struct {
	Rule       string // id of the rule: "aws-access-token"
	What       string // a noun for messages: "AWS access token"
	Start, End int    // bytes of the text: text[Start:End] is the credential
}

// Redacted is how the credential may be shown: the first characters of it, at
// most four and at most a quarter, then an ellipsis. text is what Find was
// given.
func (s Secret) Redacted(text string) string {
	if s.Start < 0 || s.End > len(text) || s.Start > s.End {
		return "…"
	}
	secret := text[s.Start:s.End]
	show := min(4, utf8.RuneCountInString(secret)/4)
	for i := range secret {
		if show == 0 {
			return secret[:i] + "…"
		}
		show--
	}
	return "…"
}

// Detector finds credentials. It does not change after New and may be shared.
type Detector struct {
	rules    []*rule
	allow    []allowlist
	trie     *ahocorasick.Trie
	keywords [][]int32 // of a keyword, by its number in trie: the rules it calls
	bare     []int32   // rules without keywords
	scratch  sync.Pool // of *scratch
}

// New compiles the rules, which takes some 20 ms: make one Detector and keep
// it. An error means that the rules this was built with are broken.
func New() (*Detector, error) {
	rules, allow, err := loadRules()
	if err != nil {
		return nil, fmt.Errorf("secret rules: %w", err)
	}
	d := &Detector{rules: rules, allow: allow, scratch: sync.Pool{New: func() any { return new(scratch) }}}
	numbers := map[string]int{}
	b := ahocorasick.NewTrieBuilder()
	for i, r := range rules {
		if len(r.keywords) == 0 {
			d.bare = append(d.bare, int32(i))
		}
		for _, k := range r.keywords {
			n, ok := numbers[k]
			if !ok {
				n = len(numbers)
				numbers[k] = n
				b.AddString(k)
				d.keywords = append(d.keywords, nil)
			}
			d.keywords[n] = append(d.keywords[n], int32(i))
		}
	}
	d.trie = b.Build()
	return d, nil
}

// Find returns the credentials in text in order; they do not overlap. Time
// grows with the length of text and nothing else does.
func (d *Detector) Find(text string) []Secret {
	var all []candidate
	for _, s := range d.spans(text) {
		all = d.match(all, s.rule, text, s.from, s.to)
	}
	return pick(all)
}

// candidate is a match that no allowlist excuses.
type candidate struct {
	rule       *rule
	start, end int
}

// match runs one rule on text[from:to]. Where that is not the whole text, it is
// bounded by white space, which every rule takes for the end of a text.
func (d *Detector) match(all []candidate, r *rule, text string, from, to int) []candidate {
	part := text[from:to]
	if r.probe != nil && !r.probe.MatchString(part) {
		return all
	}
	for _, m := range r.re.FindAllStringSubmatchIndex(part, -1) {
		start, end := group(r, part, m)
		if start >= end || d.excused(r, text, from+m[0], from+m[1], from+start, from+end) {
			continue
		}
		all = append(all, candidate{r, from + start, from + end})
	}
	return all
}

// group says which part of a match is the credential.
func group(r *rule, part string, m []int) (start, end int) {
	if r.group > 0 {
		return m[2*r.group], m[2*r.group+1]
	}
	for i := 2; i+1 < len(m); i += 2 {
		if m[i] >= 0 && m[i] < m[i+1] {
			return m[i], m[i+1]
		}
	}
	start, end = m[0], m[1]
	for end > start && part[end-1] == '\n' {
		end--
	}
	return start, end
}

// excused reports whether a match is too regular for a secret or on one of the
// allowlists.
func (d *Detector) excused(r *rule, text string, from, to, start, end int) bool {
	secret, match := text[start:end], text[from:to]
	if r.entropy > 0 && entropy(secret) <= r.entropy {
		return true
	}
	lower := strings.ToLower(secret)
	line := text[strings.LastIndexByte(text[:from], '\n')+1:]
	if i := strings.IndexByte(line[to-(len(text)-len(line)):], '\n'); i >= 0 {
		line = line[:to-(len(text)-len(line))+i]
	}
	for _, lists := range [...][]allowlist{d.allow, r.allow} {
		for i := range lists {
			if lists[i].allows(secret, lower, match, line) {
				return true
			}
		}
	}
	return false
}

// pick leaves one of those that overlap: the rule that knows the format rather
// than the generic one, then the longer, then the earlier rule.
func pick(all []candidate) []Secret {
	weight := func(c candidate) int {
		if c.rule.id == generic {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(b.end-b.start, a.end-a.start),
			cmp.Compare(a.rule.order, b.rule.order), cmp.Compare(a.start, b.start))
	})
	var kept []Secret // in order of place, without overlaps
	for _, c := range all {
		i, _ := slices.BinarySearchFunc(kept, c.start, func(s Secret, start int) int { return cmp.Compare(s.End-1, start) })
		if i < len(kept) && kept[i].Start < c.end {
			continue
		}
		kept = slices.Insert(kept, i, Secret{c.rule.id, c.rule.what, c.start, c.end})
	}
	return kept
}
