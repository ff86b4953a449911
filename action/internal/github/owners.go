package github

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptflag/promptflag/prompts"
)

// ownersPlaces are where GitHub looks for code owners; the first that exists
// counts, alone.
var ownersPlaces = [...]string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

// maxOwners is the size above which GitHub ignores the file.
const maxOwners = 3 << 20

// Owners says who owns which files. The zero value says nobody.
type Owners struct {
	rules []ownerRule
}

type ownerRule struct {
	pattern ownerPattern
	owners  []string
}

// Of returns the owners of a path, as they are written: "@login", "@org/team"
// or an e-mail address. The last rule that fits counts; it may name nobody.
func (o Owners) Of(path string) []string {
	names := strings.Split(path, "/")
	var room [2][]bool // for fits, which is asked of every rule
	room[0], room[1] = make([]bool, len(names)+1), make([]bool, len(names)+1)
	for _, r := range slices.Backward(o.rules) {
		if r.pattern.fits(names, room) {
			return r.owners
		}
	}
	return nil
}

// CodeOwners reads the code owners at a commit or branch. place is the file, ""
// if there is none: then nobody owns anything. Findings are the lines that
// GitHub skips.
func (c *Client) CodeOwners(ctx context.Context, ref string) (owners Owners, place string, findings prompts.Findings, err error) {
	for _, place := range ownersPlaces {
		src, err := c.file(ctx, ref, place, maxOwners)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return Owners{}, "", nil, err
		}
		owners, findings := ParseCodeOwners(src)
		for i := range findings {
			findings[i].File = place
		}
		return owners, place, findings, nil
	}
	return Owners{}, "", nil, nil
}

// ParseCodeOwners reads a CODEOWNERS file as GitHub does: a line that is wrong
// is skipped, and is a finding (of the file CODEOWNERS). The error is for the
// caller to judge; a file above 3 MB owns nothing.
func ParseCodeOwners(src []byte) (Owners, prompts.Findings) {
	var o Owners
	var found prompts.Findings
	if len(src) > maxOwners {
		return o, prompts.Findings{finding(0, 0, fmt.Sprintf("the file has %d bytes; above 3 MB GitHub ignores it", len(src)), "")}
	}
	n := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(src), "\ufeff"), "\n") {
		n++
		rule, problem := parseOwnerLine(strings.TrimSuffix(line, "\r"))
		switch {
		case problem != nil:
			problem.Line = n
			found = append(found, *problem)
		case rule != nil:
			o.rules = append(o.rules, *rule)
		}
	}
	return o, found
}

func finding(line, col int, message, hint string) prompts.Finding {
	return prompts.Finding{File: "CODEOWNERS", Line: line, Col: col, Severity: prompts.Error, Message: message, Hint: hint}
}

// word is one word of a line and the column of its first character.
type word struct {
	text string
	col  int
}

// ownerWords splits a line at white space that is not escaped; a # that begins
// a word begins a comment. Escapes stay as they are.
func ownerWords(line string) []word {
	var words []word
	start, escaped := -1, false
	end := func(i int) {
		if start >= 0 {
			words = append(words, word{line[start:i], utf8.RuneCountInString(line[:start]) + 1})
			start = -1
		}
	}
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case r == ' ' || r == '\t':
			end(i)
		case r == '#' && start < 0:
			return words
		default:
			if start < 0 {
				start = i
			}
			escaped = r == '\\'
		}
	}
	end(len(line))
	return words
}

var (
	ownerLogin = regexp.MustCompile(`^@[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:/[A-Za-z0-9][A-Za-z0-9._-]*)?$`)
	ownerMail  = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

func parseOwnerLine(line string) (*ownerRule, *prompts.Finding) {
	bad := func(w word, message, hint string) (*ownerRule, *prompts.Finding) {
		f := finding(0, w.col, message, hint)
		return nil, &f
	}
	if !utf8.ValidString(line) {
		return bad(word{"", 1}, "the line is not UTF-8", "")
	}
	words := ownerWords(line)
	if len(words) == 0 {
		return nil, nil
	}
	pattern := words[0]
	rule := &ownerRule{}
	for _, w := range words[1:] {
		if !ownerLogin.MatchString(w.text) && !ownerMail.MatchString(w.text) {
			return bad(w, fmt.Sprintf("%q is no owner", w.text), "owners are @user, @org/team or an e-mail address; GitHub skips the whole line")
		}
		rule.owners = append(rule.owners, w.text)
	}
	fits, problem := newOwnerPattern(pattern.text)
	if problem != "" {
		return bad(pattern, problem, "GitHub skips the line")
	}
	rule.pattern = fits
	return rule, nil
}

// ownerPattern is a pattern by the rules of gitignore without ! and [ ]: a
// slash at the beginning or in the middle binds it to the root, * and ? stay
// within one name, ** does not, and what fits a folder fits all below it, except
// where it ends with /*. Nothing is compiled: a file may have half a million.
type ownerPattern struct {
	names   []string // for path.Match, or "**" for any number of names
	folder  bool     // ends with a slash: fits what is in a folder, not a file
	shallow bool     // ends with /*: fits nothing deeper
}

func newOwnerPattern(p string) (ownerPattern, string) {
	rest := strings.TrimPrefix(p, "/")
	o := ownerPattern{folder: strings.HasSuffix(rest, "/"), shallow: strings.HasSuffix(rest, "/*")}
	rest = strings.TrimSuffix(rest, "/")
	switch {
	case strings.HasPrefix(p, "!"):
		return o, "patterns with ! do not work here"
	case rest == "":
		return o, "the pattern is empty"
	case strings.ContainsAny(rest, "[]"):
		return o, "patterns with [ ] do not work here"
	}
	o.names = strings.Split(rest, "/")
	for _, n := range o.names {
		if _, err := path.Match(n, "x"); err != nil || n == "" {
			return o, fmt.Sprintf("%q is no pattern", p)
		}
	}
	if !strings.Contains(strings.TrimSuffix(p, "/"), "/") {
		o.names = append([]string{"**"}, o.names...)
	}
	return o, ""
}

// fits reports whether the pattern fits a path, given by its names. It goes
// through the pattern with the set of places in the path that it may be at; room
// has two such sets.
func (o ownerPattern) fits(names []string, room [2][]bool) bool {
	at, next := room[0], room[1]
	clear(at)
	at[0] = true
	for i, n := range o.names {
		clear(next)
		for k := range at {
			switch {
			case n == "**" && k > 0 && (next[k-1] || at[k-1]):
				next[k] = true
			case n == "**" && at[k]:
				next[k] = i < len(o.names)-1 // at the end it stands for one name at least
			case n != "**" && k > 0 && at[k-1]:
				next[k], _ = path.Match(n, names[k-1])
			}
		}
		at, next = next, at
	}
	whole := at[len(names)]
	above := slices.Contains(at[:len(names)], true)
	switch {
	case o.folder:
		return above
	case o.shallow:
		return whole
	}
	return whole || above
}
