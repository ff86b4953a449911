package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/policy"
	"github.com/promptflag/promptflag/prompts"
)

// provenance finds out which pull request brought a version to the branch: that
// of the head, or, for a version that is published later than it was merged, the
// one that changed its files last. One goroutine uses it at a time.
type provenance struct {
	hub
	head   string
	branch string // that publishes
	prefix string // from the root of the repository to promptflag.toml

	commits map[string]told[*merged]
	changes map[string]told[change]
	owners  *told[func(string) []string]
	teams   map[string]told[[]string]
}

// told is what GitHub said once, or why it did not.
type told[T any] struct {
	value   T
	unknown string
}

// merged is a pull request with what is asked about it.
type merged struct {
	policy.Pull
	url  string
	base string // commit of the branch that it was made for
}

type change struct {
	commit string
	at     time.Time
}

// The questions about files are bounded: where somebody asks who approved, more
// prompts than that at once do not come late; else they are for the records only.
const (
	mostChanges    = 200
	fewChanges     = 20
	tooManyChanges = "more than %d files came with earlier changes"
)

func (s *session) provenance(h hub, head, branch string) *provenance {
	return &provenance{hub: h, head: head, branch: branch, prefix: s.prefix(),
		commits: map[string]told[*merged]{}, changes: map[string]told[change]{}, teams: map[string]told[[]string]{}}
}

// of is the pull request that brought a prompt; nil: a push without one. For
// what came before the head, most limits how many files are asked about, of all
// prompts together.
func (v *provenance) of(ctx context.Context, d *prompts.Definition, most int) (m *merged, unknown string) {
	if v.client == nil {
		return nil, v.why
	}
	files := v.files(d)
	last := v.commit(ctx, v.head)
	if last.unknown != "" {
		return nil, last.unknown
	}
	if p := last.value; p != nil && slices.ContainsFunc(files, func(f string) bool { return slices.Contains(p.Files, f) }) {
		return p, ""
	}
	var newest change
	for _, f := range files {
		c := v.change(ctx, f, most)
		if c.unknown != "" {
			return nil, c.unknown
		}
		if newest.commit == "" || c.value.at.After(newest.at) {
			newest = c.value
		}
	}
	if newest.commit == "" {
		return nil, fmt.Sprintf("GitHub knows no commit that changed %s", files[0])
	}
	a := v.commit(ctx, newest.commit)
	return a.value, a.unknown
}

// files are those that a prompt is made of, from the root of the repository.
func (v *provenance) files(d *prompts.Definition) []string {
	out := []string{path.Join(v.prefix, d.File)}
	for _, f := range append(slices.Clone(d.Partials), d.Files...) {
		out = append(out, path.Join(v.prefix, f))
	}
	return out
}

// judged are files and what the pull request changed of the prompt's suite: what
// is named like the prompt, and cases, which a suite may take from anywhere.
func (v *provenance) judged(d *prompts.Definition, m *merged) []string {
	files := v.files(d)
	if m == nil {
		return files
	}
	stem := strings.TrimSuffix(files[0], "toml") // with its dot
	for _, f := range m.Files {
		mine := strings.HasPrefix(f, stem) || strings.HasSuffix(f, ".jsonl") || strings.HasSuffix(f, ".csv")
		if mine && !slices.Contains(files, f) {
			files = append(files, f)
		}
	}
	return files
}

// commit asks for the pull request of a commit.
func (v *provenance) commit(ctx context.Context, sha string) told[*merged] {
	a, ok := v.commits[sha]
	if !ok {
		m, err := v.ask(ctx, sha)
		if a.value = m; err != nil {
			a = told[*merged]{unknown: err.Error()}
		}
		v.commits[sha] = a
	}
	return a
}

func (v *provenance) ask(ctx context.Context, sha string) (*merged, error) {
	p, err := v.client.PullOfCommit(ctx, sha)
	if err != nil || p == nil || p.BaseRef != v.branch {
		return nil, err // what was approved for another branch was not approved for this one
	}
	return v.pull(ctx, *p)
}

func (v *provenance) pull(ctx context.Context, p github.Pull) (*merged, error) {
	r, err := v.client.Reviews(ctx, p)
	if err != nil {
		return nil, err
	}
	files, all, err := v.client.ChangedFiles(ctx, p.Number)
	if err != nil {
		return nil, err
	}
	m := &merged{url: p.URL, base: p.Base, Pull: policy.Pull{Number: p.Number, Author: p.Author, Approved: r.Approvers(), Files: files, All: all}}
	for _, o := range r.Stale {
		m.Stale = append(m.Stale, o.User)
	}
	for _, o := range r.Unknown {
		m.Unsure = append(m.Unsure, o.User)
	}
	return m, nil
}

// change asks which commit changed a file last.
func (v *provenance) change(ctx context.Context, file string, most int) told[change] {
	a, ok := v.changes[file]
	switch {
	case ok:
		return a
	case len(v.changes) >= most:
		return told[change]{unknown: fmt.Sprintf(tooManyChanges, most)}
	}
	sha, at, err := v.client.LastCommit(ctx, v.head, file)
	if a.value = (change{sha, at}); err != nil {
		a = told[change]{unknown: err.Error()}
	}
	v.changes[file] = a
	return a
}

// fill adds the code owners of the commit base, where the environment asks for them.
func (v *provenance) fill(ctx context.Context, c *policy.Case, base string) {
	if !c.Environment.RequireCodeowner || c.Origin.Unknown != "" || c.Origin.Pull == nil {
		return
	}
	if v.owners == nil {
		v.owners = v.codeowners(ctx, base)
	}
	c.Owners, c.OwnersUnknown = v.owners.value, v.owners.unknown
	c.Member = func(team, login string) (bool, string) { return v.member(ctx, team, login) }
}

func (v *provenance) codeowners(ctx context.Context, base string) *told[func(string) []string] {
	if v.client == nil {
		return &told[func(string) []string]{unknown: v.why}
	}
	if base == "" { // the first commit of all
		base = v.head
	}
	owners, place, _, err := v.client.CodeOwners(ctx, base)
	switch {
	case err != nil:
		return &told[func(string) []string]{unknown: err.Error()}
	case place == "":
		return &told[func(string) []string]{}
	}
	return &told[func(string) []string]{value: owners.Of}
}

func (v *provenance) member(ctx context.Context, team, login string) (bool, string) {
	a, ok := v.teams[team]
	if !ok {
		org, slug, _ := strings.Cut(team, "/")
		members, err := v.client.TeamMembers(ctx, org, slug)
		if a.value = members; err != nil {
			a = told[[]string]{unknown: err.Error()}
		}
		v.teams[team] = a
	}
	return slices.ContainsFunc(a.value, func(m string) bool { return strings.EqualFold(m, login) }), a.unknown
}

// credit is what the records say about a version.
func (m *merged) credit() *plan.Credit {
	if m == nil {
		return &plan.Credit{}
	}
	return &plan.Credit{Author: m.Author, Approvers: m.Approvers(), PullRequest: m.url}
}

// asks reports whether a rule of the environments asks GitHub.
func asks(rules []config.Environment) bool { return slices.ContainsFunc(rules, policy.Asks) }
