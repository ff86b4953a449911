package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/comment"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/report"
	"github.com/promptflag/promptflag/evalkit"
)

// tell puts what publish did, or did not, into the step summary, onto the pull
// request and into the outputs. p is the plan as it was carried out.
func (g *guard) tell(ctx context.Context, title, note string, p *prepared) error {
	if err := g.summarise(title, note, p.Plan); err != nil {
		return err
	}
	g.comment(ctx, title, note, p)
	if err := g.outputEvaluation(cmp.Or(comment.Verdict(g.verdict), comment.NotEvaluated), g.evals); err != nil {
		return err
	}
	if err := g.outputJSON("changed-prompts", changedPrompts(p.Plan)); err != nil {
		return err
	}
	if note != "" {
		return nil // which of them are out is not known here
	}
	return g.outputJSON("published-digests", publishedDigests(p.Plan))
}

// outputJSON sets an output to JSON on one line, or to null if that is more than an
// output takes.
func (s *session) outputJSON(name string, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if len(line) > github.MaxOutput {
		line = []byte("null")
	}
	return s.runner.Output(name, string(line))
}

// changedPrompts are the prompts whose version in git is not what some
// environment serves, sorted.
func changedPrompts(p *plan.Plan) []string {
	out := []string{}
	for _, i := range p.Items {
		switch i.Kind {
		case plan.Create, plan.Canary, plan.Restore, plan.Withdraw, plan.Held, plan.Waiting, plan.Manual, plan.Stopped:
			out = append(out, i.Prompt)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// publishedDigests are the versions that the plan brought to an environment, by
// prompt.
func publishedDigests(p *plan.Plan) map[string]string {
	out := map[string]string{}
	for _, i := range p.Items {
		ref := bring(i)
		if i.Kind == plan.Restore {
			ref = i.After.Stable
		}
		if _, digest, ok := strings.Cut(ref, "@"); ok && i.Writes() {
			out[i.Prompt] = digest
		}
	}
	return out
}

// resultKey marks the comment with the result, beside the one about the plan.
const resultKey = "published"

// longestResult leaves room below what GitHub takes, 65,536 characters.
const longestResult = 60_000

// comment says on the merged pull request what became of it. It is an ornament:
// the records and the summary say it as well. A later attempt of a run may find
// that all is done and not told.
func (g *guard) comment(ctx context.Context, title, note string, p *prepared) {
	nothing := p.Writes()+len(p.Stopped()) == 0
	attempt, _ := strconv.Atoi(g.Getenv("GITHUB_RUN_ATTEMPT"))
	if g.runner == nil || g.from.client == nil || nothing && attempt < 2 {
		return
	}
	m := g.from.commit(ctx, g.from.head)
	if m.unknown != "" {
		g.warn("the result is not on the pull request: " + m.unknown)
		return
	}
	if m.value == nil {
		return
	}
	if nothing {
		told, err := g.from.client.Commented(ctx, m.value.Number, resultKey)
		if err != nil || told || !g.published(ctx, m.value.Files, p) {
			return
		}
	}
	if attempt > 1 && note == "" {
		note = fmt.Sprintf("This is attempt %d of the run: what was done before it is not in the table.", attempt)
	}
	var b strings.Builder
	if err := report.PlanMarkdown(&b, title, note, p.Plan); err != nil {
		return
	}
	text := b.String()
	if len(text) > longestResult {
		text = text[:strings.LastIndexByte(text[:longestResult], '\n')+1] + "\n…cut: the summary of the run has all of it\n"
	}
	if url := p.origin.RunURL; url != "" {
		text += "\n[The run](" + url + ")\n"
	}
	if _, err := g.from.client.Comment(ctx, m.value.Number, resultKey, text); err != nil {
		g.warn("the result is not on the pull request: " + err.Error())
	}
}

// published reports whether the release records say that this commit brought what is
// live of a prompt that files are of.
func (g *guard) published(ctx context.Context, files []string, p *prepared) bool {
	for _, i := range p.Items {
		d, ok := p.tree.Lookup(i.Prompt)
		if !ok || !slices.ContainsFunc(g.from.files(d), func(f string) bool { return slices.Contains(files, f) }) {
			continue
		}
		bucket := p.targets[i.Environment].Bucket
		keys, err := bucket.RecordKeys(ctx, i.Prompt)
		if err != nil {
			return false
		}
		for _, ref := range []string{i.After.Candidate, i.After.Stable} {
			at := plan.Newest(keys, i.Environment, plan.Version(ref), plan.LinkActions()...)
			if at < 0 {
				continue
			}
			if r, err := bucket.Record(ctx, keys[at]); err == nil && r.Commit == g.from.head {
				return true
			}
		}
	}
	return false
}

// verdict is the worst of all that was judged; "" for nothing.
func (g *gate) verdict() evalkit.Verdict {
	worst := evalkit.Verdict("")
	order := []evalkit.Verdict{"", evalkit.Pass, evalkit.Inconclusive, evalkit.Fail}
	for _, j := range g.judged {
		if j != nil && slices.Index(order, j.verdict) > slices.Index(order, worst) {
			worst = j.verdict
		}
	}
	return worst
}
