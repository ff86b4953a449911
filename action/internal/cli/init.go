package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/action/internal/scaffold"
	"github.com/promptflag/promptflag/prompts"
)

type initCmd struct {
	Dir     string `arg:"" optional:"" name:"dir" help:"Root of the prompts repository; default here. Made if it does not exist."`
	Bucket  string `placeholder:"URL" help:"Where versions are kept, such as s3://acme-prompts?region=eu-west-1. Default a folder on this machine."`
	Unleash string `placeholder:"URL" help:"The flag server, such as https://unleash.acme.dev. Default flags on this machine."`
	Branch  string `placeholder:"NAME" help:"The branch that publishes; default that of the remote, else the one checked out."`
	Owner   string `placeholder:"@NAME" help:"Who is asked for reviews, such as @acme/prompts; default the owner of the remote."`
	Force   bool   `help:"Replace files that are there with other content."`
}

// Help is the end of promptflag init --help.
func (initCmd) Help() string {
	return `Writes what a prompts repository needs: promptflag.toml, the workflow .github/workflows/prompts.yml, lines in CODEOWNERS and .gitignore, the schemas that editors with Taplo complete by, and a first prompt with a suite and recorded answers. Without --bucket and --unleash all of it works at once on this machine, with no server and no account.

What is there with other content is kept and listed. A second run writes nothing.`
}

func (c initCmd) Run(ctx context.Context, s *session) error {
	dir := s.dir()
	if c.Dir != "" {
		dir = s.path(c.Dir)
	}
	dir = filepath.Clean(dir)
	o := scaffold.Options{Dir: dir, Bucket: c.Bucket, Unleash: c.Unleash, Branch: c.Branch, Owner: c.Owner, Force: c.Force}
	checkout := s.checkout(ctx, dir)
	o.Branch = cmp.Or(o.Branch, checkout.Default, checkout.Branch)
	guessed := false
	if owner, _, ok := strings.Cut(checkout.Repository, "/"); ok && o.Owner == "" {
		o.Owner, guessed = "@"+owner, true
	}
	if o.Owner != "" && !ownerForm.MatchString(o.Owner) {
		return usageError{fmt.Errorf("--owner %q is not a name of GitHub: write @name, @organisation/team or an e-mail address", c.Owner)}
	}
	if checkout.Top != "" {
		// git says where a folder really is; dir may lead there by a link.
		if real, err := filepath.EvalSymlinks(existing(dir)); err == nil {
			if rel, err := filepath.Rel(existing(dir), dir); err == nil {
				o.Dir, o.Top = filepath.Join(real, rel), checkout.Top
			}
		}
	}
	result, err := scaffold.Write(o)
	if err := c.list(s, result); err != nil {
		return err
	}
	var findings prompts.Findings
	switch {
	case errors.As(err, &findings):
		fmt.Fprintln(s.Stderr, "promptflag: nothing was written:")
		return usageError{findings}
	case err != nil:
		return usageError{err}
	}
	if err := c.next(s, dir, checkout, result); err != nil || !guessed {
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "\nCODEOWNERS and the first prompt name %s, after the remote. GitHub takes a person or a team for an owner:\nif that is an organisation, write a team of it there.\n", o.Owner)
	return err
}

func (c initCmd) list(s *session, r scaffold.Result) error {
	words := map[scaffold.State]string{
		scaffold.Wrote: "wrote", scaffold.Appended: "added lines to", scaffold.Replaced: "replaced",
		scaffold.Same: "is there", scaffold.Kept: "kept, other content",
	}
	answers := map[scaffold.State]int{}
	var b strings.Builder
	for _, f := range r.Files {
		if r.Config != nil && strings.HasPrefix(f.Path, r.Config.Recorded+"/") {
			answers[f.State]++
			continue
		}
		fmt.Fprintf(&b, "%-20s %s\n", words[f.State], f.Path)
	}
	for _, state := range []scaffold.State{scaffold.Wrote, scaffold.Replaced, scaffold.Same, scaffold.Kept} {
		if n := answers[state]; n > 0 {
			fmt.Fprintf(&b, "%-20s %s/ (%d recorded answers)\n", words[state], r.Config.Recorded, n)
		}
	}
	_, err := s.Stdout.Write([]byte(b.String()))
	return err
}

func (c initCmd) next(s *session, dir string, checkout origin.Checkout, r scaffold.Result) error {
	var b strings.Builder
	if r.Starter == "" {
		fmt.Fprintf(&b, "\n%s has prompts already: no first prompt was written.\n", r.Config.Prompts)
	}
	b.WriteString("\nNext:\n")
	if rel, err := filepath.Rel(s.Dir, dir); err == nil && rel != "." {
		if strings.ContainsAny(rel, " '\"$") {
			rel = "'" + strings.ReplaceAll(rel, "'", `'\''`) + "'"
		}
		fmt.Fprintf(&b, "  cd %s\n", rel)
	}
	b.WriteString(`  promptflag doctor          # what is missing for a team, each with the fix
  promptflag check           # validate the prompts
  promptflag eval --replay   # run the suite on recorded answers, without a key
  promptflag plan            # what publish would do
  promptflag publish         # do it
  promptflag status
`)
	if checkout.Remote != "" {
		b.WriteString("\nOnly what is committed and at the head of the branch is published; to try it out before, publish --not-head.\n")
	}
	if checkout.Top == "" {
		b.WriteString("\nThis is not a git repository yet: git init, then commit what was written.\n")
	}
	for _, e := range r.Config.Environments {
		_, embedded := e.Embedded()
		if embedded || strings.HasPrefix(e.Bucket, "file:") {
			b.WriteString("\nBucket or flags are on this machine: to try it out. For a team, write theirs into promptflag.toml, and the\nsecrets of the workflow into the repository's settings.\n")
			break
		}
	}
	_, err := s.Stdout.Write([]byte(b.String()))
	return err
}
