package assert

import (
	"context"
	"strings"
)

func containsKinds() []kind {
	return []kind{
		{name: "contains", summary: "The output contains this text.", value: "a text", make: makeContains},
		{name: "icontains", summary: "The output contains this text, upper and lower case being the same.", value: "a text", make: makeContains},
		{name: "contains-any", summary: "The output contains at least one of these texts.", value: "a list of texts, or one text with commas", make: makeContainsSome},
		{name: "icontains-any", summary: "As contains-any, upper and lower case being the same.", value: "a list of texts, or one text with commas", make: makeContainsSome},
		{name: "contains-all", summary: "The output contains all of these texts.", value: "a list of texts, or one text with commas", make: makeContainsSome},
		{name: "icontains-all", summary: "As contains-all, upper and lower case being the same.", value: "a list of texts, or one text with commas", make: makeContainsSome},
		{name: "starts-with", summary: "The output begins with this text.", value: "a text", make: makeStartsWith},
	}
}

// folding says whether the kind's name begins with i.
func (w *written) folding() bool { return strings.HasPrefix(w.kind, "icontains") }

func lowerIf(fold bool, s string) string {
	if fold {
		return strings.ToLower(s)
	}
	return s
}

func makeContains(w *written) checker {
	if t := w.someText(); t != nil {
		return contains{t, w.folding()}
	}
	return nil
}

type contains struct {
	want *text
	fold bool
}

func (c contains) check(_ context.Context, in Input, _ Services) (Result, error) {
	want, err := some(c.want, in.Vars)
	if err != nil {
		return Result{}, err
	}
	if strings.Contains(lowerIf(c.fold, in.Output.Text), lowerIf(c.fold, want)) {
		return binary(true, "contains %s", quote(want)), nil
	}
	return binary(false, "does not contain %s: %s", quote(want), quote(in.Output.Text)), nil
}

func makeContainsSome(w *written) checker {
	if t := w.textsValue(true); t != nil {
		return containsSome{t, w.folding(), strings.HasSuffix(w.kind, "-all")}
	}
	return nil
}

type containsSome struct {
	want      *texts
	fold, all bool
}

func (c containsSome) check(_ context.Context, in Input, _ Services) (Result, error) {
	want, err := c.want.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	output := lowerIf(c.fold, in.Output.Text)
	var found, missing []string
	for _, s := range want {
		if strings.Contains(output, lowerIf(c.fold, s)) {
			found = append(found, s)
		} else {
			missing = append(missing, s)
		}
	}
	switch {
	case c.all && len(missing) == 0:
		return binary(true, "contains all of %s", quotes(want)), nil
	case c.all:
		return binary(false, "does not contain %s: %s", quotes(missing), quote(in.Output.Text)), nil
	case len(found) > 0:
		return binary(true, "contains %s", quotes(found)), nil
	}
	return binary(false, "contains none of %s: %s", quotes(want), quote(in.Output.Text)), nil
}

func makeStartsWith(w *written) checker {
	if t := w.someText(); t != nil {
		return startsWith{t}
	}
	return nil
}

type startsWith struct{ want *text }

func (c startsWith) check(_ context.Context, in Input, _ Services) (Result, error) {
	want, err := some(c.want, in.Vars)
	if err != nil {
		return Result{}, err
	}
	if strings.HasPrefix(in.Output.Text, want) {
		return binary(true, "starts with %s", quote(want)), nil
	}
	return binary(false, "does not start with %s: %s", quote(want), quote(in.Output.Text)), nil
}
