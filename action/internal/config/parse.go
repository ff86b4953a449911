package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// Load reads promptflag.toml from the root of a prompts repository. dir is
// that root as an absolute path, against which relative file: URLs are
// resolved. Everything wrong with the file is returned as one
// prompts.Findings.
func Load(fsys fs.FS, dir string) (*Config, error) {
	src, err := fs.ReadFile(fsys, FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no %s in %s: run promptflag in the root of a prompts repository, or name it with --directory", FileName, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", FileName, err)
	}
	return Parse(src, dir)
}

// Parse is Load for bytes.
func Parse(src []byte, dir string) (*Config, error) {
	doc, err := prompts.ReadDocument(FileName, src)
	if err != nil {
		return nil, err
	}
	r := &reader{Document: doc, dir: dir}
	cfg := r.config()
	if len(r.findings) > 0 {
		r.findings.Sort()
		return nil, r.findings
	}
	return cfg, nil
}

// reader walks the decoded document and collects findings.
type reader struct {
	*prompts.Document
	dir      string
	findings prompts.Findings
}

func (r *reader) config() *Config {
	doc := r.Values
	r.known(doc, nil, "prompts", "branch", "bucket", "recorded", "unleash", "check", "gate", "endpoints", "models", "prices", "environments",
		"require_approvals", "require_codeowner", "freeze", "notify", "retention")
	cfg := &Config{
		Prompts: r.text(doc, nil, "prompts", "prompts"),
		Branch:  r.text(doc, nil, "branch", "main"),
	}
	if !fs.ValidPath(cfg.Prompts) || strings.Contains(cfg.Prompts, `\`) {
		r.add([]string{"prompts"}, "the prompts folder must be a plain path below the root", `write it with / and without "..", for example "prompts"`)
	}
	unleash := r.table(doc, nil, "unleash")
	r.known(unleash, []string{"unleash"}, "url", "project", "flag_prefix")
	base := Environment{
		Percent: 5, Stickiness: "userId",
		Bucket:     r.text(doc, nil, "bucket", ""),
		UnleashURL: r.text(unleash, []string{"unleash"}, "url", ""),
		Project:    r.text(unleash, []string{"unleash"}, "project", "default"),
		FlagPrefix: r.text(unleash, []string{"unleash"}, "flag_prefix", ""),
	}
	r.urls(nil, "bucket", &base.Bucket, bucketSchemes)
	r.urls([]string{"unleash"}, "url", &base.UnleashURL, unleashSchemes)
	r.prefix([]string{"unleash"}, base.FlagPrefix)
	r.protection(doc, nil, &base)

	cfg.Recorded = r.text(doc, nil, "recorded", "recorded")
	if !fs.ValidPath(cfg.Recorded) || strings.Contains(cfg.Recorded, `\`) {
		r.add([]string{"recorded"}, "the folder of recorded answers must be a plain path below the root", `write it with / and without "..", for example "recorded"`)
	}
	cfg.Check = r.check(r.table(doc, nil, "check"))
	cfg.Gate = r.gate(r.table(doc, nil, "gate"))
	cfg.Evaluation = r.evaluation(doc)

	environments := r.table(doc, nil, "environments")
	for _, name := range r.inFileOrder(environments) {
		e := r.environment(environments, name, base)
		r.sameFlags(cfg.Environments, e)
		cfg.Environments = append(cfg.Environments, e)
	}
	r.somewhereToPromoteFrom(cfg.Environments)
	cfg.Notify = r.notify(doc, cfg)
	cfg.Retention = r.retention(r.table(doc, nil, "retention"))
	if len(environments) == 0 {
		r.add(nil, "no environment is configured", "add a table such as [environments.production] with percent = 5")
	}
	return cfg
}

// sameFlags reports an environment that would fight with another one over the
// same strategies.
func (r *reader) sameFlags(others []Environment, e Environment) {
	for _, o := range others {
		if e.UnleashURL != "" && o.UnleashURL == e.UnleashURL && o.UnleashEnvironment == e.UnleashEnvironment && o.Project == e.Project && o.FlagPrefix == e.FlagPrefix {
			r.add([]string{"environments", e.Name}, fmt.Sprintf("environments %s and %s are the same flags: environment %s of %s", o.Name, e.Name, e.UnleashEnvironment, e.UnleashURL),
				"give one of them another unleash.environment, project or flag_prefix")
		}
	}
}

// inFileOrder returns the names of the environments as the author ordered them.
func (r *reader) inFileOrder(environments map[string]any) []string {
	names := slices.Sorted(maps.Keys(environments))
	slices.SortStableFunc(names, func(a, b string) int {
		if r.Before([]string{"environments", a}, []string{"environments", b}) {
			return -1
		}
		return 1
	})
	return names
}

// environmentName is what Unleash accepts, and what a record key can hold.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`)

func (r *reader) environment(all map[string]any, name string, base Environment) Environment {
	at := []string{"environments", name}
	t := r.table(all, at[:1], name)
	r.known(t, at, "percent", "stickiness", "on_open_candidate", "bucket", "unleash",
		"publish", "require_approvals", "require_codeowner", "freeze")
	e := base
	e.Name = name
	if !environmentName.MatchString(name) {
		r.add(at, fmt.Sprintf("environment name %q is not URL-friendly", name), "use letters, digits, - _ . ~")
	}
	e.Percent = r.percent(t, at, base.Percent)
	e.Stickiness = r.text(t, at, "stickiness", base.Stickiness)
	switch v := r.text(t, at, "on_open_candidate", "replace"); v {
	case "replace":
	case "wait":
		e.Wait = true
	default:
		r.add(append(at, "on_open_candidate"), fmt.Sprintf("on_open_candidate is %q", v), `"replace" or "wait"`)
	}
	e.Publish = r.publishing(t, at)
	r.protection(t, at, &e)
	if bucket := r.text(t, at, "bucket", ""); bucket != "" {
		r.urls(at, "bucket", &bucket, bucketSchemes)
		e.Bucket = bucket
	}
	own := r.table(t, at, "unleash")
	inUnleash := append(slices.Clone(at), "unleash")
	r.known(own, inUnleash, "url", "environment", "project", "flag_prefix")
	if url := r.text(own, inUnleash, "url", ""); url != "" {
		r.urls(inUnleash, "url", &url, unleashSchemes)
		e.UnleashURL = url
	}
	e.UnleashEnvironment = r.text(own, inUnleash, "environment", name)
	e.Project = r.text(own, inUnleash, "project", base.Project)
	if _, ok := own["flag_prefix"]; ok {
		e.FlagPrefix = r.text(own, inUnleash, "flag_prefix", "")
		r.prefix(inUnleash, e.FlagPrefix)
	}
	if e.Bucket == "" {
		r.add(at, fmt.Sprintf("environment %s has no bucket", name), `set bucket = "s3://…" at the top of the file, or "file://.promptflag/bucket" to try it out`)
	}
	if e.UnleashURL == "" {
		r.add(at, fmt.Sprintf("environment %s has no flag server", name), `set url under [unleash], or "file://.promptflag/flags" to try it out`)
	}
	return e
}

var (
	bucketSchemes  = []string{"s3", "gs", "azblob", "file", "mem"}
	unleashSchemes = []string{"https", "http", "file"}
	prefixPattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]{0,50}$`)
)

func (r *reader) prefix(at []string, prefix string) {
	if !prefixPattern.MatchString(prefix) {
		r.add(append(slices.Clone(at), "flag_prefix"), fmt.Sprintf("flag_prefix %q would make flag names that Unleash refuses", prefix), "use letters, digits, - _ . ~")
	}
}

// urls checks a URL and makes a relative file: URL absolute.
func (r *reader) urls(at []string, key string, value *string, schemes []string) {
	if *value == "" {
		return
	}
	u, err := url.Parse(*value)
	path := append(slices.Clone(at), key)
	switch {
	case err != nil:
		r.add(path, key+" is not a URL", "")
	case !slices.Contains(schemes, u.Scheme):
		r.add(path, fmt.Sprintf("%s has the scheme %q", key, u.Scheme), "one of "+strings.Join(schemes, ", "))
	case u.User != nil:
		r.add(path, key+" contains credentials", "secrets come from environment variables, never from the file")
	default:
		*value = resolveFile(*value, r.dir)
	}
}

func (r *reader) percent(t map[string]any, at []string, def int) int {
	v, ok := t["percent"]
	if !ok {
		return def
	}
	n, ok := v.(int64)
	if !ok || n < 0 || n > 100 {
		r.add(append(slices.Clone(at), "percent"), fmt.Sprintf("percent is %v", v), "a whole number from 0 to 100; the flag server has no finer steps")
		return def
	}
	return int(n)
}

func (r *reader) text(t map[string]any, at []string, key, def string) string {
	v, ok := t[key]
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		r.add(append(slices.Clone(at), key), key+" must be a string", "")
		return def
	}
	return s
}

func (r *reader) table(t map[string]any, at []string, key string) map[string]any {
	v, ok := t[key]
	if !ok {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		r.add(append(slices.Clone(at), key), key+" must be a table", fmt.Sprintf("write [%s]", strings.Join(append(slices.Clone(at), key), ".")))
	}
	return m
}

// known reports every key that has no meaning here.
func (r *reader) known(t map[string]any, at []string, keys ...string) {
	for key := range t {
		if !slices.Contains(keys, key) {
			r.add(append(slices.Clone(at), key), fmt.Sprintf("unknown key %q", key), "known here: "+strings.Join(keys, ", "))
		}
	}
}

func (r *reader) add(key []string, message, hint string) {
	r.findings = append(r.findings, r.Finding(key, hint, "%s", message))
}
