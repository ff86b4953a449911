package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/check"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
)

type checkCmd struct {
	Names   []string `arg:"" optional:"" help:"Prompts to check; default: all."`
	Format  string   `enum:"text,json,sarif" default:"text" help:"How findings are printed: text, json, or sarif (2.1.0, for code scanning)."`
	JSON    bool     `name:"json" help:"The same as --format json."`
	Output  string   `short:"o" placeholder:"FILE" help:"Write json or sarif there, and print text as well."`
	Fix     bool     `help:"Mend what can be mended without a decision: spelling of keys and words, line ends, missing declarations."`
	Against string   `placeholder:"WHAT" help:"Report what breaks callers of another state: \"live\" (every version with traffic), a revision of git, or a folder."`
}

func (c checkCmd) Run(ctx context.Context, s *session) error {
	if c.JSON {
		c.Format = "json"
	}
	if c.Output != "" && c.Format == "text" {
		return usageError{errors.New("--output needs --format json or --format sarif")}
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	against, done, err := s.against(ctx, cfg, c.Against)
	if err != nil {
		return err
	}
	defer done()
	report, err := s.check(cfg, c.Names, against)
	if err != nil {
		return err
	}
	mended := 0
	for round := 0; c.Fix && round < maxFixRounds; round++ {
		n, err := s.fix(report.Findings)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		mended += n
		if report, err = s.check(cfg, c.Names, against); err != nil {
			return err
		}
	}
	s.annotate(report.Findings)
	if c.Format != "text" {
		if err := c.write(s, report); err != nil {
			return err
		}
		if c.Output == "" {
			return verdict(report)
		}
	}
	return c.text(s.Stdout, report, mended)
}

// maxFixRounds bounds how often a file is mended and looked at again: mending
// one thing may bring up another.
const maxFixRounds = 5

// text prints findings for people. Those that stop a change are the error.
func (c checkCmd) text(w io.Writer, report *check.Report, mended int) error {
	if mended > 0 {
		fmt.Fprintf(w, "mended %s\n", wording.Counted(mended, "finding", "findings"))
	}
	if len(report.Errors()) > 0 {
		return report.Findings
	}
	for _, f := range report.Findings {
		fmt.Fprintln(w, f)
	}
	what := "no findings"
	if n := len(report.Findings); n > 0 {
		what = wording.Counted(n, "finding", "findings") + ", none of which stops a change"
	}
	_, err := fmt.Fprintf(w, "%s, %s\n", wording.Counted(len(report.Tree.Definitions()), "prompt", "prompts"), what)
	return err
}

// verdict is the error of a report that was printed.
func verdict(report *check.Report) error {
	if len(report.Errors()) > 0 {
		return refusal{errPrinted}
	}
	return nil
}

func (c checkCmd) write(s *session, report *check.Report) error {
	var b strings.Builder
	var err error
	if c.Format == "sarif" {
		err = report.SARIF(&b, s.prefix(), s.version())
	} else {
		err = writeJSON(&b, checkedOf(report))
	}
	if err != nil {
		return err
	}
	if c.Output == "" {
		_, err := io.WriteString(s.Stdout, b.String())
		return err
	}
	return s.writeFile(c.Output, []byte(b.String()))
}

// checked is the JSON of check.
type checked struct {
	Prompts  []checkedPrompt  `json:"prompts"`
	Findings prompts.Findings `json:"findings"`
	Ignored  prompts.Findings `json:"ignored"`
}

type checkedPrompt struct {
	Name string `json:"name"`
	File string `json:"file"`
	Ref  string `json:"ref"`
}

func checkedOf(report *check.Report) checked {
	out := checked{Prompts: []checkedPrompt{}, Findings: prompts.Findings{}, Ignored: prompts.Findings{}}
	out.Findings = append(out.Findings, report.Findings...)
	out.Ignored = append(out.Ignored, report.Ignored...)
	for _, d := range report.Tree.Definitions() {
		out.Prompts = append(out.Prompts, checkedPrompt{d.Prompt.Name(), d.File, d.Prompt.Ref().String()})
	}
	return out
}

// check runs all rules.
func (s *session) check(cfg *config.Config, names []string, against *check.Against) (*check.Report, error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	report, err := check.Run(check.Input{FS: root.FS(), Config: cfg, Names: names, Against: against})
	if err != nil {
		return nil, usageError{fmt.Errorf("check prompts: %w", err)}
	}
	return report, nil
}

// fix mends files, and returns how many findings it mended.
func (s *session) fix(findings prompts.Findings) (int, error) {
	byFile := map[string]prompts.Findings{}
	for _, f := range findings {
		if f.Fix != nil {
			byFile[f.File] = append(byFile[f.File], f)
		}
	}
	root, err := s.openRoot()
	if err != nil {
		return 0, err
	}
	total := 0
	for file, findings := range byFile {
		name := filepath.FromSlash(file)
		src, err := root.ReadFile(name)
		if err != nil {
			return total, err
		}
		out, mended := check.Fix(src, findings)
		if mended == 0 {
			continue
		}
		if err := replaceFile(root, name, out); err != nil {
			return total, err
		}
		total += mended
	}
	return total, nil
}
