package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// shown is a case with its texts, cut to a size that can be shown.
type shown struct {
	*entry
	Vars []field
	More int        // vars that are left out
	Arms [][]answer // by arm, in the order of the report; the worst first
}

// field is a var of a case.
type field struct {
	Name, Value string
	Gone        int // bytes that are left out
}

// answer is one sample as it is shown. Texts are visible and not escaped.
type answer struct {
	Repeat  int
	State   mark
	Score   float64
	Text    string
	Gone    int // bytes of the output that are left out
	Refusal string
	Calls   []string // "name(arguments)"
	Finish  string   // "" when it stopped by itself
	Latency string
	Cost    string
	Tokens  string
	Error   string
	Checks  []check
}

const (
	maxVars   = 50
	maxCalls  = 20
	maxChecks = 100
)

// bounds say how much of a case is kept.
type bounds struct {
	text    int // bytes of each text
	samples int // of each arm
}

// texts reads the results again for the chosen cases.
func texts(open Open, r *evalkit.Report, x *index, chosen []*entry, b bounds) (map[string]*shown, error) {
	all := make(map[string]*shown, len(chosen))
	for _, e := range chosen {
		all[e.id] = &shown{entry: e, Arms: make([][]answer, len(r.Arms))}
	}
	if open == nil || len(all) == 0 {
		return all, nil
	}
	return all, lines(open, r.Prompt, func(h *head, text []byte) error {
		id := ""
		switch {
		case h.Case != nil:
			id = h.Case.ID
		case h.Sample != nil:
			id = h.Sample.Case
		}
		s := all[id]
		if s == nil {
			return nil
		}
		var full body
		if err := json.Unmarshal(text, &full); err != nil {
			return err
		}
		if full.Case != nil {
			s.vars(full.Case.Vars, b)
		}
		if full.Sample != nil {
			if arm, ok := x.arms[full.Sample.Arm]; ok && full.Sample.Case == id {
				s.Arms[arm] = keep(s.Arms[arm], answerOf(full.Sample, b), b.samples)
			}
		}
		return nil
	})
}

func (s *shown) vars(vars map[string]json.RawMessage, b bounds) {
	s.Vars, s.More = nil, max(0, len(vars)-maxVars)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if len(s.Vars) == maxVars {
			return
		}
		f := field{Name: short(name, 200)}
		f.Value, f.Gone = cut(asText(vars[name]), b.text)
		f.Value = visible(f.Value)
		s.Vars = append(s.Vars, f)
	}
}

// asText is a text as it is, and any other value as JSON with its numbers as
// they were, and without escapes for HTML.
func asText(value json.RawMessage) string {
	var decoded any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if d.Decode(&decoded) != nil {
		return string(value)
	}
	if text, ok := decoded.(string); ok {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(decoded) != nil {
		return string(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// keep adds a to the list, in place of the same repeat, and drops the best when
// there are too many.
func keep(list []answer, a answer, limit int) []answer {
	list = slices.DeleteFunc(list, func(old answer) bool { return old.Repeat == a.Repeat })
	list = append(list, a)
	slices.SortFunc(list, func(a, b answer) int {
		return cmp.Or(cmp.Compare(b.State.badness(), a.State.badness()), cmp.Compare(a.Repeat, b.Repeat))
	})
	return list[:min(len(list), limit)]
}

func (m mark) badness() int {
	switch m {
	case failed:
		return 2
	case erred:
		return 1
	}
	return 0
}

func answerOf(s *evalkit.Sample, b bounds) answer {
	a := answer{Repeat: s.Repeat, State: markOf(s.Pass, s.Fault, s.Error), Score: s.Score}
	a.Text, a.Gone = cut(s.Output.Text, b.text)
	a.Text = visible(a.Text)
	a.Refusal = visible(first(s.Output.Refusal, b.text))
	for i, c := range s.Output.ToolCalls {
		if i == maxCalls {
			break
		}
		a.Calls = append(a.Calls, visible(first(c.Name, 200)+"("+first(c.Arguments, b.text)+")"))
	}
	if s.Output.Finish != "stop" {
		a.Finish = short(s.Output.Finish, 100)
	}
	if s.Output.Latency > 0 {
		a.Latency = duration(float64(s.Output.Latency) / 1e6)
	}
	if s.Cost != nil {
		a.Cost = money(*s.Cost)
	}
	if s.Output.Usage.Known {
		a.Tokens = thousands(s.Output.Usage.Input) + " + " + thousands(s.Output.Usage.Output) + " tokens"
	}
	if a.State == erred {
		a.Error = short(s.Fault, 100)
		if s.Error != "" {
			a.Error += ": " + short(s.Error, 1000)
		}
	}
	a.Checks = checks(s.Results)
	a.Checks = a.Checks[:min(len(a.Checks), maxChecks)]
	return a
}

// first is the beginning of text, with an ellipsis when there is more.
func first(text string, limit int) string {
	head, gone := cut(text, limit)
	if gone > 0 {
		return head + " …"
	}
	return head
}
