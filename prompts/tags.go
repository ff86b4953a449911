package prompts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// tag is one {{…}} of a template.
type tag struct {
	kind     byte   // 0 for a value, or '#', '^', '/', '>', '=', '!'
	name     string // "." or segments joined by '.'; of a partial its path; of '=' nothing
	pos, end int    // the tag with its delimiters
	delims   delims // in which it is written; of '=' those that it sets
}

// delims open and close tags.
type delims struct{ open, close string }

func mustacheDelims() delims { return delims{"{{", "}}"} }

func (d delims) String() string { return d.open + " " + d.close }

// root is the variable that the tag starts from; "" for {{.}}.
func (t tag) root() string {
	root, _, _ := strings.Cut(t.name, ".")
	return root
}

// problem is something wrong at an offset of a template.
type problem struct {
	rule          string
	pos           int
	message, hint string
	variable      string // that is not declared, when nothing like it is either
}

var (
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	tagPattern      = regexp.MustCompile(`^(\.|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)$`)
	partialPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$`)
)

// scanTags finds the tags of a template. The library gives neither their
// positions nor the set-delimiter tags, and drops some malformed tags in silence.
func scanTags(text string) (tags []tag, problems []problem) {
	tags, problems = allTags(text)
	tags = slices.DeleteFunc(tags, func(t tag) bool { return t.kind == '!' })
	return tags, append(problems, unbalanced(tags)...)
}

// allTags are the tags and the comments of a template.
func allTags(text string) (tags []tag, problems []problem) {
	now := mustacheDelims()
	for i := 0; ; {
		open := strings.Index(text[i:], now.open)
		if open < 0 {
			break
		}
		pos := i + open
		from := pos + len(now.open)
		closing := now.close
		if strings.HasPrefix(text[from:], "{") {
			closing = "}" + now.close
		}
		size := strings.Index(text[from:], closing)
		if size < 0 {
			problems = append(problems, problem{rule: ruleTemplate, pos: pos, message: "tag is not closed",
				hint: "braces that are meant as text need other delimiters, {{=<% %>=}}, or come in as a variable's value"})
			break
		}
		i = from + size + len(closing)
		t, p := parseTag(text[from:i-len(now.close)], now)
		t.pos, t.end = pos, i
		switch {
		case p != nil:
			p.pos = pos
			problems = append(problems, *p)
		case t.kind == '=':
			now = t.delims
			fallthrough
		default:
			tags = append(tags, t)
		}
	}
	return tags, problems
}

func parseTag(inner string, in delims) (tag, *problem) {
	t := tag{name: strings.TrimSpace(inner), delims: in}
	if t.name == "" {
		return t, &problem{rule: ruleTemplate, message: "tag is empty", hint: "write {{name}}"}
	}
	switch c := t.name[0]; c {
	case '!':
		t.kind = c
		return t, nil
	case '=':
		return parseDelims(t)
	case '#', '^', '/':
		t.kind = c
		t.name = strings.TrimSpace(t.name[1:])
	case '>':
		t.kind = c
		t.name = strings.TrimSpace(t.name[1:])
		if !partialPattern.MatchString(t.name) {
			return t, &problem{rule: ruleTemplate, message: fmt.Sprintf("{{>%s}} is not the name of a partial", shorten(t.name)),
				hint: "a partial is a-z, 0-9, _ and -, in a folder after a /: {{> tone}}, {{> shared/tone}}"}
		}
		return t, nil
	case '&':
		t.name = strings.TrimSpace(t.name[1:])
	case '{':
		if strings.HasPrefix(inner, "{") && strings.HasSuffix(inner, "}") {
			t.name = strings.TrimSpace(inner[1 : len(inner)-1])
		}
	}
	if !tagPattern.MatchString(t.name) {
		return t, &problem{rule: ruleTemplate, message: fmt.Sprintf("tag {{%s}} is not a name", shorten(inner)),
			hint: "templates are Mustache: {{name}}, {{#name}}…{{/name}}, {{^name}}…{{/name}}, {{! comment}}"}
	}
	return t, nil
}

// maxDelim is how long one delimiter may be.
const maxDelim = 10

func parseDelims(t tag) (tag, *problem) {
	inner, closed := strings.CutSuffix(t.name[1:], "=")
	pair := strings.Fields(inner)
	if !closed || len(pair) != 2 || strings.Contains(inner, "=") || len(pair[0]) > maxDelim || len(pair[1]) > maxDelim {
		return t, &problem{rule: ruleTemplate, message: fmt.Sprintf("tag {{%s}} does not set delimiters", shorten(t.name)),
			hint: "write {{=<% %>=}}: two delimiters without blanks or =, at most 10 bytes each"}
	}
	t.kind, t.name, t.delims = '=', "", delims{pair[0], pair[1]}
	return t, nil
}

// unbalanced reports sections that are not closed in the order they were opened.
func unbalanced(tags []tag) (problems []problem) {
	var open []tag
	add := func(pos int, hint, format string, args ...any) []problem {
		return append(problems, problem{rule: ruleSection, pos: pos, message: fmt.Sprintf(format, args...), hint: hint})
	}
	for _, t := range tags {
		switch {
		case t.kind == '#' || t.kind == '^':
			if len(open) == maxDepth {
				return add(t.pos, "", "sections are nested deeper than %d", maxDepth)
			}
			open = append(open, t)
		case t.kind != '/':
		case len(open) == 0:
			return add(t.pos, "", "section {{/%s}} was never opened", t.name)
		case open[len(open)-1].name != t.name:
			last := open[len(open)-1]
			return add(t.pos, "close sections in the reverse order of opening", "section {{/%s}} closes {{%c%s}}", t.name, last.kind, last.name)
		default:
			open = open[:len(open)-1]
		}
	}
	for _, t := range open {
		problems = add(t.pos, fmt.Sprintf("add {{/%s}}", t.name), "section {{%c%s}} is not closed", t.kind, t.name)
	}
	return problems
}
