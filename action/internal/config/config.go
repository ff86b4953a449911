package config

import (
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// FileName is where the configuration is looked for, in the root of the
// prompts repository.
const FileName = "promptflag.toml"

// Config is a whole promptflag.toml with defaults filled in.
type Config struct {
	// Prompts is the folder with the definitions, slash separated, relative
	// to the root. Default "prompts".
	Prompts string
	// Branch is the branch whose head may publish. Default "main".
	Branch string
	// Environments are in the order of the file.
	Environments []Environment
	Check        Check
	Gate         Gate
	Evaluation   Evaluation
	// Recorded is the folder of answers of models that are kept in git, slash
	// separated, relative to the root. Default "recorded".
	Recorded string
	// Notify are the webhooks that are told what happened.
	Notify    []Webhook
	Retention Retention
}

// Check is [check]: what the team wants of every prompt.
type Check struct {
	// Names are patterns of prompt names, of which each prompt must match one:
	// * is any part of a segment, ** any number of segments. Empty means that
	// every name will do.
	Names []string
	// Severity overrides that of rules, by id. Rules that stand in the way of an
	// artifact cannot be overridden.
	Severity map[string]prompts.Severity
	Ignore   []Ignore
}

// Ignore is an exception from one rule.
type Ignore struct {
	Rule    string
	Prompts []string // patterns as in Check.Names; empty means all
	Reason  string
}

// Environment is one environment with everything it inherits.
type Environment struct {
	Name string
	// Percent of callers that get a new version first, 0 to 100. Default 5.
	Percent int
	// Stickiness is the context field that keeps a caller on one side of the
	// percentage. Default "userId".
	Stickiness string
	// Wait is on_open_candidate = "wait": a new version queues while another
	// one is being dialled up. The default replaces the open candidate.
	Wait bool
	// Publish is PublishMerge, the default, or PublishManual.
	Publish string
	// RequireApprovals is how many people other than the author must have
	// approved what is published. Default 0.
	RequireApprovals int
	// RequireCodeowner: somebody who owns each file that changed must have
	// approved. Default false.
	RequireCodeowner bool
	// Freeze are the windows in which nothing new goes out: those of the file,
	// then those of the environment.
	Freeze []Freeze

	Bucket             string // URL
	UnleashURL         string // http(s), or file: for the embedded document
	UnleashEnvironment string // name on the flag server; default Name
	Project            string // default "default"
	FlagPrefix         string
}

// Flag returns the name of the flag of a prompt.
func (e Environment) Flag(prompt string) string { return e.FlagPrefix + prompt }

// Embedded returns the folder of the flags documents if the environment uses
// the embedded default instead of a server.
func (e Environment) Embedded() (dir string, ok bool) {
	return filePath(e.UnleashURL)
}

// File is where the definition of a prompt is, or would be: a path below the root
// of the repository.
func (c *Config) File(fsys fs.FS, prompt string) (file string, exists bool) {
	return prompts.FileOf(fsys, c.Prompts, prompt, prompts.Extension)
}

// Lookup returns the environment of that name.
func (c *Config) Lookup(name string) (Environment, bool) {
	for _, e := range c.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// Names returns the names of all environments in file order.
func (c *Config) Names() []string {
	var names []string
	for _, e := range c.Environments {
		names = append(names, e.Name)
	}
	return names
}

// resolveFile makes a relative file: URL absolute to root, so that
// "file://.promptflag/bucket" may be written in a repository that others
// clone. Other URLs stay as they are.
func resolveFile(raw, root string) string {
	rest, ok := strings.CutPrefix(raw, "file:")
	if !ok || strings.HasPrefix(rest, "///") {
		return raw
	}
	rest = strings.TrimPrefix(rest, "//")
	path := filepath.ToSlash(rest)
	if !filepath.IsAbs(filepath.FromSlash(rest)) {
		path = filepath.ToSlash(filepath.Join(root, filepath.FromSlash(rest)))
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/x becomes /C:/x
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// filePath returns the local path of an absolute file: URL.
func filePath(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	path := u.Path
	if len(path) > 2 && path[0] == '/' && path[2] == ':' {
		path = path[1:]
	}
	return filepath.FromSlash(path), true
}
