package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/evaluate"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/report"
	"github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

type evalCmd struct {
	Names    []string `arg:"" optional:"" help:"Prompts to evaluate; default: all that have a suite."`
	Against  string   `default:"live" placeholder:"WHAT" help:"What to compare with: live (every version with traffic), a version, a revision of git, a folder, or none."`
	Model    []string `short:"m" placeholder:"MODEL" help:"Ask these models too, and print all in one table. They do not decide."`
	Replay   bool     `help:"Use recorded answers only and call nobody; a request without a record is an error."`
	Record   bool     `help:"Call for answers that are not recorded, and record them."`
	Refresh  bool     `help:"Call for every answer again, and replace the records."`
	Output   string   `short:"o" default:".promptflag/eval" placeholder:"DIR" help:"Folder of the results: report.html, report.md, junit.xml, report.json and all answers; below the root of the repository."`
	JSON     bool     `name:"json" help:"Print the reports as JSON."`
	Parallel int      `default:"32" help:"Answers in the making at once; endpoints have limits of their own."`
	USD      float64  `name:"budget" placeholder:"USD" help:"Spend at most that for each prompt; default: what its suite says."`
}

func (c evalCmd) Run(ctx context.Context, s *session) error {
	mode, err := c.mode()
	if err != nil {
		return err
	}
	if !(c.USD >= 0) || math.IsInf(c.USD, 0) { // NaN neither
		return usageError{fmt.Errorf("--budget %g: want an amount in USD", c.USD)}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	names, err := s.evaluated(cfg, c.Names)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return usageError{errors.New("no prompt has a suite: write NAME" + suite.Extension + " beside the prompt, or see promptflag help evaluation")}
	}
	tree, err := s.evaluable(cfg, names)
	if err != nil {
		return err
	}
	baselines, done, err := s.baselines(ctx, cfg, c.Against, names)
	if err != nil {
		return err
	}
	defer done()
	r, err := s.evaluator(cfg, mode, s.sharedRecords(ctx, cfg))
	if err != nil {
		return err
	}
	defer r.Close()
	r.Baselines, r.Models, r.Parallel = baselines, c.Model, c.Parallel
	r.Dir, r.Budget = s.below(c.Output), suite.Budget{USD: c.USD}
	reports, err := s.evaluate(ctx, r, tree, names)
	if errors.Is(err, evaluate.ErrPlace) {
		return usageError{fmt.Errorf("%w (--output names another folder)", err)}
	}
	if err != nil {
		return err
	}
	page := s.shown(filepath.Join(r.Dir, "report.html"))
	if err := c.print(s, reports, &report.TextOptions{Open: results(r), Full: page}); err != nil { // whatever becomes of the files
		return err
	}
	if err := s.writeReports(r, reports); err != nil {
		return err
	}
	if err := r.Finish(); err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintf(s.Stdout, "report: %s\n", page)
	}
	return verdictOf(reports)
}

// shown is a path as people in the working directory type it.
func (s *session) shown(path string) string {
	if rel, err := filepath.Rel(s.Dir, path); err == nil && filepath.IsLocal(rel) {
		path = rel
	}
	return filepath.ToSlash(path)
}

func (c evalCmd) mode() (evaluate.Mode, error) {
	mode, n := evaluate.Live, 0
	for _, m := range []struct {
		set  bool
		mode evaluate.Mode
	}{{c.Replay, evaluate.Replay}, {c.Record, evaluate.Record}, {c.Refresh, evaluate.Refresh}} {
		if m.set {
			mode, n = m.mode, n+1
		}
	}
	if n > 1 {
		return mode, usageError{errors.New("--replay, --record and --refresh exclude each other")}
	}
	return mode, nil
}

// evaluated are the prompts to evaluate: those named, or all with a suite. Suites
// without a prompt are told, and in nobody's way.
func (s *session) evaluated(cfg *config.Config, names []string) ([]string, error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	files, err := suite.Find(root.FS(), cfg.Prompts)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{err}
	}
	var have []string
	var alone prompts.Findings
	for _, f := range files {
		name := suite.PromptOf(cfg.Prompts, f)
		_, exists := cfg.File(root.FS(), name)
		switch {
		case exists, prompts.ValidName(name) != nil: // of which loading tells
			have = append(have, name)
		case slices.Contains(names, name):
			only := check.Alone(f, name)
			only.Severity = prompts.Error
			s.annotate(prompts.Findings{only})
			return nil, usageError{prompts.Findings{only}}
		case len(names) == 0:
			alone = append(alone, check.Alone(f, name))
		}
	}
	s.annotate(alone)
	for _, f := range alone {
		fmt.Fprintln(s.Stderr, f)
	}
	var want []string
	for _, name := range names {
		if !slices.Contains(want, name) {
			want = append(want, name)
		}
		if !slices.Contains(have, name) {
			if _, exists := cfg.File(root.FS(), name); !exists {
				return nil, usageError{hinted(fmt.Errorf("there is no prompt %s in %s", name, cfg.Prompts), s.meantPrompt(name))}
			}
			file, _ := suite.File(root.FS(), cfg.Prompts, name)
			return nil, usageError{fmt.Errorf("%s has no suite: write %s", name, file)}
		}
	}
	if len(want) > 0 {
		return want, nil
	}
	return have, nil
}

// evaluable loads and checks the prompts; findings are annotated and returned as
// the error, those of suites too.
func (s *session) evaluable(cfg *config.Config, names []string) (*prompts.Tree, error) {
	report, err := s.check(cfg, names, nil)
	if err != nil {
		return nil, err
	}
	if errs := report.Errors(); len(errs) > 0 {
		s.annotate(errs)
		return nil, usageError{errs}
	}
	return report.Tree, nil
}

// below is a folder that is named from the root of the repository.
func (s *session) below(dir string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(s.dir(), filepath.FromSlash(dir))
}

// evaluate runs the suites one after the other: the endpoints are the limit.
func (s *session) evaluate(ctx context.Context, r *evaluate.Runner, tree *prompts.Tree, names []string) ([]*evalkit.Report, error) {
	var reports []*evalkit.Report
	for _, name := range names {
		d, ok := tree.Lookup(name)
		if !ok {
			return nil, usageError{fmt.Errorf("there is no prompt %s", name)}
		}
		report, err := s.runSuite(ctx, r, d.Prompt)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// runSuite evaluates one version and shows how far it is.
func (s *session) runSuite(ctx context.Context, r *evaluate.Runner, p *prompts.Prompt) (*evalkit.Report, error) {
	show := newProgress(s)
	defer show.end()
	r.Progress, r.Answers.Warn = show.step, show.warn
	r.Resumed = func(prompt string, answers int) {
		fmt.Fprintf(s.Stderr, "%s: going on where an unfinished run ended, with its %s\n", prompt, wording.Counted(answers, "answer", "answers"))
	}
	report, err := r.Run(ctx, p)
	if findings := (prompts.Findings)(nil); errors.As(err, &findings) {
		s.annotate(findings)
		return nil, usageError{findings}
	}
	return report, err
}

func (c evalCmd) print(s *session, reports []*evalkit.Report, o *report.TextOptions) error {
	if c.JSON {
		return s.json(reports)
	}
	for _, one := range reports {
		if err := report.Text(s.Stdout, one, o); err != nil {
			return err
		}
		fmt.Fprintln(s.Stdout)
	}
	_, err := fmt.Fprintln(s.Stdout, tallied(reports))
	return err
}

// tallied is "3 prompts: 2 pass, 1 inconclusive".
func tallied(reports []*evalkit.Report) string {
	count := map[evalkit.Verdict]int{}
	for _, r := range reports {
		count[r.Verdict]++
	}
	var parts []string
	for _, v := range []evalkit.Verdict{evalkit.Pass, evalkit.Fail, evalkit.Inconclusive} {
		if count[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	return wording.Counted(len(reports), "prompt", "prompts") + ": " + strings.Join(parts, ", ")
}

// verdictOf is the error of reports that were printed: a failure is a no, what
// could not be told is neither.
func verdictOf(reports []*evalkit.Report) error {
	worst := evalkit.Pass
	for _, r := range reports {
		if r.Verdict == evalkit.Fail || worst == evalkit.Pass {
			worst = r.Verdict
		}
		if worst == evalkit.Fail {
			return refusal{errPrinted}
		}
	}
	if worst == evalkit.Inconclusive {
		return cannotTell{errors.New("the evaluation could not tell: see the rules above")}
	}
	return nil
}
