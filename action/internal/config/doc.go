// Package config reads promptflag.toml, the file at the root of a prompts
// repository that says where prompts, bucket and flags are and how each
// environment takes a new version.
//
//	prompts = "prompts"
//	branch  = "main"
//	bucket  = "s3://acme-prompts?region=eu-west-1"
//
//	[unleash]
//	url         = "https://unleash.acme.dev"
//	project     = "default"
//	flag_prefix = ""
//
//	[environments.development]
//	percent = 100
//
//	[environments.production]
//	percent           = 5
//	stickiness        = "userId"
//	on_open_candidate = "replace"
//	publish           = "merge"        # "manual": only promote --from … --to brings a version here
//	require_approvals = 1              # of people other than the author; 0 asks nobody
//	require_codeowner = true           # one owner of each file that changed
//	[[environments.production.freeze]] # once, or every week
//	from   = "2026-12-23T18:00:00+01:00"
//	until  = "2027-01-02T08:00:00+01:00"
//	reason = "holidays"
//	[[environments.production.freeze]]
//	days     = ["sat", "sun"]          # without days every day, without hours the whole day
//	hours    = "08:00-20:00"
//	timezone = "Europe/Berlin"
//	reason   = "nobody is there"
//
//	[[notify]]
//	kind         = "slack"             # or "webhook", with secret_env
//	url_env      = "SLACK_WEBHOOK"
//	on           = ["published", "rolled_back"]
//	environments = ["production"]
//
//	[retention]
//	keep_days     = 90
//	keep_versions = 20
//
//	[gate]
//	require_suite   = false
//	on_inconclusive = "stop"
//
//	[endpoints.local]                  # openai and anthropic are there already
//	base_url = "http://127.0.0.1:11434/v1"
//	[models]
//	"llama*" = "local"
//	[prices.llama3]                    # USD per million tokens
//	input  = 0
//	output = 0
//
// What an environment asks before a version goes out (require_approvals,
// require_codeowner, freeze) may stand at the top for all of them. An
// environment's own number counts before that of the top; windows of both count.
//
// Every environment may also set bucket, unleash.url, unleash.environment,
// unleash.project and unleash.flag_prefix; what it leaves out comes from the
// top. A relative file: URL starts at the root of the repository. The file
// holds no secrets: tokens come from the environment of the process.
package config
