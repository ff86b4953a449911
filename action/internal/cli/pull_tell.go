package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/comment"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/evalkit"
)

// summaryLimit is what a step summary takes, with room for what else is in it.
const summaryLimit = 900_000

// tell brings what was found out to people: log, files, outputs, step summary and
// comment. What one of them does not take keeps the others from nothing.
func (p *pull) tell(ctx context.Context) error {
	from, _ := p.origin(ctx, "")
	p.told.RunURL, p.told.Head = from.RunURL, p.event.Head
	if p.base != nil {
		p.told.Base = p.base.commit
	}
	p.told.Edit = p.editing()
	body := comment.Markdown(p.told, github.MaxComment-200)
	err := errors.Join(p.print(body), p.files(body), p.outputs())
	if p.runner != nil {
		err = errors.Join(err, p.runner.Summary(comment.Markdown(p.told, summaryLimit)))
	}
	p.post(ctx, body)
	return err
}

// print shows the result in the log of a workflow, and the comment elsewhere.
func (p *pull) print(body string) error {
	if p.runner == nil {
		_, err := fmt.Fprint(p.Stdout, body)
		return err
	}
	for _, r := range p.evals {
		fmt.Fprintf(p.Stdout, "%s: %s: %s\n", r.Prompt, r.Verdict, r.Reason)
	}
	for _, one := range p.told.Prompts {
		if one.NotEvaluated != "" {
			fmt.Fprintf(p.Stdout, "%s: not evaluated: %s\n", one.Name, one.NotEvaluated)
		}
	}
	for _, m := range p.told.Moves {
		if m.Loosens {
			fmt.Fprintf(p.Stdout, "the bar moved: %s %s\n", m.File, m.Sentence)
		}
	}
	for _, s := range p.told.NotRun {
		fmt.Fprintln(p.Stdout, s)
	}
	fmt.Fprintf(p.Stdout, "verdict: %s\n", p.told.Verdict())
	if p.plan == nil {
		return nil
	}
	return wanted{}.print(p.session, p.plan.Plan)
}

// files are the comment and the findings beside the reports.
func (p *pull) files(body string) error {
	root, err := p.openRoot()
	if err != nil {
		return err
	}
	if p.runner == nil || p.report == nil {
		return nil
	}
	if err := root.MkdirAll(outputFolder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("write the files of this run: %w", err)
	}
	var sarif bytes.Buffer
	if err := p.report.SARIF(&sarif, p.prefix(), p.version()); err != nil {
		return err
	}
	return errors.Join(replaceFile(root, outputFolder+"/check.sarif", sarif.Bytes()), replaceFile(root, outputFolder+"/comment.md", []byte(body)))
}

// outputs are those of the step: words, numbers and JSON that we build.
func (p *pull) outputs() error {
	names := []string{}
	for _, one := range p.told.Prompts {
		names = append(names, one.Name)
	}
	return errors.Join(p.outputJSON("changed-prompts", names), p.outputEvaluation(p.told.Verdict(), p.evals))
}

// outputEvaluation sets the outputs that say what was measured, whose reports are
// written.
func (s *session) outputEvaluation(verdict comment.Verdict, reports []*evalkit.Report) error {
	rate, worse, cost := figures(reports)
	path := ""
	if len(reports) > 0 {
		path = strings.TrimPrefix(s.prefix()+"/"+resultsFolder+"/report.html", "/")
	}
	var err error
	for _, o := range [][2]string{
		{"verdict", string(verdict)}, {"pass-rate", rate}, {"regressions", worse},
		{"report-path", path}, {"total-cost", cost},
	} {
		err = errors.Join(err, s.runner.Output(o[0], o[1]))
	}
	return err
}

// figures are the pass rate over all cases that were evaluated, how many cases got
// worse, and what the run cost in USD; "" for what is not known.
func figures(reports []*evalkit.Report) (rate, worse, cost string) {
	if len(reports) == 0 {
		return "", "", ""
	}
	var passed, spent float64
	cases, regressed, compared, priced := 0, 0, true, true
	for _, r := range reports {
		against := false
		for _, a := range r.Arms {
			if a.Role == evalkit.New && a.PassRate != nil {
				passed, cases = passed+a.PassRate.Value*float64(a.Cases), cases+a.Cases
			}
			if a.Gates && a.Versus != nil {
				regressed, against = regressed+a.Versus.Regressed, true
			}
		}
		compared = compared && against
		spent += r.Spent
		priced = priced && r.Unpriced == 0
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if cases > 0 {
		rate = strconv.FormatFloat(passed/float64(cases), 'f', 4, 64)
	}
	if compared {
		worse = strconv.Itoa(regressed)
	}
	if priced {
		cost = number(spent)
	}
	return rate, worse, cost
}

// editing is where a file of the pull request is edited on GitHub; of a fork its
// branch is not known.
func (p *pull) editing() func(string) string {
	if p.event.Fork || p.event.HeadRef == "" || p.event.Repository == "" {
		return nil
	}
	server := strings.TrimSuffix(p.Getenv("GITHUB_SERVER_URL"), "/")
	if server == "" {
		server = "https://github.com"
	}
	escaped := func(path string) string {
		parts := strings.Split(path, "/")
		for i := range parts {
			parts[i] = url.PathEscape(parts[i])
		}
		return strings.Join(parts, "/")
	}
	return func(file string) string {
		return server + "/" + escaped(p.event.Repository) + "/edit/" + escaped(p.event.HeadRef) + "/" + escaped(p.file(file))
	}
}

// post keeps the one comment up to date. That it could not be written changes no
// verdict: the step summary says the same.
func (p *pull) post(ctx context.Context, body string) {
	if p.runner == nil || p.Queue || p.event.Pull == 0 {
		return
	}
	why := ""
	client, err := p.github()
	switch {
	case p.event.Fork:
		why = "the token of a fork's pull request may not comment"
	case err != nil:
		why = err.Error()
	default:
		address, err := client.Comment(ctx, p.event.Pull, p.key(), body)
		if err == nil {
			fmt.Fprintf(p.Stdout, "comment: %s\n", address)
			return
		}
		why = err.Error()
	}
	fmt.Fprintf(p.Stderr, "promptflag: warning: no comment was written: %s\n", why)
	p.runner.Notice("no comment was written (" + why + "): the same text is in the step summary")
}

// key tells the comments of several prompts repositories in one checkout apart.
func (p *pull) key() string {
	key := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/", r) {
			return r
		}
		return '_'
	}, p.prefix())
	return strings.TrimSuffix("pull/"+key, "/")
}
