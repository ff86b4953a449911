package publish

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/plan"
)

// brings are the kinds that give users a version that they did not have. What
// goes back to an earlier one is a git revert, and waits for nobody.
var brings = []plan.Kind{plan.Create, plan.Canary, plan.Waiting}

// manual leaves to promote what a merge does not bring to an environment.
func (in Input) manual(env config.Environment, item *plan.Item) {
	if !env.Manual() || !slices.Contains(brings, item.Kind) {
		return
	}
	item.Warnings = nil // of what is not done
	item.Leave(plan.Manual, "manual: promptflag "+in.promote(item.Prompt, env))
}

// promote is the command that brings a version to an environment.
func (in Input) promote(prompt string, env config.Environment) string {
	return fmt.Sprintf("promote %s --from %s --to %s", prompt, cmp.Or(in.From, "ENVIRONMENT"), env.Name)
}
