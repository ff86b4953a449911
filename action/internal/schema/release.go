package schema

func approvals() Node {
	return with(integer(0, 20, "How many people other than the author must have approved what goes out. Default 0."), Node{"default": 0})
}

func codeowner() Node {
	return with(flag("An owner of each prompt file that changed, by CODEOWNERS, must have approved. Default false."), Node{"default": false})
}

// freeze is a window that comes once or one that comes again.
func freeze() Node {
	moment := func(doc string) Node {
		return matching(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`, doc)
	}
	day := oneOf("A day of the week.", word{"mon", "Monday."}, word{"tue", "Tuesday."}, word{"wed", "Wednesday."}, word{"thu", "Thursday."},
		word{"fri", "Friday."}, word{"sat", "Saturday."}, word{"sun", "Sunday."})
	window := table("A window in which nothing new goes out: from and until, or days and hours of every week.", Node{
		"from":     moment("When a window that comes once begins, as 2026-12-23T18:00:00+01:00."),
		"until":    moment("When it ends."),
		"days":     with(list(day, "The days on which a window that comes again begins. Default every day."), Node{"minItems": 1, "uniqueItems": true}),
		"hours":    matching("^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "From when to when, as 22:00-06:00, which ends on the next day. Default the whole day."),
		"timezone": with(text("The clocks that days and hours are read from: a name of the IANA database. Default UTC."), Node{"default": "UTC", "minLength": 1, "not": Node{"const": "Local"}}),
		"reason":   says("Why, for those who cannot publish."),
	}, "reason")
	once := with(without("days", "hours", "timezone"), Node{"required": anys([]string{"from", "until"})})
	again := choose(Node{"required": anys([]string{"hours"})}, branch{has("days"), Node{}})
	return with(starts(window, "reason"), choose(
		with(again, without("from", "until")),
		branch{has("from"), once}, branch{has("until"), once}))
}

func notify() Node {
	variable := func(doc string) Node { return matching("^[A-Za-z_][A-Za-z0-9_]*$", doc) }
	events := []word{
		{"published", "A version went out."}, {"promoted", "A candidate was given to everybody."}, {"rolled_back", "A version was taken back."},
		{"drift", "Git, bucket and flags disagree."}, {"gate_failed", "An evaluation stopped a version."},
	}
	hook := table("A webhook.", Node{
		"kind":         with(oneOf("What it takes. Default webhook.", word{"slack", "Messages as Slack takes them."}, word{"webhook", "JSON, signed with HMAC-SHA-256."}), Node{"default": "webhook"}),
		"url_env":      variable("The environment variable with its address."),
		"secret_env":   variable("The environment variable with the key of the signature. Not for slack."),
		"on":           with(list(oneOf("What happened.", events...), "What it wants to know. Default all."), Node{"minItems": 1}),
		"environments": with(list(text("An environment of this file."), "Where. Default everywhere."), Node{"minItems": 1}),
	}, "url_env")
	return with(starts(hook, "kind", "url_env"), choose(has("secret_env"), branch{is("kind", "slack"), without("secret_env")}))
}
