package assert

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

func regexKind() kind {
	return kind{name: "regex", summary: "The output matches this regular expression somewhere; the syntax is Go's (RE2), without look-around and back references.",
		value: "a regular expression", make: makeRegex}
}

func makeRegex(w *written) checker {
	t := w.someText()
	if t == nil {
		return nil
	}
	c := regex{want: t}
	if t.compiled == nil {
		var err error
		if c.pattern, err = compilePattern(t.plain); err != nil {
			w.problem(valuePath(), patternHint(t.plain, err), "%s", err)
			return nil
		}
	}
	return c
}

type regex struct {
	want    *text
	pattern *regexp.Regexp // nil when it depends on the case
}

func compilePattern(s string) (*regexp.Regexp, error) {
	pattern, err := regexp.Compile(s)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return nil, fmt.Errorf("not a regular expression: %s: %s", bad.Code, quote(bad.Expr))
	}
	return pattern, err
}

// patternHint explains what is not in RE2.
func patternHint(s string, err error) string {
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.Contains(s, look) {
			return look + "…) is look-around, which RE2 has not: write two assertions, one of them with not-regex"
		}
	}
	if strings.Contains(err.Error(), "invalid escape sequence") {
		return "back references and some escapes are not in RE2"
	}
	return ""
}

func (c regex) check(_ context.Context, in Input, _ Services) (Result, error) {
	pattern := c.pattern
	if pattern == nil {
		s, err := some(c.want, in.Vars)
		if err != nil {
			return Result{}, err
		}
		if pattern, err = compilePattern(s); err != nil {
			return Result{}, err
		}
	}
	if pattern.MatchString(in.Output.Text) {
		return binary(true, "matches %s", quote(pattern.String())), nil
	}
	return binary(false, "does not match %s: %s", quote(pattern.String()), quote(in.Output.Text)), nil
}
