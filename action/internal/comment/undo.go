package comment

import (
	"fmt"
	"strings"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// undoing is what the ways back depend on.
type undoing struct {
	environment, flag       string // of the last that a merge writes to
	writes, canary, blocked bool   // blocked: nothing that it writes reaches users
	back                    bool   // something has a version to go back to
	fresh                   []string
	trials                  []string // "30 % in production": of a candidate that gives way
	restores                []string // commands that bring back what a restored version replaces
	stable                  string   // what is served without the candidate, where trials give way
}

// undo says how to go back: by git, by command, and by a click in Unleash. What
// these do not bring back is said.
func (in Input) undo(list []Prompt) []string {
	u := in.undoing(list)
	name, flag := "NAME", "NAME"
	if len(list) == 1 {
		name, flag = list[0].Name, u.flag
	}
	out := []string{"Before the merge: close this pull request. Nothing has been published."}
	switch {
	case u.writes && u.blocked:
		return append(out, "After the merge: there is nothing to undo for users, because nothing is published. Revert this pull request.")
	case !u.back && len(u.fresh) == 0:
		return append(out, "After the merge: revert this pull request.")
	}
	if u.back {
		at := " Users are back at once."
		if len(u.trials)+len(u.restores) > 0 {
			at = ""
		}
		out = append(out, "After the merge: revert this pull request (GitHub has a button for it), and merge that."+at)
	}
	if len(u.trials) > 0 {
		out = append(out, "Who tries out another version today ("+strings.Join(u.trials[:min(len(u.trials), maxRules)], ", ")+
			") is not all back by that: what is tried out starts again with the percentage of the settings.")
	}
	for i, command := range u.restores {
		if i == maxRules {
			out = append(out, "And "+thousands(len(u.restores)-i)+" more like that.")
			break
		}
		out = append(out, "The version that it replaces is held after that, and git alone does not bring it back: run "+code(command)+".")
	}
	if len(u.fresh) > 0 {
		out = append(out, some(u.fresh, maxRules)+" is new: there is no earlier version to go back to. Without its file it stays as it is for those who ask for it; when no service does, run "+code("promptflag retire "+sole(u.fresh, "NAME"))+".")
	}
	if u.back && (u.canary || !u.writes) {
		out = append(out, "Faster, without git: run "+code("promptflag rollback "+name+" -e "+u.environment)+".")
	}
	if u.canary {
		who := "Everybody has the version of before in seconds."
		if u.stable != "" {
			who = "Everybody has " + code(u.stable) + " in seconds."
		}
		out = append(out, "Or in Unleash: open the flag "+code(flag)+" and disable its strategy "+code("candidate …")+". "+who)
	}
	return out
}

func sole(list []string, otherwise string) string {
	if len(list) == 1 {
		return list[0]
	}
	return otherwise
}

func (in Input) undoing(list []Prompt) undoing {
	u := undoing{environment: "ENVIRONMENT", flag: "NAME", blocked: true}
	if n := len(in.Environments); n > 0 {
		u.environment = in.Environments[n-1]
	}
	for _, p := range list {
		if len(list) == 1 {
			u.flag = p.Name
		}
		fresh := p.Kind == Added && len(p.Items) == 0 && in.PlanUnknown != ""
		u.back = u.back || p.Kind == Changed && len(p.Items) == 0 && in.PlanUnknown != ""
		for _, i := range p.Items {
			if !i.Writes() && i.Kind != plan.Canary && i.Kind != plan.Create && i.Kind != plan.Restore {
				continue
			}
			u.writes = true
			if in.blocked(p, i) {
				continue
			}
			u.blocked = false
			if i.Kind == plan.Create {
				fresh = true
				continue
			}
			u.back, u.environment = true, i.Environment
			if len(list) == 1 && i.Flag != "" {
				u.flag = i.Flag
			}
			u.item(i)
		}
		if fresh {
			u.fresh = append(u.fresh, p.Name)
		}
	}
	return u
}

// item is one that writes and reaches users.
func (u *undoing) item(i plan.Item) {
	b, a := i.Before, i.After
	trial := b.Candidate != "" && !b.CandidateDisabled && b.Percent > 0 && b.Enabled && b.Candidate != a.Stable && b.Candidate != a.Candidate
	switch i.Kind {
	case plan.Canary:
		u.canary = true
		if trial {
			u.stable = plan.Version(a.Stable)
		}
	case plan.Withdraw:
	case plan.Restore:
		was := b.Stable
		if trial && b.Percent == 100 && !b.Constrained {
			was = b.Candidate
		}
		if v := plan.Version(was); v != "" {
			u.restores = append(u.restores, "promptflag rollback "+i.Prompt+" --to "+v+" -e "+i.Environment)
		}
		return
	default:
		return
	}
	if trial {
		u.trials = append(u.trials, fmt.Sprintf("%d %% in %s", b.Percent, prose(i.Environment)))
	}
}
