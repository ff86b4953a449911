package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/evaluate"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// gate keeps versions from users whose evaluation does not let them pass. Going
// back to an earlier version never waits for it.
type gate struct {
	*session
	config  *config.Config
	rules   config.Gate // of before the change that is judged
	targets map[string]plan.Target
	origin  plan.Origin
	run     *evaluate.Runner
	judged  map[prompts.Digest]*judgement
	reports []*evalkit.Report // of what was evaluated now
	credit  *plan.Credit      // of the version that is evaluated; nil: the origin tells
	// source is the bucket that versions and receipts are read from, where it is
	// not that of the environment they go to.
	source *store.Bucket
}

// judgement is what is known of a version; nil in gate.judged means that it has
// no suite.
type judgement struct {
	verdict evalkit.Verdict
	reason  string
}

// resultsFolder is where results go, below the root of the repository.
const resultsFolder = ".promptflag/eval"

func (s *session) newGate(cfg *config.Config, targets map[string]plan.Target, from plan.Origin) (*gate, error) {
	var shared *store.Bucket
	for _, e := range cfg.Environments {
		if t, ok := targets[e.Name]; ok {
			shared = t.Bucket
			break
		}
	}
	r, err := s.evaluator(cfg, evaluate.Record, shared)
	if err != nil {
		return nil, err
	}
	r.Dir = s.below(resultsFolder)
	return &gate{session: s, config: cfg, rules: cfg.Gate, targets: targets, origin: from, run: r, judged: map[prompts.Digest]*judgement{}}, nil
}

// bring is the version that an item would bring to users for the first time, ""
// for none. What users had before may always come back.
func bring(i plan.Item) string {
	switch {
	case !i.Writes():
		return ""
	case i.Kind == plan.Create, i.Kind == plan.Adopt && i.Blob != nil:
		return i.After.Stable
	case i.Kind == plan.Canary, i.Kind == plan.Promote, i.Kind == plan.Dial && i.After.Percent == 100:
		return i.After.Candidate
	}
	return ""
}

// publishing evaluates what a plan would publish, and stops the items that may
// not go.
func (g *gate) publishing(ctx context.Context, p *prepared) error {
	var names []string
	for _, i := range p.Items {
		if bring(i) != "" {
			names = append(names, i.Prompt)
		}
	}
	g.run.Baselines = g.againstTraffic(ctx, g.config, names)
	for i := range p.Items {
		item := &p.Items[i]
		if ref := bring(*item); ref != "" {
			d, ok := p.tree.Lookup(item.Prompt)
			if !ok {
				return fmt.Errorf("evaluate %s: it is not in the tree", ref)
			}
			g.credit = item.Credit
			if err := g.evaluate(ctx, d.Prompt); err != nil {
				return err
			}
			g.stop(item)
		}
		if decide := item.Decide; decide != nil {
			item.Decide = func(f *flags.Flag) (plan.Item, error) {
				again, err := decide(f)
				if err == nil {
					g.stop(&again)
				}
				return again, err
			}
		}
	}
	return nil
}

// evaluate judges a version once.
func (g *gate) evaluate(ctx context.Context, p *prompts.Prompt) error {
	if _, done := g.judged[p.Digest()]; done {
		return nil
	}
	if !g.run.Has(p.Name()) {
		g.judged[p.Digest()] = nil
		return nil
	}
	report, err := g.runSuite(ctx, g.run, p)
	if err != nil {
		return err
	}
	g.judged[p.Digest()], g.reports = &judgement{report.Verdict, report.Reason}, append(g.reports, report)
	fmt.Fprintf(g.Stderr, "%s %s: %s: %s\n", p.Name(), p.Version(), report.Verdict, report.Reason)
	if err := g.keep(ctx, p, report); err != nil {
		return err
	}
	return g.run.Finish()
}

// keep writes the receipt beside the version, in every bucket that will have it.
func (g *gate) keep(ctx context.Context, p *prompts.Prompt, report *evalkit.Report) error {
	c := report.Receipt()
	c.Trust = g.trust(g.config.Branch)
	c.Commit, c.Run, c.Actor, c.PullRequest, c.Tool = g.origin.Commit, g.origin.RunURL, g.origin.Actor, g.origin.PullRequest, g.origin.Tool
	c.Author, c.Approvers = g.origin.Author, g.origin.Approvers
	if g.credit != nil {
		c.Author, c.Approvers, c.PullRequest = g.credit.Author, g.credit.Approvers, g.credit.PullRequest
	}
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	done := map[*store.Bucket]bool{}
	for _, t := range g.targets {
		if done[t.Bucket] {
			continue
		}
		done[t.Bucket] = true
		if _, err := t.Bucket.PutReceipt(ctx, string(p.Digest()), report.Suite.Hash, data); err != nil {
			return err
		}
	}
	return nil
}

// stop turns an item into one that waits, if its version may not go.
func (g *gate) stop(item *plan.Item) {
	text := bring(*item)
	if text == "" {
		return
	}
	ref, err := prompts.ParseRef(text)
	if err != nil {
		item.Stop("what would be published cannot be read: "+err.Error(), "")
		return
	}
	j, known := g.judged[ref.Digest]
	switch {
	case !known:
		item.Stop("the flag changed meanwhile, and version "+ref.Version()+" was not evaluated", "run the command again")
	case j == nil && g.rules.RequireSuite:
		file, _ := suite.File(g.run.FS, g.run.Folder, item.Prompt)
		item.Stop(item.Prompt+" has no suite, and [gate] require_suite asks for one", "write "+file+g.fromNextOn(!g.config.Gate.RequireSuite))
	case j == nil:
		return
	case j.verdict == evalkit.Pass:
		item.Verdict = string(j.verdict)
	case j.verdict == evalkit.Inconclusive && g.rules.PublishInconclusive:
		item.Verdict = string(j.verdict)
		item.Warnings = append(item.Warnings, "the evaluation could not tell, and on_inconclusive = \"publish\": "+j.reason)
	case j.verdict == evalkit.Fail:
		item.Stop("the evaluation says no: "+j.reason, "promptflag eval "+item.Prompt+" shows the cases")
		item.Verdict = string(j.verdict)
	default:
		item.Stop("the evaluation could not tell: "+j.reason, "promptflag eval "+item.Prompt+" shows why; more cases, a model key or recorded answers may be missing (promptflag eval "+item.Prompt+" --record keeps them in git)"+
			g.fromNextOn(g.config.Gate.PublishInconclusive))
		item.Untold, item.Verdict = true, string(j.verdict)
	}
}

// fromNextOn says why a [gate] here that lets a version pass does not do so yet.
func (g *gate) fromNextOn(passes bool) string {
	if !passes {
		return ""
	}
	return "; [gate] of " + config.FileName + " counts from the next commit on"
}

// untold reports whether all that a plan stopped waits because nobody could tell:
// that is no refusal.
func untold(p *plan.Plan) bool {
	says := func(i plan.Item) bool { return !i.Untold }
	return len(p.Stopped()) > 0 && !slices.ContainsFunc(p.Stopped(), says)
}

// promoting judges the candidate of an item by its receipts, and evaluates it
// when there is none that says anything.
func (g *gate) promoting(ctx context.Context, item *plan.Item) error {
	text := bring(*item)
	if text == "" {
		return nil
	}
	ref, err := prompts.ParseRef(text)
	if err != nil {
		return err
	}
	bucket := g.targets[item.Environment].Bucket
	if g.source != nil {
		bucket = g.source
	}
	p, err := g.published(ctx, bucket, ref.Name, string(ref.Digest))
	if err != nil {
		return err
	}
	g.run.Title, g.run.Baselines = "candidate", g.againstTraffic(ctx, g.config, []string{ref.Name})
	c, found, err := g.receipt(ctx, bucket, p)
	if err != nil {
		return err
	}
	if found {
		g.judged[ref.Digest] = &judgement{c.Verdict, fmt.Sprintf("%s (evaluated %s)", c.Reason, wording.Moment(c.Time))}
	} else {
		if err := g.evaluate(ctx, p); err != nil {
			return err
		}
	}
	g.stop(item)
	return nil
}

// receipt is the one that counts for a version. It is about what its suite asks
// now, by the rules of now, and about what production serves now: what passed
// easier rules, or was compared with another version, is evaluated again, mostly
// from recorded answers. Where the suite is gone, receipts of any suite count.
func (g *gate) receipt(ctx context.Context, b *store.Bucket, p *prompts.Prompt) (evalkit.Receipt, bool, error) {
	ref := p.Ref()
	asks, err := g.run.Asks(ref.Name)
	if findings := (prompts.Findings)(nil); errors.As(err, &findings) {
		g.annotate(findings)
		return evalkit.Receipt{}, false, usageError{findings}
	}
	if err != nil && !errors.Is(err, evaluate.ErrNoSuite) {
		return evalkit.Receipt{}, false, err
	}
	gone := err != nil
	baselines, unknown := g.run.Baselines(p)
	if unknown != "" && !gone {
		return evalkit.Receipt{}, false, nil
	}
	keys, err := b.Receipts(ctx, string(ref.Digest))
	if err != nil {
		return evalkit.Receipt{}, false, err
	}
	var all []evalkit.Receipt
	for _, k := range keys {
		if !gone && k.Suite != asks.Hash {
			continue
		}
		data, err := b.Receipt(ctx, k.Key)
		if err != nil {
			return evalkit.Receipt{}, false, err
		}
		c, err := evalkit.ParseReceipt(data)
		if err != nil || c.Ref != ref.String() {
			continue // of a newer promptflag, or of nothing that we know
		}
		if !gone && !(c.Answers(asks) && c.Compares(baselines)) {
			continue
		}
		all = append(all, c)
	}
	c, ok := evalkit.Deciding(all)
	return c, ok, nil
}
