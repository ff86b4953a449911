package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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
	pattern *regexp.Regexp
	owners  []string
}

// Of returns the owners of a path, as they are written: "@login", "@org/team"
// or an e-mail address. The last rule that fits counts; it may name nobody.
func (o Owners) Of(path string) []string {
	for i := len(o.rules) - 1; i >= 0; i-- {
		if o.rules[i].pattern.MatchString(path) {
			return o.rules[i].owners
		}
	}
	return nil
}

// Empty reports whether there is no rule.
func (o Owners) Empty() bool { return len(o.rules) == 0 }

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
	re, problem := ownerPattern(pattern.text)
	if problem != "" {
		return bad(pattern, problem, "GitHub skips the line")
	}
	rule.pattern = re
	return rule, nil
}

// ownerPattern turns a pattern into an expression over paths. The rules are
// those of gitignore without ! and [ ]: a slash at the beginning or in the
// middle binds the pattern to the root, * and ? stay within one name, ** does
// not, and a pattern that fits a folder fits all below it, except where it ends
// with /*.
func ownerPattern(p string) (*regexp.Regexp, string) {
	if strings.HasPrefix(p, "!") {
		return nil, "patterns with ! do not work here"
	}
	bound := strings.Contains(strings.TrimSuffix(p, "/"), "/")
	rest := strings.TrimPrefix(p, "/")
	if rest == "" {
		return nil, "the pattern is empty"
	}
	folder := strings.HasSuffix(rest, "/")
	shallow := strings.HasSuffix(rest, "/*")
	rest = strings.TrimSuffix(rest, "/")

	var re strings.Builder
	re.WriteString(`(?s)^`)
	if !bound {
		re.WriteString(`(?:.*/)?`)
	}
	for i := 0; i < len(rest); {
		atStart := i == 0 || rest[i-1] == '/'
		switch {
		case atStart && strings.HasPrefix(rest[i:], "**/"):
			re.WriteString(`(?:[^/]+/)*`)
			i += 3
		case atStart && rest[i:] == "**":
			re.WriteString(`.+`)
			i += 2
		case rest[i] == '*':
			re.WriteString(`[^/]*`)
			for i < len(rest) && rest[i] == '*' {
				i++
			}
		case rest[i] == '?':
			re.WriteString(`[^/]`)
			i++
		case rest[i] == '[' || rest[i] == ']':
			return nil, "patterns with [ ] do not work here"
		case rest[i] == '\\' && i+1 == len(rest):
			return nil, "the pattern ends with a backslash"
		default:
			if rest[i] == '\\' {
				i++
			}
			_, size := utf8.DecodeRuneInString(rest[i:])
			re.WriteString(regexp.QuoteMeta(rest[i : i+size]))
			i += size
		}
	}
	switch {
	case folder:
		re.WriteString(`/.+$`)
	case shallow:
		re.WriteString(`$`)
	default:
		re.WriteString(`(?:/.+)?$`)
	}
	compiled, err := regexp.Compile(re.String())
	if err != nil {
		return nil, "the pattern is too long"
	}
	return compiled, ""
}
