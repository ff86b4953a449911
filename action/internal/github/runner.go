package github

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/promptflag/promptflag/prompts"
)

// Runner is the workflow run that this process is a step of.
type Runner struct {
	getenv func(string) string
	out    *lineWriter
	action *githubactions.Action
	quote  string // token of the quoted text that is open
}

// New returns the runner if there is one: nil outside of a workflow. All
// methods may be called on nil and do nothing.
func New(getenv func(string) string, stdout io.Writer) *Runner {
	if getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	out := &lineWriter{w: stdout}
	return &Runner{getenv: getenv, out: out, action: githubactions.New(githubactions.WithWriter(out), githubactions.WithGetenv(getenv))}
}

// Findings writes one annotation per finding. prefix is the folder of the
// prompts repository inside the checkout.
func (r *Runner) Findings(findings prompts.Findings, prefix string) {
	if r == nil {
		return
	}
	for _, f := range findings {
		fields := map[string]string{"file": strings.TrimPrefix(prefix+"/"+f.File, "/")}
		if f.Line > 0 {
			fields["line"] = strconv.Itoa(f.Line)
		}
		if f.Col > 0 {
			fields["col"] = strconv.Itoa(f.Col)
		}
		message := f.Message
		if f.Hint != "" {
			message += "\n" + f.Hint
		}
		if f.Rule != "" {
			fields["title"] = f.Rule
		}
		r.command(func() {
			switch action := r.action.WithFieldsMap(fields); f.Severity {
			case prompts.Warning:
				action.Warningf("%s", message)
			case prompts.Note:
				action.Noticef("%s", message)
			default:
				action.Errorf("%s", message)
			}
		})
	}
}

// Notice writes an annotation without a place.
func (r *Runner) Notice(message string) {
	if r != nil {
		r.command(func() { r.action.Noticef("%s", message) })
	}
}

// Warning writes an annotation without a place.
func (r *Runner) Warning(message string) {
	if r != nil {
		r.command(func() { r.action.Warningf("%s", message) })
	}
}

// Error writes an annotation without a place.
func (r *Runner) Error(message string) {
	if r != nil {
		r.command(func() { r.action.Errorf("%s", message) })
	}
}

// Summary appends Markdown to the step summary. The library panics where it
// cannot write, so the file is opened here.
func (r *Runner) Summary(markdown string) error {
	if r == nil || r.getenv("GITHUB_STEP_SUMMARY") == "" {
		return nil
	}
	const limit = 1 << 20 // GitHub drops a longer summary
	if len(markdown) > limit-64 {
		lines := strings.LastIndexByte(markdown[:limit-64], '\n') + 1
		markdown = markdown[:lines] + "\n…cut: too long for a step summary\n"
	}
	return appendTo(r.getenv("GITHUB_STEP_SUMMARY"), markdown+"\n")
}

// MaxOutput is how many bytes a value may have: GitHub takes 1 MB for all
// outputs of a job, counted as UTF-16.
const MaxOutput = 400_000

// Output sets an output of the step to a value that we built: a number, a
// word, or JSON on one line. Anything else is an error.
func (r *Runner) Output(name, value string) error {
	if r == nil || r.getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	if strings.ContainsAny(name, "=\n\r<") || strings.ContainsAny(value, "\n\r") {
		return fmt.Errorf("output %s: more than one line", name)
	}
	if len(value) > MaxOutput {
		return fmt.Errorf("output %s: %d bytes, at most %d", name, len(value), MaxOutput)
	}
	return appendTo(r.getenv("GITHUB_OUTPUT"), name+"="+value+"\n")
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
