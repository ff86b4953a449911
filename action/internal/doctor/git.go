package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/scaffold"
	"github.com/promptflag/promptflag/prompts"
)

// git looks whether the head of the branch can be asked for, which publish
// does before it writes.
func (d *doctor) git(ctx context.Context) []Check {
	const about = "git"
	c, branch := d.Checkout, d.Config.Branch
	switch {
	case c.Top == "":
		return one(about, Warn, "git init, and commit the prompts: who changed what and why comes from there", "this is not a git repository, or git does not run here")
	case c.Remote == "" && c.Branch != "" && c.Branch != branch:
		return one(about, Warn, fmt.Sprintf("write branch = %q into promptflag.toml, or rename the branch", c.Branch), "promptflag.toml publishes from %s, and %s is checked out", branch, c.Branch)
	case c.Remote == "":
		return one(about, Warn, "push the repository to a server, so that changes are reviewed", "there is no remote: whoever runs publish here publishes")
	}
	head, err := d.Finder.HeadOf(ctx, c.Remote, branch)
	switch {
	case err != nil:
		return one(about, CannotTell, "let git reach the remote from here: publish asks it, too", "the remote %s was not asked: %v", c.Remote, err)
	case head == "" && c.Default != "" && c.Default != branch:
		return one(about, Fail, fmt.Sprintf("write branch = %q into promptflag.toml", c.Default), "%s has no branch %s, which promptflag.toml publishes from", c.Remote, branch)
	case head == "":
		return one(about, Fail, "push the branch, or correct branch in promptflag.toml", "%s has no branch %s, which promptflag.toml publishes from", c.Remote, branch)
	case c.Default != "" && c.Default != branch:
		return one(about, Warn, "correct branch in promptflag.toml if that is not meant", "%s publishes, and the default branch of %s is %s", branch, c.Remote, c.Default)
	}
	return one(about, OK, "", "%s of %s is at %.12s", branch, c.Remote, head)
}

// protection looks at what GitHub demands before a change reaches the branch.
func (d *doctor) protection(ctx context.Context) []Check {
	const about = "branch protection"
	switch {
	case d.Checkout.Repository == "":
		return nil // nowhere to ask
	case d.Protection == nil:
		return one(about, Warn, "set GITHUB_TOKEN to a token that may read the repository, and GITHUB_API_URL too where it is not on github.com", "not asked: there is no token for it here")
	}
	p, err := d.Protection(ctx, d.clocks.watch(nil), d.Config.Branch)
	demand := fmt.Sprintf("protect %s on GitHub: pull requests only, at least one approval, of a code owner", d.Config.Branch)
	switch {
	case errors.Is(err, github.ErrForbidden), errors.Is(err, github.ErrNotFound):
		return one(about, CannotTell, "give the token the right to read this repository, and push the branch", "%v", err)
	case err != nil:
		return one(about, CannotTell, "run doctor again later", "%v", err)
	case !p.Protected:
		return one(about, Warn, demand, "%s is not protected: whoever may push publishes", d.Config.Branch)
	case p.Unknown != "":
		return one(about, CannotTell, "look at the settings of the repository, or use a token that may", "%s is protected; %s", d.Config.Branch, p.Unknown)
	case !p.RequiresPull || p.Approvals == 0:
		return one(about, Warn, demand, "%s is protected, and a change can reach it without anybody's approval", d.Config.Branch)
	case !p.CodeOwners:
		return one(about, Warn, demand, "%s needs %d approval(s), of anybody: code owners are not asked", d.Config.Branch, p.Approvals)
	}
	return one(about, OK, "", "%s needs %d approval(s), of code owners", d.Config.Branch, p.Approvals)
}

// owners looks whether prompts have code owners on GitHub.
func (d *doctor) owners(context.Context) []Check {
	const about = "code owners"
	if d.Checkout.Top == "" {
		return nil
	}
	file := scaffold.OwnersFile(d.Top)
	if file == "" {
		return one(about, Warn, "promptflag init adds it, or write /"+d.Below+d.Config.Prompts+"/ @team into .github/CODEOWNERS", "there is no CODEOWNERS: nobody is asked for a review")
	}
	src, err := fs.ReadFile(d.Top, file)
	if err != nil {
		return one(about, CannotTell, "make the file readable", "%v", err)
	}
	owners, findings := github.ParseCodeOwners(src)
	var checks []Check
	for _, f := range findings {
		checks = append(checks, one(about, Warn, "correct the line: GitHub skips it", "%s:%d: %s", file, f.Line, f.Message)...)
	}
	var alone []string
	placeholder := false
	for _, p := range append([]string{path.Join(d.Config.Prompts, "any.toml"), "promptflag.toml"}, d.files()...) {
		of := owners.Of(d.Below + p)
		if len(of) == 0 {
			alone = append(alone, d.Below+p)
		}
		placeholder = placeholder || slices.Contains(of, scaffold.Placeholder)
	}
	switch {
	case len(alone) > 0:
		first := strings.TrimSuffix(alone[0], "any.toml")
		checks = append(checks, one(about, Warn, "add a line such as /"+d.Below+d.Config.Prompts+"/ @team", "%s leaves %s without an owner%s", file, first, more(len(alone)-1))...)
	case placeholder:
		checks = append(checks, one(about, Warn, "write your name on GitHub, or a team such as @acme/prompts, there", "%s names %s, which stands for nobody", file, scaffold.Placeholder)...)
	case len(checks) == 0:
		checks = one(about, OK, "", "%s has owners of all prompts", file)
	}
	return checks
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// files are the definitions, from the root of the prompts repository. What
// cannot be read is check's to say.
func (d *doctor) files() (files []string) {
	for _, def := range d.definitions() {
		files = append(files, def.File)
	}
	return files
}

func (d *doctor) names() (names []string) {
	for _, def := range d.definitions() {
		names = append(names, def.Prompt.Name())
	}
	return names
}

func (d *doctor) definitions() []*prompts.Definition {
	tree, err := prompts.Load(d.FS, d.Config.Prompts, nil)
	if tree == nil || err != nil {
		return nil
	}
	return tree.Definitions()
}
