package publish

import (
	"slices"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/rollout"
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
	command := rollout.Promotion(item.Prompt, in.From, env.Name)
	if slices.Contains(in.Retry, item.Prompt) {
		command += " --retry"
	}
	item.Leave(plan.Manual, "manual: promptflag "+command)
}
