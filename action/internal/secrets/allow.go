package secrets

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// allowlist says what of the matches of a rule is no secret.
type allowlist struct {
	target  string // what the regexes look at: "" the secret, "match", "line"
	regexes []*regexp.Regexp
	words   []string // lower case; looked for in the secret
}

// compileAllowlists leaves out what needs the name of a file: those lists hold
// only if the name fits as well, and prompts have none.
func compileAllowlists(texts []allowlistText) ([]allowlist, error) {
	var lists []allowlist
	for _, t := range texts {
		and := false
		switch strings.ToUpper(t.Condition) {
		case "", "OR", "||":
		case "AND", "&&":
			and = true
		default:
			return nil, fmt.Errorf("unknown condition %q", t.Condition)
		}
		a := allowlist{target: t.RegexTarget}
		switch a.target {
		case "", "match", "line":
		case "secret":
			a.target = ""
		default:
			return nil, fmt.Errorf("unknown regexTarget %q", t.RegexTarget)
		}
		for _, expr := range t.Regexes {
			re, err := regexp.Compile(expr)
			if err != nil {
				return nil, err
			}
			a.regexes = append(a.regexes, re)
		}
		for _, w := range t.StopWords {
			a.words = append(a.words, strings.ToLower(w))
		}
		switch {
		case and && len(t.Paths) > 0:
		case and && len(a.regexes) > 0 && len(a.words) > 0:
			return nil, fmt.Errorf("condition %q over regexes and stopwords is not supported", t.Condition)
		case len(a.regexes)+len(a.words) > 0:
			lists = append(lists, a)
		}
	}
	return lists, nil
}

// allows reports whether a match is no secret by this list. lower is the secret
// in lower case.
func (a *allowlist) allows(secret, lower, match, line string) bool {
	target := secret
	switch a.target {
	case "match":
		target = match
	case "line":
		target = line
	}
	for _, re := range a.regexes {
		if re.MatchString(target) {
			return true
		}
	}
	for _, w := range a.words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// entropy is Shannon's, in bits a byte: for what rules match the same as in bits
// a character.
func entropy(s string) float64 {
	var counts [256]int // all but a few have bytes alone
	for i := range len(s) {
		counts[s[i]]++
	}
	var bits float64
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
