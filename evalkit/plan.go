package evalkit

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// Version is one version of a prompt that takes part in a run.
type Version struct {
	Prompt *prompts.Prompt
	Title  string // for people: "this change", "production, stable, 90 %"
	Gates  bool   // of a baseline: the new version must not be worse than it
}

// Plan is what is asked: the new version and its baselines, and the new version
// under other models.
type Plan struct {
	Suite     *suite.Suite
	New       Version
	Baselines []Version // of other digests than New; each once
	Models    []string  // other models to ask New of; they do not gate
	// Unknown says why it is not known what production serves: then rules about
	// baselines are inconclusive. "" means that Baselines are all there are.
	Unknown string
}

// Services are what a run needs from outside.
type Services struct {
	// Model answers for every model that the plan names, judges included.
	Model chat.Model
	// Embedder is needed by suites that compare embeddings only.
	Embedder chat.Embedder
	// Cost is the price of a call in USD. Nil knows none.
	Cost func(model string, u chat.Usage) (usd float64, known bool)
	// Meter counts what is paid and keeps the budget; Model and Embedder call through
	// it. Nil counts nothing.
	Meter *Meter
	Now   func() time.Time // nil is time.Now
	// Parallel is how many samples are in the making at once; 0 is 32. Endpoints
	// have limits of their own.
	Parallel int
	// Lines gets the results as they come, one JSON Line each. Nil drops them.
	Lines io.Writer
	// Progress is told after each sample, by one goroutine at a time; total
	// grows when gates ask for more samples. Nil tells nobody.
	Progress func(done, total int)
}

// Check finds cases that the prompt cannot be rendered with, before anything is
// paid for: at most 100, in the order of the files. The error is that of reading
// the cases.
func Check(s *suite.Suite, p *prompts.Prompt) (prompts.Findings, error) {
	const most = 100
	var found prompts.Findings
	r := newRenderer(p)
	for c, err := range s.All() {
		if err != nil {
			return found, err
		}
		var wrong *prompts.RenderError
		if _, err := r.render(c); errors.As(err, &wrong) {
			for _, p := range wrong.Problems {
				found = append(found, prompts.Finding{
					File: c.File, Line: c.Line, Col: 1, Severity: prompts.Error, Hint: p.Hint,
					Message: fmt.Sprintf("case %q: variable %q %s", c.ID, p.Variable, p.Message),
				})
			}
		}
		if len(found) > most {
			found = append(found[:most], prompts.Finding{File: s.File, Severity: prompts.Error, Message: "and more cases like these"})
			break
		}
	}
	return found, nil
}

// renderer makes the messages of one version.
type renderer struct {
	prompt       *prompts.Prompt
	declared     map[string]string // types by name
	placeholders []string
}

func newRenderer(p *prompts.Prompt) *renderer {
	r := &renderer{prompt: p, declared: map[string]string{}}
	for _, v := range p.Variables() {
		r.declared[v.Name] = v.Type
	}
	for _, m := range p.Messages() {
		if m.Placeholder != "" {
			r.declared[m.Placeholder] = placeholder
			r.placeholders = append(r.placeholders, m.Placeholder)
		}
	}
	return r
}

// render takes what the version declares: cases also hold what assertions
// compare with. A placeholder that a case leaves out stands for no messages.
func (r *renderer) render(c *suite.Case) ([]prompts.Message, error) {
	values, unreadable := r.values(c)
	for _, name := range r.placeholders {
		if _, ok := values[name]; !ok {
			values[name] = []prompts.Message{}
		}
	}
	messages, err := r.prompt.Render(values)
	if len(unreadable) == 0 {
		return messages, err
	}
	found := &prompts.RenderError{Ref: r.prompt.Ref(), Problems: unreadable}
	if more := (*prompts.RenderError)(nil); errors.As(err, &more) {
		for _, p := range more.Problems { // those of the same variables follow from it
			if !slices.ContainsFunc(unreadable, func(u prompts.Problem) bool { return u.Variable == p.Variable }) {
				found.Problems = append(found.Problems, p)
			}
		}
	}
	slices.SortFunc(found.Problems, func(a, b prompts.Problem) int { return strings.Compare(a.Variable, b.Variable) })
	return nil, found
}

// arm is a version under a model while it runs.
type arm struct {
	Arm
	index      int // in the run
	renderer   *renderer
	parameters map[string]any
	tools      []prompts.Tool
	output     *prompts.Output
}

func newArm(id string, role Role, v Version, model string) *arm {
	p := v.Prompt
	if model == "" {
		model = p.Model()
	}
	a := &arm{
		Arm: Arm{
			ID: id, Title: v.Title, Role: role, Ref: p.Ref(), Version: p.Version(), Digest: string(p.Digest()),
			Model: model, Parameters: hashOf(p.Parameters()), Gates: role == Baseline && v.Gates,
		},
		renderer: newRenderer(p), parameters: p.Parameters(), tools: p.Tools(),
	}
	if o, ok := p.Output(); ok {
		a.output = &o
	}
	return a
}

// arms lists who takes part, the new version first.
func (p Plan) arms() ([]*arm, error) {
	if p.Suite == nil || p.New.Prompt == nil {
		return nil, errors.New("evaluate: no suite or no prompt")
	}
	if name := p.New.Prompt.Name(); name != p.Suite.Prompt {
		return nil, fmt.Errorf("evaluate %s: the suite %s is of %s", name, p.Suite.File, p.Suite.Prompt)
	}
	if p.New.Prompt.Model() == "" {
		return nil, fmt.Errorf("evaluate %s: the prompt names no model", p.New.Prompt.Name())
	}
	arms := []*arm{newArm("new", New, p.New, "")}
	seen := []prompts.Digest{p.New.Prompt.Digest()}
	for _, b := range p.Baselines {
		if slices.Contains(seen, b.Prompt.Digest()) {
			return nil, fmt.Errorf("evaluate %s: version %s takes part twice", p.New.Prompt.Name(), b.Prompt.Version())
		}
		seen = append(seen, b.Prompt.Digest())
		arms = append(arms, newArm(fmt.Sprintf("base%d", len(arms)), Baseline, b, ""))
	}
	for i, m := range p.Models {
		arms = append(arms, newArm(fmt.Sprintf("model%d", i+1), Other, Version{Prompt: p.New.Prompt, Title: m}, m))
	}
	for i, a := range arms {
		a.index = i
	}
	return arms, nil
}
