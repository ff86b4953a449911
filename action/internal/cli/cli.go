package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/promptflag/promptflag/action/internal/github"
)

// Process is what the program gets from outside.
type Process struct {
	Args   []string // without the program's name
	Dir    string   // working directory
	Getenv func(string) string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time
	NewID  func() string // lower-case hex, different at each call
}

// FromOS is the Process of this operating system process.
func FromOS() Process {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return Process{
		Args: os.Args[1:], Dir: dir, Getenv: os.Getenv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Now: time.Now, NewID: randomID,
	}
}

func randomID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// grammar is the whole command line.
type grammar struct {
	Directory string           `short:"C" placeholder:"DIR" default:"." env:"PROMPTFLAG_DIRECTORY,INPUT_DIRECTORY" help:"Root of the prompts repository, where promptflag.toml is."`
	Version   kong.VersionFlag `help:"Print the version and quit."`

	Init   initCmd   `cmd:"" group:"start" help:"Lay out a prompts repository: configuration, workflow, owners, a first prompt with a suite."`
	Doctor doctorCmd `cmd:"" group:"start" help:"Look whether tokens, servers, bucket, git and GitHub let promptflag do its work; say what to fix."`
	Help   helpCmd   `cmd:"" group:"start" help:"Explain the format of prompt files, the rules of check, one rule, or a command."`
	Demo   demoCmd   `cmd:"" group:"start" help:"Show the whole story on a copy of the example: publish, dial, kill, promote, off, roll back."`

	Check  checkCmd  `cmd:"" group:"write" help:"Validate prompts; print all findings."`
	List   listCmd   `cmd:"" group:"write" help:"List prompts with version, model, owners and tags."`
	Render renderCmd `cmd:"" group:"write" help:"Fill in the variables of a prompt and print its messages."`
	Show   showCmd   `cmd:"" group:"write" help:"Print a version of a prompt."`
	Diff   diffCmd   `cmd:"" group:"write" help:"Show what differs between two states of prompts: files, revisions, published and live versions."`
	Eval   evalCmd   `cmd:"" group:"write" help:"Run the suites of prompts: pass, fail or inconclusive against what production serves."`
	Import importCmd `cmd:"" group:"write" help:"Turn prompts of other tools into definitions: GitHub Models, Dotprompt, Prompty, promptfoo."`
	Gen    genCmd    `cmd:"" group:"write" help:"Write code from prompts."`
	Bundle bundleCmd `cmd:"" group:"write" help:"Write what a service embeds for the day when flag server, bucket and disk are away."`
	Schema schemaCmd `cmd:"" group:"write" help:"Print the JSON Schema by which editors complete and check prompts."`

	Plan    planCmd    `cmd:"" group:"release" help:"Print what publish would do. Writes nothing."`
	Pull    pullCmd    `cmd:"" group:"release" help:"Check, evaluate and plan what a pull request changes, and keep one comment about it up to date."`
	Publish publishCmd `cmd:"" group:"release" help:"Bring bucket and flags to the state of the prompts here."`

	Status   statusCmd   `cmd:"" group:"live" help:"Show what is live at which percentage, since when, from which commit."`
	Dial     dialCmd     `cmd:"" group:"live" help:"Set the candidate's percentage."`
	Promote  promoteCmd  `cmd:"" group:"live" help:"Dial the candidate to 100 %, or bring a version from one environment to another."`
	Rollback rollbackCmd `cmd:"" group:"live" help:"Disable the candidate, or go back to an earlier version with --to."`
	Off      offCmd      `cmd:"" group:"live" help:"Switch the environment OFF: everybody gets stable."`
	On       onCmd       `cmd:"" group:"live" help:"Switch the environment ON again."`
	Split    splitCmd    `cmd:"" group:"live" help:"Ask for a prompt as many users would, through OpenFeature, and count the answers."`
	At       atCmd       `cmd:"" group:"live" help:"Tell which version a user got at a time, and why."`
	History  historyCmd  `cmd:"" group:"live" help:"Tell who changed a prompt when and why: release records and what people did on the flag server."`
	Audit    auditCmd    `cmd:"" group:"live" help:"For compliance: every change of a period."`

	Drift  driftCmd  `cmd:"" group:"order" help:"Compare git, bucket and flags; say what differs and how to mend it."`
	Adopt  adoptCmd  `cmd:"" group:"order" help:"Take over a flag that somebody made: what it serves becomes stable."`
	Retire retireCmd `cmd:"" group:"order" help:"Archive the flag of a prompt whose file is gone and that no service asks for."`
	Purge  purgeCmd  `cmd:"" group:"order" help:"Make a version with a secret in it go away: from buckets, and from services."`
	GC     gcCmd     `cmd:"" group:"order" name:"gc" help:"List what nobody needs any more in the buckets, and delete it with --delete."`
}

// Main runs one command and returns the exit code.
func Main(ctx context.Context, p Process) int {
	runner := github.New(p.Getenv, p.Stdout)
	if runner == nil || len(p.Args) > 0 {
		return p.report(p.run(ctx, p.Args, runner), runner)
	}
	// The step of an action: a log that people read, in one order.
	p.Stdout = runner.Quote(p.NewID())
	p.Stderr = p.Stdout
	defer runner.EndQuote()
	args, err := p.fromEvent()
	if err == nil {
		err = p.run(ctx, args, runner)
	}
	return p.report(err, runner)
}

func (p Process) run(ctx context.Context, args []string, runner *github.Runner) error {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var g grammar
	exited := errors.New("exited")
	parser, err := kong.New(&g,
		kong.Name("promptflag"),
		kong.Description("Manage LLM prompts with git, a bucket and Unleash."),
		kong.Vars{"version": p.version()},
		kong.Writers(p.Stdout, p.Stderr),
		kong.Resolvers(p.inputs()),
		kong.Exit(func(int) { panic(exited) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups(groups()),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	// kong ends the process after --help and --version.
	done := false
	k, err := func() (k *kong.Context, err error) {
		defer func() {
			if r := recover(); r == exited {
				done = true
			} else if r != nil {
				panic(r)
			}
		}()
		return parser.Parse(args)
	}()
	if done {
		return nil
	}
	if err != nil {
		return usageError{fmt.Errorf("%w\n%s", meant(err, args), whereHelpIs(err))}
	}
	s := &session{Process: p, directory: g.Directory, runner: runner}
	defer s.close()
	k.BindTo(ctx, (*context.Context)(nil))
	return k.Run(s)
}

// groups are the headings of --help, in the order in which somebody needs them.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "start", Title: "Start:"},
		{Key: "write", Title: "Write and try prompts:"},
		{Key: "release", Title: "Release, as the action does:"},
		{Key: "live", Title: "What is live, and who gets it:"},
		{Key: "order", Title: "Keep git, bucket and flags in order:"},
	}
}

// whereHelpIs names the help of the command that was understood, if one was.
func whereHelpIs(err error) string {
	words := "promptflag"
	if p, ok := errors.AsType[*kong.ParseError](err); ok && p.Context != nil {
		for _, step := range p.Context.Path {
			if step.Command != nil {
				words += " " + step.Command.Name
			}
		}
	}
	return "run " + words + " --help"
}
