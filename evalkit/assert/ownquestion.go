package assert

import (
	"maps"
	"slices"
	"strings"
)

// ownQuestion reads rubric_prompt: Mustache over the variables of the case and
// rubric, which is the value, and the names that the kind gives. It must show
// shown, or all outputs would be graded alike. It says false after a problem.
func (w *written) ownQuestion(shown ...string) (*template, bool) {
	if w.rubric == "" {
		return nil, true
	}
	path := []string{"rubric_prompt"}
	if text := strings.TrimSpace(w.rubric); strings.HasPrefix(text, "[") {
		if v, err := parseJSON(text); err == nil {
			if _, isList := v.([]any); isList {
				w.problem(path, "write the text of the question", "rubric_prompt is one text, not a list of messages")
				return nil, false
			}
		}
	}
	t := w.template(path, w.rubric)
	if t == nil {
		return nil, false
	}
	if slices.ContainsFunc(shown, func(name string) bool { return slices.Contains(t.text.roots, name) }) {
		return t, true
	}
	w.problem(path, "write {{"+shown[0]+"}} in it", "rubric_prompt does not show the output, so that all outputs would be graded alike")
	return nil, false
}

// noOwnQuestion reports rubric_prompt: the kind's question has parts that this
// package makes.
func (w *written) noOwnQuestion() {
	if w.rubric != "" {
		w.problem([]string{"rubric_prompt"}, "remove it, or use type = \"llm-rubric\"", "%s asks its own question", w.kind)
	}
}

// ask makes a question of the suite's own text, over the variables of the case
// and names. The rules and the form of the answer stay: without them nothing
// keeps data from being read as instructions.
func (t *template) ask(in Input, value *template, names map[string]string, form string, schema map[string]any) (question, error) {
	vars := maps.Clone(in.Vars)
	if vars == nil {
		vars = map[string]any{}
	}
	for name, text := range names {
		vars[name] = text
	}
	data, criterion := []string{""}, ""
	if value != nil {
		data[0] = value.data(in.Vars)
		plain, err := some(value.text, in.Vars)
		if err != nil {
			return question{}, err
		}
		vars["rubric"] = plain
	}
	f := newFrame(append(data, t.data(vars))...)
	if value != nil {
		var err error
		if criterion, err = value.criterion(in.Vars, f); err != nil {
			return question{}, err
		}
	}
	user, err := t.render(vars, f, criterion)
	return question{f.rules() + "\n" + form, user, schema}, err
}
