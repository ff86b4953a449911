package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/wording"
)

// codeowners asks for the approval of an owner of each file of the prompt that
// the pull request changed. As on GitHub, a file that nobody owns asks nobody.
func codeowners(c Case) *Refusal {
	if !c.Environment.RequireCodeowner {
		return nil
	}
	asks := c.Environment.Name + " asks for the approval of code owners"
	if r := c.Origin.missing(asks); r != nil {
		return r
	}
	switch {
	case c.OwnersUnknown != "":
		return &Refusal{Message: "cannot tell who owns the files, and " + asks + ": " + wording.Line(c.OwnersUnknown), Hint: "run again when GitHub answers", Untold: true}
	case c.Owners == nil:
		return &Refusal{Message: asks + ", and there is no CODEOWNERS file in the commit before this change", Hint: "add .github/CODEOWNERS with a line for the prompts folder"}
	}
	p := c.Origin.Pull
	var no, untold []string
	for _, file := range c.Files {
		if p.All && !slices.Contains(p.Files, file) {
			continue
		}
		owners := c.Owners(file)
		approved, why := c.approved(owners)
		switch text := file + " (" + strings.Join(owners, ", ") + ")"; {
		case len(owners) == 0 || approved:
		case why != "":
			untold = append(untold, text+": "+wording.Line(why))
		default:
			no = append(no, text)
		}
	}
	switch {
	case len(no) > 0:
		return &Refusal{
			Message: fmt.Sprintf("%s, and pull request #%d has none for %s", asks, p.Number, some(no)),
			Hint:    fmt.Sprintf("an owner of each of these files approves pull request #%d; then run again", p.Number),
		}
	case len(untold) > 0:
		return &Refusal{
			Message: "cannot tell whether owners approved, and " + asks + ": " + some(untold),
			Hint:    "let a person who is named in CODEOWNERS approve, or give the action a token that may read the members of teams", Untold: true,
		}
	}
	return nil
}

// approved reports whether one of the owners approved; unknown is why that
// cannot be told, where nobody else did.
func (c Case) approved(owners []string) (approved bool, unknown string) {
	people := c.Origin.Pull.Approvers()
	for _, owner := range owners {
		name, isLogin := strings.CutPrefix(owner, "@")
		switch {
		case !isLogin:
			if len(people) > 0 {
				unknown = "whose address " + owner + " is GitHub does not say"
			}
		case strings.Contains(name, "/"):
			for _, login := range people {
				member, why := c.Member(name, login)
				if member {
					return true, ""
				}
				if why != "" {
					unknown = why
				}
			}
		case slices.ContainsFunc(people, func(p string) bool { return strings.EqualFold(p, name) }):
			return true, ""
		}
	}
	return false, unknown
}

// some are the first of many.
func some(list []string) string {
	const shown = 3
	if len(list) > shown {
		return strings.Join(list[:shown], "; ") + fmt.Sprintf("; and %d more", len(list)-shown)
	}
	return strings.Join(list, "; ")
}
