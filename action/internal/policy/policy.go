package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// Pull is a merged pull request and who approved it, by login.
type Pull struct {
	Number int
	Author string // "" if the account is gone
	// Approved are the people who may and did approve the head that was merged.
	Approved []string
	// Stale approved an older head, which does not count.
	Stale []string
	// Unsure approved, and GitHub did not say whether they may.
	Unsure []string
	// Files that it changed, from the root of the repository; All is false where
	// GitHub does not list all of them.
	Files []string
	All   bool
}

// Origin is how a version came to the branch.
type Origin struct {
	Pull *Pull // nil, if it is known: by a push without a pull request
	// Unknown says why GitHub could not be asked; "" if it answered.
	Unknown string
}

// Case is one version on its way to the users of one environment.
type Case struct {
	// Environment is that of the commit before the change.
	Environment config.Environment
	Now         time.Time
	Origin      Origin
	// Files are those that the prompt is made of, from the root of the
	// repository.
	Files []string
	// Owners are the code owners of a file by the commit before the change:
	// @login, @organisation/team or an e-mail address. nil: there are none.
	Owners func(path string) []string
	// OwnersUnknown says why they could not be read; "" if they were.
	OwnersUnknown string
	// Member reports whether a person is in a team, "organisation/team"; unknown
	// says why GitHub could not tell.
	Member func(team, login string) (member bool, unknown string)
}

// Refusal is one thing that is owed.
type Refusal struct {
	Message, Hint string
	// Untold: nobody could tell whether it is owed.
	Untold bool
}

// Asks reports whether an environment asks anything of GitHub.
func Asks(e config.Environment) bool { return e.RequireApprovals > 0 || e.RequireCodeowner }

// Judge lists what is owed before the version may go out.
func Judge(c Case) []Refusal {
	var owed []Refusal
	for _, rule := range []func(Case) *Refusal{frozen, approvals, codeowners} {
		if r := rule(c); r != nil {
			owed = append(owed, *r)
		}
	}
	return owed
}

// Frozen is the refusal of a freeze; nil if none is on.
func Frozen(e config.Environment, now time.Time) *Refusal {
	return frozen(Case{Environment: e, Now: now})
}

func frozen(c Case) *Refusal {
	by, until, on := c.Environment.Frozen(c.Now)
	if !on {
		return nil
	}
	return &Refusal{
		Message: fmt.Sprintf("%s is frozen until %s: %s", c.Environment.Name, wording.Moment(until), wording.Line(by.Reason)),
		Hint:    "run again after that; rollback, off and dialling down work all the time",
	}
}

func approvals(c Case) *Refusal {
	need := c.Environment.RequireApprovals
	if need == 0 {
		return nil
	}
	asks := fmt.Sprintf("%s asks for %s", c.Environment.Name, wording.Counted(need, "approval", "approvals"))
	if r := c.Origin.missing(asks); r != nil {
		return r
	}
	p := c.Origin.Pull
	have := p.people(p.Approved)
	if len(have) >= need {
		return nil
	}
	text := fmt.Sprintf("%s, and what was merged of pull request #%d has %d", asks, p.Number, len(have))
	if len(have) > 0 {
		text += ", of " + strings.Join(have, ", ")
	}
	if unsure := p.people(p.Unsure); len(have)+len(unsure) >= need {
		return &Refusal{Message: text + "; whether " + strings.Join(unsure, ", ") + " may approve GitHub does not say", Hint: tokenHint, Untold: true}
	}
	if stale := p.people(p.Stale); len(stale) > 0 {
		text += "; " + strings.Join(stale, ", ") + " approved an older commit"
	}
	return &Refusal{Message: text, Hint: fmt.Sprintf("who may write to the repository, and is not the author, approves pull request #%d; then run again", p.Number)}
}

const tokenHint = "give the action a token that may read pull requests and collaborators, then run again"

// missing is the refusal where there is no pull request to ask.
func (o Origin) missing(asks string) *Refusal {
	switch {
	case o.Unknown != "":
		return &Refusal{Message: "cannot tell who approved this, and " + asks + ": " + wording.Line(o.Unknown), Hint: "run again when GitHub answers; locally, let the workflow publish", Untold: true}
	case o.Pull == nil:
		return &Refusal{Message: asks + ", and this version came with a push without a pull request", Hint: "bring the change with a pull request that is approved"}
	}
	return nil
}

// people are distinct logins without the author's. Logins know no case.
func (p *Pull) people(logins []string) []string {
	var out []string
	for _, l := range logins {
		same := func(o string) bool { return strings.EqualFold(o, l) }
		if l != "" && !same(p.Author) && !slices.ContainsFunc(out, same) {
			out = append(out, l)
		}
	}
	return out
}

// Approvers are the people whose approval counts.
func (p *Pull) Approvers() []string { return p.people(p.Approved) }
