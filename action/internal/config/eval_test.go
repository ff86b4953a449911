package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

const minimal = "bucket = \"mem://\"\nunleash.url = \"https://u\"\nenvironments.e = {}\n"

func TestParseEvaluation(t *testing.T) {
	cfg, err := Parse([]byte(minimal+`
recorded = "answers"
[gate]
require_suite = true
on_inconclusive = "publish"
[endpoints.local]
base_url = "http://127.0.0.1:11434/v1"
concurrency = 2
[endpoints.azure]
base_url = "https://acme.openai.azure.com"
api_version = "2026-01-01"
key_env = "ACME_KEY"
headers = { X-Title = "Acme" }
[models]
"llama*" = "local"
"llama-big" = "azure"
"vendor/*-mini" = "local"
[prices.llama3]
input = 0
output = 0.5
cached = 0.1
date = "2026-11-01"
`), "/repo")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Gate{RequireSuite: true, PublishInconclusive: true}, cfg.Gate); diff != "" || cfg.Recorded != "answers" {
		t.Errorf("gate (-want +got), recorded %q\n%s", cfg.Recorded, diff)
	}
	cached := 0.1
	if diff := cmp.Diff(map[string]Price{"llama3": {Output: 0.5, Cached: &cached, Date: "2026-11-01"}}, cfg.Evaluation.Prices); diff != "" {
		t.Errorf("prices (-want +got)\n%s", diff)
	}
	for model, want := range map[string]string{
		"gpt-4o": "openai", "claude-sonnet-4-5": "anthropic", "llama3": "local", "llama-big": "azure",
		"vendor/x-mini": "local", "vendor/x": "openai", "llama": "local", "lama": "openai",
	} {
		if got := cfg.Evaluation.Lookup(model).Name; got != want {
			t.Errorf("Lookup(%q) = %s, want %s", model, got, want)
		}
	}
	want := Endpoint{Name: "azure", Family: "azure", BaseURL: "https://acme.openai.azure.com", KeyEnv: "ACME_KEY", APIVersion: "2026-01-01", Headers: map[string]string{"X-Title": "Acme"}}
	if diff := cmp.Diff(want, cfg.Evaluation.Lookup("llama-big")); diff != "" {
		t.Errorf("azure (-want +got)\n%s", diff)
	}
}

func TestParseEvaluationFindings(t *testing.T) {
	for src, want := range map[string]string{
		`gate.on_inconclusive = "pass"`:                          `"stop" or "publish"`,
		`gate.require_suite = 1`:                                 "true or false",
		`gate.x = 1`:                                             `unknown key "x"`,
		`recorded = "../x"`:                                      "plain path",
		`endpoints.a.family = "gemini"`:                          `family is "gemini"`,
		`endpoints.a.base_url = "ftp://x"`:                       "not an http or https URL",
		`endpoints.a.base_url = "https://user:secret@x"`:         "contains credentials",
		`endpoints.azure = {}`:                                   "without base_url",
		`endpoints.a = {base_url = "http://x", concurrency = 0}`: "concurrency is 0",
		`endpoints.a.headers.Api-Key = "secret"`:                 "a key in Api-Key",
		`endpoints.a.headers."a b" = "secret"`:                   "no name of a header",
		`endpoints.a.headers.a = "secret\n"`:                     "cannot",
		`models."x" = "nowhere"`:                                 `no endpoint "nowhere"`,
		`prices.m = {input = 1}`:                                 "a price without output",
		`prices.m = {input = -1, output = 1}`:                    "input is no price",
		`prices.m = {input = "1", output = 1}`:                   "input is no price",
	} {
		_, err := Parse([]byte(src+"\n"+minimal), "/repo")
		var findings prompts.Findings
		if !errors.As(err, &findings) || len(findings) != 1 || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || findings[0].Line > 1 {
			t.Errorf("%s: %v\nwant one finding with %q", src, err, want)
		}
	}
}
