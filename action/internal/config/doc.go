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
// Every environment may also set bucket, unleash.url, unleash.environment,
// unleash.project and unleash.flag_prefix; what it leaves out comes from the
// top. A relative file: URL starts at the root of the repository. The file
// holds no secrets: tokens come from the environment of the process.
package config
