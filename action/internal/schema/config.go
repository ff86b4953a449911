package schema

import "github.com/promptflag/promptflag/prompts"

// Config is the schema of promptflag.toml.
func Config() Node {
	const names = `^[a-z0-9_*-]+(\.[a-z0-9_*-]+)*$`
	pattern := matching(names, "Names of prompts: * is any part of a segment, ** any number of segments, as in support.*.")
	severity := oneOf("What a finding of this rule means.", word{"error", "It stops the change."}, word{"warning", "It is shown."}, word{"note", "It is only told."})
	overridable := Node{}
	for _, rule := range prompts.Rules() {
		if rule.Ignorable {
			overridable[rule.ID] = with(Node{}, severity)
			overridable[rule.ID].(Node)["description"] = rule.Name + ": " + rule.Summary
		}
	}
	severities := table("What findings mean, by rule.", overridable)
	severities["patternProperties"] = Node{"^PF[1-9][0-9][0-9]$": severity}

	root := table("The configuration of a prompts repository.", Node{
		"prompts": with(matching(filePath, "The folder of the prompts, below the root. Default prompts."), Node{"not": Node{"pattern": `(^|/)\.\.(/|$)`}, "default": "prompts"}),
		"branch":  with(text("The branch whose head may publish. Default main."), Node{"default": "main"}),
		"bucket":  bucket(),
		"unleash": table("The flag server.", unleash()),
		"check": table("What the team wants of every prompt.", Node{
			"names":    list(pattern, "Patterns of which the name of each prompt must match one."),
			"severity": severities,
			"ignore": list(starts(table("An exception from one rule.", Node{
				"rule":    matching("^PF[0-9]{3}$", "The rule, such as PF020."),
				"prompts": list(pattern, "The prompts that it is for. Without it, all."),
				"reason":  says("Why."),
			}, "rule", "reason"), "rule", "reason"), "Exceptions from rules."),
		}),
		"recorded":          with(matching(filePath, "The folder of recorded answers of models, below the root. Default recorded."), Node{"not": Node{"pattern": `(^|/)\.\.(/|$)`}, "default": "recorded"}),
		"gate":              gate(),
		"endpoints":         named("APIs of models. openai and anthropic are known without.", "", endpoint()),
		"models":            named("Which endpoint answers for a model: a name, or a pattern with * for any text. Default claude-* to anthropic, the others to openai.", "", text("The name of an endpoint.")),
		"prices":            named("What models cost.", "", price()),
		"require_approvals": approvals(),
		"require_codeowner": codeowner(),
		"freeze":            list(freeze(), "Windows in which nothing new goes out, in every environment."),
		"notify":            list(notify(), "Whom to tell what happened."),
		"retention": table("What gc leaves in the bucket although no flag needs it.", Node{
			"keep_days":     with(integer(1, 36500, "Versions that had traffic in so many last days. Default 90."), Node{"default": 90}),
			"keep_versions": with(integer(1, 1_000_000, "So many newest versions of each prompt. Default 20."), Node{"default": 20}),
		}),
		"environments": with(named("The environments, in their order.", `^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`, environment()), Node{"minProperties": 1}),
	}, "environments")
	return with(starts(root, "prompts", "bucket"), Node{"$schema": draft, "title": "promptflag.toml"})
}

func bucket() Node {
	return matching("^(s3|gs|azblob|file|mem):", "Where versions are kept: a URL with s3, gs, azblob, file or mem, such as s3://acme-prompts?region=eu-west-1. Without credentials.")
}

func unleash() Node {
	return Node{
		"url":         matching("^(https|http|file):", "Address of the Unleash server, or file:// for a folder that takes its place. Without credentials."),
		"project":     text("The project of the flags. Default default."),
		"flag_prefix": matching("^[A-Za-z0-9._~-]{0,50}$", "What stands before a prompt's name in the name of its flag."),
	}
}

func environment() Node {
	own := unleash()
	own["environment"] = text("The environment's name on the server. Default the name here.")
	return table("One environment. What it leaves out comes from the top of the file.", Node{
		"percent":    with(integer(0, 100, "Percentage of callers that get a new version first. Default 5."), Node{"default": 5}),
		"stickiness": with(text("The context field that keeps a caller on one side of the percentage. Default userId."), Node{"default": "userId"}),
		"on_open_candidate": oneOf("What happens to a version that is being dialled up when another one is published. Default replace.",
			word{"replace", "The new version takes its place."}, word{"wait", "The new version waits."}),
		"publish": with(oneOf("What brings a new version here. Default merge.",
			word{"merge", "Each merge does."}, word{"manual", "Only promote NAME --from ENVIRONMENT --to this one does."}), Node{"default": "merge"}),
		"require_approvals": approvals(),
		"require_codeowner": codeowner(),
		"freeze":            list(freeze(), "Windows in which nothing new goes out. Those at the top of the file count, too."),
		"bucket":            bucket(),
		"unleash":           table("The flag server of this environment.", own),
	})
}
