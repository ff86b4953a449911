package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
)

// Exit codes, see the package comment.
const (
	exitDone       = 0
	exitNo         = 1
	exitUsage      = 2
	exitService    = 3
	exitCannotTell = 4
)

// usageError: the command line or the configuration is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// refusal: a finding or a rule said no. With errPrinted in it, it was printed.
type refusal struct{ error }

func (e refusal) Unwrap() error { return e.error }

// cannotTell: an answer was asked for that the input does not allow.
type cannotTell struct{ error }

func (e cannotTell) Unwrap() error { return e.error }

var errPrinted = errors.New("see above")

// waits reports whether all that went wrong are flags that somebody changed
// meanwhile, so that they wait for a person.
func waits(err error) bool {
	return problems(err, func(*plan.Problem) bool { return true })
}

// problems reports whether an error is made of such problems alone.
func problems(err error, such func(*plan.Problem) bool) bool {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(list.Unwrap(), func(e error) bool { return !problems(e, such) })
	}
	if inner := errors.Unwrap(err); inner != nil {
		return problems(inner, such)
	}
	p, ok := err.(*plan.Problem)
	return ok && such(p)
}

// report prints the error of a command and returns the exit code for it.
func (p Process) report(err error, runner *github.Runner) int {
	var findings prompts.Findings
	var usage usageError
	var no refusal
	var untold cannotTell
	code := exitService
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, origin.ErrNotHead):
		// The run of the newer commit publishes the whole tree.
		fmt.Fprintf(p.Stdout, "nothing published: %v\n", err)
		runner.Notice("nothing published: " + err.Error())
		return exitDone
	case errors.As(err, &no):
		if errors.Is(err, errPrinted) {
			return exitNo
		}
		code = exitNo
	case waits(err):
		code = exitNo
		if problems(err, func(p *plan.Problem) bool { return p.Untold }) {
			code = exitCannotTell
		}
	case errors.As(err, &untold):
		code = exitCannotTell
	case errors.As(err, &findings):
		// Annotated where they were found.
		fmt.Fprintln(p.Stderr, findings.Error())
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitNo
	case errors.As(err, &usage):
		code = exitUsage
	case errors.Is(err, origin.ErrCannotTell):
		code = exitCannotTell
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(p.Stderr, "promptflag: interrupted; run the command again to finish")
		return exitService
	}
	fmt.Fprintf(p.Stderr, "promptflag: %v\n", err)
	runner.Error(err.Error())
	return code
}
