package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/comment"
	"github.com/promptflag/promptflag/action/internal/evaluate"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
	"github.com/promptflag/promptflag/store"
)

// evaluateChanged runs the suites of the prompts that the change touches, against
// what production serves.
func (p *pull) evaluateChanged(ctx context.Context) error {
	p.traffic()
	r, err := p.evalRunner(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	p.told.Open = results(r)
	names := p.toEvaluate(r)
	if len(names) == 0 {
		return nil
	}
	r.Baselines = p.compareWith
	for i, name := range names {
		one := p.find(name)
		d := p.lookup(name)
		report, err := p.runSuite(ctx, r, d.Prompt)
		if err != nil {
			for _, rest := range names[i:] {
				p.find(rest).NotEvaluated = "the evaluation could not be run: " + err.Error()
			}
			return fmt.Errorf("evaluate %s: %w", name, err)
		}
		if (p.secret || p.event.Fork) && !answered(report) {
			one.NotEvaluated = "no answers of models are recorded in the repository for it"
			continue
		}
		one.Report = report
		p.evals = append(p.evals, report)
	}
	if err := p.writeReports(r, p.evals); err != nil {
		return err
	}
	return r.Finish()
}

// compareWith is the lookup of a pull request.
func (p *pull) compareWith(head *prompts.Prompt) ([]evalkit.Version, string) {
	switch {
	case p.secret:
		return nil, "what production serves was not asked for"
	case p.unserved != nil:
		return nil, notServed + p.unserved.Error()
	}
	return evaluate.Baselines(head.Digest(), p.served[head.Name()])
}

// evalRunner asks models where there are secrets, and only reads records where
// there are none.
func (p *pull) evalRunner(ctx context.Context) (*evaluate.Runner, error) {
	mode, bucket := evaluate.Live, (*store.Bucket)(nil)
	switch {
	case p.secret || p.event.Fork:
		mode = evaluate.Replay
	case p.runner != nil:
		mode, bucket = evaluate.Record, p.sharedRecords(ctx, p.config)
	}
	r, err := p.evaluator(p.config, mode, bucket)
	if err != nil {
		return nil, err
	}
	r.Dir, r.Parallel = p.below(resultsFolder), 32
	return r, nil
}

// toEvaluate are the prompts of which something is measured; the others say why
// it is not.
func (p *pull) toEvaluate(r *evaluate.Runner) (names []string) {
	for i := range p.told.Prompts {
		one := &p.told.Prompts[i]
		switch {
		case one.Kind == comment.Removed || one.Kind == comment.About:
		case p.mistakes():
			one.NotEvaluated = "there are mistakes to be mended first"
		case !r.Has(one.Name):
			one.NotEvaluated = "it has no suite"
			if one.Refused = p.rules().Gate.RequireSuite; one.Refused {
				one.NotEvaluated += ", and [gate] require_suite asks for one"
			}
		default:
			names = append(names, one.Name)
		}
	}
	return names
}

// answered reports whether there is any answer to judge the new version by.
func answered(r *evalkit.Report) bool {
	return slices.ContainsFunc(r.Arms, func(a evalkit.Arm) bool { return a.Role == evalkit.New && a.PassRate != nil })
}

// traffic says what is served now of the prompts that the change touches, and whom
// it breaks.
func (p *pull) traffic() {
	if p.served == nil {
		return // said where the flags were asked for
	}
	for i := range p.told.Prompts {
		one := &p.told.Prompts[i]
		one.Live, one.Known = p.served[one.Name], true
		d := p.lookup(one.Name)
		if d == nil {
			continue
		}
		for _, v := range one.Live {
			if v.Prompt == nil || v.Prompt.Digest() == d.Prompt.Digest() {
				continue
			}
			for _, e := range compare.Breaks(v.Prompt, d.Prompt) {
				one.Breaks = addBreak(one.Breaks, comment.Break{Effect: e, Of: v.Where(), Accepted: d.Breaking})
			}
		}
	}
}

// addBreak puts what breaks callers of several versions together.
func addBreak(list []comment.Break, b comment.Break) []comment.Break {
	for i := range list {
		if list[i].Message == b.Message {
			list[i].Of += "; " + b.Of
			return list
		}
	}
	return append(list, b)
}
