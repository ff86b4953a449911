package config

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

func TestParse(t *testing.T) {
	const src = `
bucket = "s3://acme-prompts?region=eu-west-1"
[unleash]
url = "https://unleash.acme.dev"
flag_prefix = "prompt."
[environments.staging]
percent = 100
bucket = "file://.promptflag/bucket"
unleash.url = "file://flags"
unleash.environment = "development"
unleash.project = "lab"
unleash.flag_prefix = ""
[environments.production]
stickiness = "tenantId"
on_open_candidate = "wait"
`
	got, err := Parse([]byte(src), "/repo")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{Prompts: "prompts", Branch: "main", Recorded: "recorded", Evaluation: Evaluation{
		Endpoints: []Endpoint{
			{Name: "anthropic", Family: "anthropic", KeyEnv: "ANTHROPIC_API_KEY"},
			{Name: "openai", Family: "openai", KeyEnv: "OPENAI_API_KEY"},
		},
		Prices: map[string]Price{},
	}, Retention: Retention{KeepDays: 90, KeepVersions: 20}, Environments: []Environment{
		{Name: "staging", Percent: 100, Stickiness: "userId", Bucket: "file:///repo/.promptflag/bucket",
			UnleashURL: "file:///repo/flags", UnleashEnvironment: "development", Project: "lab", Publish: PublishMerge},
		{Name: "production", Percent: 5, Stickiness: "tenantId", Wait: true, Bucket: "s3://acme-prompts?region=eu-west-1",
			UnleashURL: "https://unleash.acme.dev", UnleashEnvironment: "production", Project: "default", FlagPrefix: "prompt.", Publish: PublishMerge},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	if dir, ok := got.Environments[0].Embedded(); !ok || dir != "/repo/flags" {
		t.Errorf("Embedded = %q, %v", dir, ok)
	}
	if _, ok := got.Environments[1].Embedded(); ok {
		t.Error("Embedded of a server = true")
	}
	if got := got.Environments[1].Flag("support.triage"); got != "prompt.support.triage" {
		t.Errorf("Flag = %q", got)
	}
}

func TestParseFindings(t *testing.T) {
	const ok = "bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.e]\n"
	tests := []struct{ src, want string }{
		{"", "promptflag.toml: no environment is configured (add a table such as [environments.production] with percent = 5)"},
		{"bucket = ", "promptflag.toml:1:9: PF004 unexpected EOF; expected value"},
		{"[environments.e]", "promptflag.toml:1:15: environment e has no bucket (set bucket = \"s3://…\" at the top of the file, or \"file://.promptflag/bucket\" to try it out)\n" +
			"promptflag.toml:1:15: environment e has no flag server (set url under [unleash], or \"file://.promptflag/flags\" to try it out)"},
		{ok + "percent = 105", "promptflag.toml:4:1: percent is 105 (a whole number from 0 to 100; the flag server has no finer steps)"},
		{ok + "percent = 10.5", "promptflag.toml:4:1: percent is 10.5 (a whole number from 0 to 100; the flag server has no finer steps)"},
		{ok + "procent = 5", "promptflag.toml:4:1: unknown key \"procent\" (known here: percent, stickiness, on_open_candidate, bucket, unleash, publish, require_approvals, require_codeowner, freeze)"},
		{ok + "on_open_candidate = \"maybe\"", "promptflag.toml:4:1: on_open_candidate is \"maybe\" (\"replace\" or \"wait\")"},
		{ok + "stickiness = 5", "promptflag.toml:4:1: stickiness must be a string"},
		{ok + "unleash = 5", "promptflag.toml:4:1: unleash must be a table (write [environments.e.unleash])"},
		{ok + "bucket = \"ftp://x\"", "promptflag.toml:4:1: bucket has the scheme \"ftp\" (one of s3, gs, azblob, file, mem)"},
		{"prompts = \"../x\"\n" + ok, "promptflag.toml:1:1: the prompts folder must be a plain path below the root (write it with / and without \"..\", for example \"prompts\")"},
		{"bucket = \"mem://\"\nunleash.url = \"https://a:b@u\"\n[environments.e]", "promptflag.toml:2:9: url contains credentials (secrets come from environment variables, never from the file)"},
		{"bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.\"a b\"]", "promptflag.toml:3:15: environment name \"a b\" is not URL-friendly (use letters, digits, - _ . ~)"},
		{"bucket = \"mem://\"\nunleash.url = \"https://u\"\nunleash.flag_prefix = \"a/\"\n[environments.e]", "promptflag.toml:3:9: flag_prefix \"a/\" would make flag names that Unleash refuses (use letters, digits, - _ . ~)"},
		{ok + "[environments.f]\nunleash.environment = \"e\"", "promptflag.toml:4:15: environments e and f are the same flags: environment e of https://u (give one of them another unleash.environment, project or flag_prefix)"},
		{ok + "[check]\nnames = [\"a b\"]\nseverity.PF006 = \"note\"\nseverity.PF101 = \"loud\"\nseverity.PF099 = \"note\"\nrules = 1\n[[check.ignore]]\nrule = \"PF020\"",
			"promptflag.toml:5:10: a b is not a pattern of prompt names (for example \"support.*\" or \"**\")\n" +
				"promptflag.toml:6:10: PF006 (unknown-key) is not for the team to judge: without it there is no artifact\n" +
				"promptflag.toml:7:10: severity \"loud\" is none (one of error, warning, note)\n" +
				"promptflag.toml:8:10: \"PF099\" is not the id of a rule (check prints ids, such as PF020)\n" +
				"promptflag.toml:9:1: unknown key \"rules\" (known here: names, severity, ignore)\n" +
				"promptflag.toml:10:9: an exception without a reason (add reason = \"…\")"},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.src), "/repo")
		var findings prompts.Findings
		if !errors.As(err, &findings) {
			t.Errorf("Parse(%q) = %v, want findings", tt.src, err)
			continue
		}
		if diff := cmp.Diff(tt.want, findings.Error()); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tt.src, diff)
		}
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := Load(fstest.MapFS{}, "/repo")
	if err == nil || err.Error() != "no promptflag.toml in /repo: run promptflag in the root of a prompts repository, or name it with --directory" {
		t.Errorf("Load = %v", err)
	}
}

func TestResolveFile(t *testing.T) {
	for raw, want := range map[string]string{
		"file://a b/c": "file:///repo/a%20b/c", "file:a": "file:///repo/a", "file:///x": "file:///x", "file:/x/y": "file:///x/y", "https://x": "https://x",
	} {
		if got := resolveFile(raw, "/repo"); got != want {
			t.Errorf("resolveFile(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestFilePath(t *testing.T) {
	for raw, want := range map[string]string{
		"file:///a/b": "/a/b", "file:///C:/x": "C:/x", "https://x": "", "": "",
	} {
		if got, _ := filePath(raw); got != want {
			t.Errorf("filePath(%q) = %q, want %q", raw, got, want)
		}
	}
}
