package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

// Runner runs suites of one repository, one at a time. It holds Dir from the
// first Run until Close.
type Runner struct {
	FS     fs.FS  // the repository
	Folder string // of the prompts, below FS
	// Dir gets the results: NAME.results.jsonl, and the journal of NAME until Finish.
	// It need not exist.
	Dir string
	// Afresh: journals that are there are not believed. In a workflow Dir comes from
	// git, and nobody knows who wrote them.
	Afresh bool
	// Answers says who answers.
	Answers Answers
	Models  []string // other models to ask the new version of
	// Baselines are what a version is compared with, and why that is not known.
	Baselines func(head *prompts.Prompt) (list []evalkit.Version, unknown string)
	Title     string // of the new version: "this change"
	Now       func() time.Time
	Parallel  int
	// Budget replaces that of the suite, where it is not 0.
	Budget suite.Budget
	// Progress and Resumed may be nil. Resumed is told how many answers of an
	// unfinished run are there.
	Progress func(prompt string, done, total int)
	Resumed  func(prompt string, answers int)

	lock  *os.File // see hold
	ended []*Journal
}

// Finish removes the journals of the runs that ended with an answer to every
// call: what they found is where it belongs. Until then a command that fails, or
// is killed while it evaluates another prompt, pays for nothing again; and a run
// that lacks answers has those that it got when it is begun again.
func (r *Runner) Finish() error {
	var err error
	for _, j := range r.ended {
		err = errors.Join(err, j.Remove())
	}
	r.ended = nil
	return err
}

// ErrNoSuite: the prompt has none.
var ErrNoSuite = errors.New("there is no suite")

// Has reports whether a prompt has a suite.
func (r *Runner) Has(name string) bool {
	_, ok := suite.File(r.FS, r.Folder, name)
	return ok
}

// Asks says what the suite of a prompt asks now. Errors are as those of Run.
func (r *Runner) Asks(name string) (evalkit.SuiteInfo, error) {
	s, err := r.suite(name)
	if err != nil {
		return evalkit.SuiteInfo{}, err
	}
	return evalkit.Describe(s), nil
}

func (r *Runner) suite(name string) (*suite.Suite, error) {
	file, ok := suite.File(r.FS, r.Folder, name)
	if !ok {
		return nil, fmt.Errorf("%s: %w (%s)", name, ErrNoSuite, file)
	}
	return suite.Load(r.FS, r.Folder, file)
}

// Run evaluates one version by the suite of its prompt. The results are in
// ResultsFile when it returns, as far as they came; the answers are in the journal
// until Finish removes it, if every call had an answer. ErrNoSuite: there is none;
// prompts.Findings: it is not in order.
func (r *Runner) Run(ctx context.Context, p *prompts.Prompt) (report *evalkit.Report, err error) {
	name := p.Name()
	s, err := r.suite(name)
	if err != nil {
		return nil, err
	}
	if found, err := evalkit.Check(s, p); err != nil {
		return nil, err
	} else if len(found) > 0 {
		return nil, found
	}
	if err := r.hold(); err != nil {
		return nil, err
	}
	journal, err := r.journal(name)
	if err != nil {
		return nil, err
	}
	whole := func() bool { return true }
	defer func() {
		err = errors.Join(err, journal.Close())
		if err == nil && (r.Answers.Mode == Record || whole()) { // what is recorded is kept there
			r.ended = append(r.ended, journal)
		}
	}()
	if n := journal.Left(); n > 0 && r.Resumed != nil {
		r.Resumed(name, n)
	}
	lines, err := os.Create(r.ResultsFile(name))
	if err != nil {
		return nil, fmt.Errorf("write results: %w", err)
	}
	defer func() { err = errors.Join(err, lines.Close()) }()

	budget := s.Budget
	if r.Budget.USD > 0 {
		budget.USD = r.Budget.USD
	}
	if r.Budget.Minutes > 0 {
		budget.Minutes = r.Budget.Minutes
	}
	prices, err := r.Answers.prices()
	if err != nil {
		return nil, err
	}
	meter := evalkit.NewMeter(budget, prices.Cost, r.Now)
	models, flush, answered := r.Answers.open(meter, journal)
	whole = answered
	plan := evalkit.Plan{Suite: s, New: evalkit.Version{Prompt: p, Title: r.Title}, Models: r.Models}
	plan.Baselines, plan.Unknown = r.Baselines(p)
	services := evalkit.Services{
		Model: models, Embedder: models, Cost: prices.Cost, Meter: meter, Now: r.Now, Parallel: r.Parallel, Lines: lines,
	}
	if r.Progress != nil {
		services.Progress = func(done, total int) { r.Progress(name, done, total) }
	}
	report, err = evalkit.Run(ctx, plan, services)
	return report, errors.Join(err, flush(context.WithoutCancel(ctx)))
}

// journalFile is where the answers of a run are until Finish. A run that asks
// for everything again takes none of one that did not.
func (r *Runner) journalFile(name string) string {
	if r.Answers.Mode == Refresh {
		return filepath.Join(r.Dir, name+"-journal.refresh.jsonl")
	}
	return filepath.Join(r.Dir, name+"-journal.jsonl")
}

func (r *Runner) journal(name string) (*Journal, error) {
	file := r.journalFile(name)
	if r.Afresh {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("begin journal: %w", err)
		}
	}
	return OpenJournal(file)
}

// ResultsFile is where the lines of a prompt's results are.
func (r *Runner) ResultsFile(name string) string {
	return filepath.Join(r.Dir, name+".results.jsonl")
}

// router asks the endpoint of each model.
type router struct {
	route func(model string) (endpoint, error)
}

// endpoint is who answers for some models.
type endpoint struct {
	chat.Model
	chat.Embedder
}

func (r router) Complete(ctx context.Context, q chat.Request) (chat.Response, error) {
	e, err := r.route(q.Model)
	if err != nil {
		return chat.Response{}, err
	}
	return e.Model.Complete(ctx, q)
}

func (r router) Embed(ctx context.Context, q chat.EmbedRequest) (chat.Embeddings, error) {
	e, err := r.route(q.Model)
	if err != nil {
		return chat.Embeddings{}, err
	}
	return e.Embedder.Embed(ctx, q)
}
