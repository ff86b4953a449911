package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

var (
	rulePattern    = regexp.MustCompile(`^PF[0-9]{3}$`)
	patternPattern = regexp.MustCompile(`^[a-z0-9_*-]+(\.[a-z0-9_*-]+)*$`)
)

// check reads [check].
func (r *reader) check(t map[string]any) Check {
	at := []string{"check"}
	r.known(t, at, "names", "severity", "ignore")
	c := Check{Names: r.patterns(t, at, "names")}
	severity := r.table(t, at, "severity")
	for id := range severity {
		key := []string{"check", "severity", id}
		switch v := prompts.Severity(r.text(severity, key[:2], id, "")); {
		case !r.rule(key, id):
		case v != prompts.Error && v != prompts.Warning && v != prompts.Note:
			r.add(key, fmt.Sprintf("severity %q is none", v), "one of error, warning, note")
		default:
			if c.Severity == nil {
				c.Severity = map[string]prompts.Severity{}
			}
			c.Severity[id] = v
		}
	}
	list, ok := t["ignore"].([]any)
	if _, written := t["ignore"]; written && !ok {
		r.add([]string{"check", "ignore"}, "ignore must be an array of tables", "write [[check.ignore]] with rule and reason")
	}
	for i, v := range list {
		at := []string{"check", "ignore", strconv.Itoa(i)}
		t, ok := v.(map[string]any)
		if !ok {
			r.add(at, "an exception must be a table", "write [[check.ignore]] with rule and reason")
			continue
		}
		r.known(t, at, "rule", "prompts", "reason")
		e := Ignore{Rule: r.text(t, at, "rule", ""), Prompts: r.patterns(t, at, "prompts"), Reason: r.text(t, at, "reason", "")}
		r.rule(append(at, "rule"), e.Rule)
		if strings.TrimSpace(e.Reason) == "" {
			r.add(at, "an exception without a reason", "add reason = \"…\"")
		}
		c.Ignore = append(c.Ignore, e)
	}
	return c
}

// rule reports what is not the id of a rule that can be ignored or judged in
// another way.
func (r *reader) rule(at []string, id string) bool {
	rule, known := prompts.RuleByID(id)
	switch {
	case !rulePattern.MatchString(id) || !known && id < "PF100":
		r.add(at, fmt.Sprintf("%q is not the id of a rule", id), "check prints ids, such as PF020")
		return false
	case known && !rule.Ignorable:
		r.add(at, fmt.Sprintf("%s (%s) is not for the team to judge: without it there is no artifact", id, rule.Name), "")
		return false
	}
	return true
}

func (r *reader) patterns(t map[string]any, at []string, key string) []string {
	v, written := t[key]
	list, ok := v.([]any)
	if written && !ok {
		r.add(append(at[:len(at):len(at)], key), key+" must be an array of strings", "")
	}
	var out []string
	for i, v := range list {
		s, _ := v.(string)
		if !patternPattern.MatchString(s) {
			r.add(append(at[:len(at):len(at)], key, strconv.Itoa(i)), fmt.Sprintf("%v is not a pattern of prompt names", v), `for example "support.*" or "**"`)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Match reports whether a prompt's name matches one of the patterns.
func Match(patterns []string, name string) bool {
	for _, p := range patterns {
		var re strings.Builder
		for segment := range strings.SplitSeq(p, ".") {
			if segment == "**" {
				re.WriteString(`([^.]*\.)*`)
				continue
			}
			re.WriteString(strings.ReplaceAll(regexp.QuoteMeta(segment), `\*`, `[^.]*`) + `\.`)
		}
		if regexp.MustCompile("^" + re.String() + "$").MatchString(name + ".") {
			return true
		}
	}
	return false
}
