package schema

// Suite is the schema of an evaluation, *.eval.toml.
func Suite() Node {
	path := matching(`^([^/\\:]+/)*[^/\\:]*\.(jsonl|csv)$`, "A file .jsonl or .csv. The path counts from the folder of this file, with /.")
	files := list(path, "Files of cases. Default NAME.cases.jsonl and NAME.cases.csv beside this file, as far as they are there.")
	file := table("The evaluation of one prompt, whose file stands beside it.", Node{
		"description": says("What the evaluation is about."),
		"prompt":      name("The prompt's name, which is that of the file. It need not be written."),
		"cases":       with(files, Node{"type": []any{"string", "array"}, "uniqueItems": true, "pattern": path["pattern"]}),
		"repeat":      with(integer(1, 100, "How many answers to each case are asked for. Default 1."), Node{"default": 1}),
		"max_repeat":  integer(1, 100, "How many there are at most: more are asked for as long as a rule is undecided that looks at an interval. Default as repeat."),
		"judge": table("The model that judges, for assertions that ask one.", Node{
			"model":      says("Its name, as its API has it."),
			"votes":      with(integer(1, 99, "How often it is asked about one answer: an odd number; the majority decides and the score is the median. Default 1."), Node{"default": 1, "not": Node{"multipleOf": 2}}),
			"parameters": open("Its parameters. Default temperature 0."),
		}, "model"),
		"embeddings": table("The model of embeddings, for assertions that compare meanings.", Node{
			"model": says("Its name, as its API has it."),
		}, "model"),
		"defaults": table("What all cases have.", Node{
			"vars":      open("Variables of the prompt, and values that assertions compare with. A case has the last word."),
			"tags":      labels("Tags, which come to those of the case."),
			"metadata":  open("Facts about the cases, for assertions and reports. A case has the last word."),
			"threshold": number(0, 1, "What the weighted mean of the scores must reach. Default: every assertion with a weight must pass."),
			"assert":    list(assertion(), "Assertions of all cases, which are checked before a case's own."),
		}),
		"tests":  list(testCase(), "Cases that stand in this file. A line of JSONL has the same keys."),
		"gate":   rules(),
		"budget": table("The hard end of a run. What is not asked by then is missing.", Node{"usd": above("What the run may pay, judges included. Default no limit."), "minutes": above("How long it may take. Default no limit.")}),
	})
	return with(starts(file, "defaults"), Node{"$schema": draft, "title": "promptflag evaluation"})
}

func testCase() Node {
	return starts(table("A case: an input, and what is expected of the answer.", Node{
		"id":          matching(`^[A-Za-z0-9._:/-]([A-Za-z0-9._:/ -]{0,118}[A-Za-z0-9._:/-])?$`, "Its name in reports: 1 to 120 letters, digits, . _ : / - and spaces. Default from its vars, so that it stays when cases come and go."),
		"description": text("What it is about. The same as metadata.description."),
		"vars":        open("Variables of the prompt, and values that assertions compare with."),
		"tags":        labels("Words by which rules and reports group cases."),
		"cluster":     label("What cases share that are not independent, such as their source document. Default: it stands alone."),
		"repeat":      integer(1, 100, "How many answers are asked for. Default as the suite has it."),
		"threshold":   number(0, 1, "What the weighted mean of the scores must reach. Default as in defaults, else every assertion with a weight must pass."),
		"metadata":    open("Facts about the case, for assertions and reports."),
		"assert":      list(assertion(), "What is checked of the answer, after the assertions of defaults."),
	}), "vars")
}

// rules are [gate] of a suite.
func rules() Node {
	return with(table("What a new version must do. Default: every case passes.", Node{
		"confidence":      Node{"type": "number", "minimum": 0.5, "exclusiveMaximum": 1, "default": 0.95, "description": "Of intervals, two-sided. Default 0.95."},
		"pass_rate":       bound("Of the share of cases that pass."),
		"metrics":         named("Of the mean score of a metric, by its name.", "", bound("Of this metric.")),
		"tags":            named("Of the share of cases that pass, by tag.", "", bound("Of the cases with this tag.")),
		"max_regressions": integer(0, 1_000_000, "How many cases may pass with what production serves and fail now. Default: they are only told."),
		"latency_p95_ms":  above("The 95th percentile of the time that an answer takes, in milliseconds. Default no limit."),
		"cost_per_call":   above("The mean cost of an answer in USD; an unknown price is never 0. Default no limit."),
		"cost_increase":   Node{"type": "number", "minimum": 0, "description": "How much more than in production an answer may cost: 0.2 is 20 % more. Default no limit."},
	}), Node{"minProperties": 1})
}

func bound(doc string) Node {
	return with(table(doc, Node{
		"min":       number(0, 1, "What was observed must reach it. Default no rule."),
		"min_lower": number(0, 1, "The lower end of its confidence interval must reach it. Default no rule."),
		"margin":    Node{"type": "number", "exclusiveMinimum": 0, "maximum": 1, "description": "It may be worse than in production by less than this, with confidence. Default no rule."},
	}), Node{"minProperties": 1})
}

func above(doc string) Node {
	return Node{"type": "number", "exclusiveMinimum": 0, "description": doc}
}

// label is a text of one line that is not blank.
func label(doc string) Node {
	const control = "\\x00-\\x1f\\x7f-\\x9f\u2028\u2029"
	return with(matching("^[^"+control+"]*[^\\s"+control+"][^"+control+"]*$", doc), Node{"maxLength": 100})
}

func labels(doc string) Node { return list(label("A tag: a text of one line."), doc) }
