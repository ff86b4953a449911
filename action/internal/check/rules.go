package check

import (
	"slices"

	"github.com/promptflag/promptflag/prompts"
)

// Ids of the rules about callers of other versions: they say nothing against the
// files themselves.
const (
	Breaking = "PF105" // a caller of a live version would not be served
	Unread   = "PF115" // a live version cannot be compared
)

// Ids of the rules of the team.
const (
	ruleOwner       = "PF101"
	ruleDescription = "PF102"
	ruleNames       = "PF103"
	ruleSecret      = "PF104"
	ruleBreaking    = Breaking
	ruleDeprecated  = "PF106"
	ruleUnused      = "PF107"
	ruleReach       = "PF108"
	ruleNoBreak     = "PF109"
	ruleEnvironment = "PF110"
	ruleFlagName    = "PF111"
	ruleReplacedBy  = "PF112"
	ruleMovedFrom   = "PF113"
	ruleNeedless    = "PF114"
	ruleUnread      = Unread
	ruleSuite       = "PF116"
	ruleCase        = "PF117"
	ruleNoSuite     = "PF118"
	ruleSuiteAlone  = "PF119"
)

// Rules are all rules, those of the language first, by id.
func Rules() []prompts.Rule { return slices.Concat(prompts.Rules(), rules) }

func ruleByID(id string) prompts.Rule {
	for _, r := range Rules() {
		if r.ID == id {
			return r
		}
	}
	return prompts.Rule{ID: id, Severity: prompts.Error}
}

var rules = []prompts.Rule{
	{ID: ruleOwner, Name: "no-owner", Severity: prompts.Warning, Ignorable: true,
		Summary: "A prompt has no owner.",
		Why:     "Nobody is asked when it is changed, and nobody is called when it misbehaves. Write owners = [\"@team\"]."},
	{ID: ruleDescription, Name: "no-description", Severity: prompts.Note, Ignorable: true,
		Summary: "A prompt has no description.",
		Why:     "People who choose or review a prompt read that line first."},
	{ID: ruleNames, Name: "name-convention", Severity: prompts.Error, Ignorable: true,
		Summary: "The name of a prompt matches no pattern of names in promptflag.toml.",
		Why:     "Names are for ever: services, flags and records use them. Move the file before it is published, or add a pattern."},
	{ID: ruleSecret, Name: "secret", Severity: prompts.Error, Ignorable: true,
		Summary: "A text looks like a password, token or key.",
		Why:     "What is published stays in the bucket for ever, is sent to the model's vendor with every request, and may be quoted by the model. Revoke the secret: it is in the history of git already. Pass such values as variables, or better not at all."},
	{ID: ruleBreaking, Name: "breaking-change", Severity: prompts.Error,
		Summary: "A caller of a version that is live would not be served by the new one.",
		Why:     "Services get the new version without a deploy: a variable that they do not pass fails every call, and an answer of another shape fails in their code. Make the change in a compatible way, or a new prompt beside the old one. breaking = \"reason\" at the top of the file says that all callers are ready."},
	{ID: ruleDeprecated, Name: "deprecated-live", Severity: prompts.Warning, Ignorable: true,
		Summary: "A deprecated prompt still has traffic.",
		Why:     "Somebody still asks for it; find them before it is retired."},
	{ID: ruleUnused, Name: "partial-unused", Severity: prompts.Warning, Ignorable: true,
		Summary: "A partial is used by no prompt.",
		Why:     "People change it and wonder why nothing happens."},
	{ID: ruleReach, Name: "partial-reach", Severity: prompts.Note, Ignorable: true,
		Summary: "A changed partial makes new versions of several prompts.",
		Why:     "Each of them starts a rollout of its own when the change is merged."},
	{ID: ruleNoBreak, Name: "breaking-without-break", Severity: prompts.Note, Ignorable: true,
		Summary: "A file says breaking, and nothing breaks.",
		Why:     "Left where it is, it would let the next breaking change pass unseen."},
	{ID: ruleEnvironment, Name: "unknown-environment", Severity: prompts.Error,
		Summary: "[rollout] names an environment that promptflag.toml does not have.",
		Why:     "The rollout would start with other numbers than the file says."},
	{ID: ruleFlagName, Name: "flag-name", Severity: prompts.Error,
		Summary: "A flag's name, prefix and prompt, is longer than the flag server takes.",
		Why:     "The prompt could not be published."},
	{ID: ruleReplacedBy, Name: "replaced-by", Severity: prompts.Warning, Ignorable: true,
		Summary: "[deprecated] replaced_by names a prompt that is not here, or is deprecated itself.",
		Why:     "People follow it."},
	{ID: ruleMovedFrom, Name: "moved-from", Severity: prompts.Warning, Ignorable: true,
		Summary: "moved_from names a prompt that is still here.",
		Why:     "It links the history of a renamed prompt; a prompt that is still here was not renamed."},
	{ID: ruleNeedless, Name: "needless-ignore", Severity: prompts.Warning, Ignorable: true,
		Summary: "An exception leaves out nothing.",
		Why:     "It would hide the next finding of that rule, which may be a real one."},
	{ID: ruleUnread, Name: "cannot-tell", Severity: prompts.Error,
		Summary: "A version that is live cannot be compared.",
		Why:     "Its artifact is missing, or needs a newer promptflag: nobody can tell whether its callers would be served."},
	{ID: ruleSuite, Name: "suite", Severity: prompts.Error,
		Summary: "A suite, or a case or an assertion of it, is not in order.",
		Why:     "What is not understood would not be checked, and an evaluation that checks less than it seems to is worse than none."},
	{ID: ruleCase, Name: "case-variables", Severity: prompts.Error,
		Summary: "A case does not give the prompt's variables values that fit.",
		Why:     "The case could not be asked. Add the variable to the case, or to vars of [defaults] for all of them."},
	{ID: ruleNoSuite, Name: "no-suite", Severity: prompts.Error, Ignorable: true,
		Summary: "A prompt has no suite although [gate] require_suite = true.",
		Why:     "Nobody would know whether a new version is better or worse. Write NAME.eval.toml beside the prompt."},
	{ID: ruleSuiteAlone, Name: "suite-without-prompt", Severity: prompts.Warning,
		Summary: "A suite has the name of no prompt.",
		Why:     "It is never run: a suite belongs to the prompt whose file has the same name."},
}
