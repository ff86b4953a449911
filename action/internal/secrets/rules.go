package secrets

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/zricethezav/gitleaks/v8/config"
)

//go:embed rules.toml
var ownRules string

// ruleFile is the format of gitleaks, of which rules.toml uses the same part
// and adds what. Extensions of files and lists of commits have no meaning here.
type ruleFile struct {
	Allowlist  allowlistText   // global, the older form
	Allowlists []allowlistText // global
	Rules      []ruleText
	Adapt      []adaptText // ours only: more allowlists for rules of gitleaks
}

type ruleText struct {
	ID          string
	What        string // ours only
	Regex       string
	Path        string
	Entropy     float64
	SecretGroup int
	Keywords    []string
	Ahead       bool // ours only: the keywords stand before the credential, not in it
	Allowlists  []allowlistText
}

type allowlistText struct {
	Condition   string
	RegexTarget string
	Regexes     []string
	StopWords   []string
	Paths       []string
}

type adaptText struct {
	Rule       string
	Allowlists []allowlistText
}

// rule is one compiled detector rule.
type rule struct {
	id, what string
	order    int            // own rules first, then gitleaks'; the first of overlapping rules wins
	re       *regexp.Regexp // the rule
	probe    *regexp.Regexp // matches wherever re does and is faster; nil means re
	group    int            // 0 means the first group that matched, or all
	entropy  float64
	keywords []string // lower case; none means every long word is looked at
	allow    []allowlist
	shape    shape
}

const (
	// ending is how gitleaks lets most tokens end: as in source code. In a
	// prompt a token is also the last word of a sentence, a clause or a
	// Markdown span.
	ending      = `(?:[\x60'"\s;]|\\[nr]|$)`
	proseEnding = `(?:[\x60'"\s;,.:!?)\]}<>|*&#“”‘’«»‹›。，、！？）」]|\\[nr]|$)`

	// lead takes the rest of a name before the part of it that matters. It may
	// be empty, so that leaving it out finds the same places, ten times faster.
	lead = `[\w.-]{0,50}?`

	// wordsAllowed is the allowlist by which gitleaks passes values of letters.
	wordsAllowed = `^[a-zA-Z_.-]+$`
	// wordsAllowedHere is how our rules do.
	wordsAllowedHere = `^[^0-9]*$`

	// generic is the rule that knows no format, only names like key and token.
	generic = "generic-api-key"
)

// loadRules reads our rules, then those of gitleaks, with the allowlists that
// hold for all of them. Rules that look at the name of a file are left out.
func loadRules() ([]*rule, []allowlist, error) {
	var own, theirs ruleFile
	if md, err := toml.Decode(ownRules, &own); err != nil {
		return nil, nil, fmt.Errorf("read own rules: %w", err)
	} else if undecoded := md.Undecoded(); len(undecoded) > 0 {
		return nil, nil, fmt.Errorf("read own rules: unknown key %s", undecoded[0])
	}
	if _, err := toml.Decode(config.DefaultConfig, &theirs); err != nil {
		return nil, nil, fmt.Errorf("read rules of gitleaks: %w", err)
	}
	if len(theirs.Rules) == 0 {
		return nil, nil, errors.New("read rules of gitleaks: no rules")
	}
	for _, a := range own.Adapt {
		i := slices.IndexFunc(theirs.Rules, func(r ruleText) bool { return r.ID == a.Rule })
		if i < 0 {
			return nil, nil, fmt.Errorf("adapt rule %s: no such rule of gitleaks", a.Rule)
		}
		theirs.Rules[i].Allowlists = slices.Concat(a.Allowlists, theirs.Rules[i].Allowlists) // ours are faster
	}

	var rules []*rule
	for _, text := range slices.Concat(own.Rules, theirs.Rules) {
		if text.Path != "" || text.Regex == "" {
			continue
		}
		r, err := compile(text, len(rules))
		if err != nil {
			return nil, nil, fmt.Errorf("rule %s: %w", text.ID, err)
		}
		rules = append(rules, r)
	}
	global, err := compileAllowlists(slices.Concat(own.Allowlists, theirs.Allowlists, []allowlistText{theirs.Allowlist}))
	if err != nil {
		return nil, nil, fmt.Errorf("allowlist: %w", err)
	}
	return rules, global, nil
}

func compile(text ruleText, order int) (*rule, error) {
	r := &rule{id: text.ID, what: text.What, order: order, group: text.SecretGroup, entropy: text.Entropy}
	if r.what == "" {
		r.what = title(text.ID)
	}
	expr := text.Regex
	if text.ID != generic { // which knows no format: nothing then tells a value from a clause
		expr = strings.ReplaceAll(expr, ending, proseEnding)
	}
	var err error
	if r.re, err = regexp.Compile(expr); err != nil {
		return nil, err
	}
	if r.group > r.re.NumSubexp() {
		return nil, fmt.Errorf("secretGroup %d of %d", r.group, r.re.NumSubexp())
	}
	if short := strings.ReplaceAll(expr, lead, ""); short != expr {
		if r.probe, err = regexp.Compile(short); err != nil {
			return nil, err
		}
	}
	if r.allow, err = compileAllowlists(text.Allowlists); err != nil {
		return nil, err
	}
	for _, k := range text.Keywords {
		r.keywords = append(r.keywords, strings.ToLower(k))
	}
	if r.shape, err = shapeOf(expr); err != nil {
		return nil, err
	}
	r.shape.mixed, r.shape.digit = allows(text, wordsAllowed), allows(text, wordsAllowedHere)
	if text.Ahead || text.ID == generic {
		if r.shape.ahead, err = beforeGroup(strings.ReplaceAll(expr, lead, "")); err != nil {
			return nil, err
		}
		if r.shape.ahead <= 0 {
			return nil, errors.New("what stands before the group has no limit")
		}
		r.shape.slack = 0 // only a delimiter stands behind the group
	}
	return r, nil
}

// allows reports whether an allowlist of the rule passes all credentials that
// match this expression.
func allows(text ruleText, expr string) bool {
	return slices.ContainsFunc(text.Allowlists, func(a allowlistText) bool {
		return a.Condition == "" && a.RegexTarget == "" && slices.Contains(a.Regexes, expr)
	})
}

// title makes "Stripe access token" of stripe-access-token: rules of gitleaks
// have an id and a sentence, and a finding needs a noun.
func title(id string) string {
	spelled := map[string]string{
		"1password": "1Password", "ad": "AD", "api": "API", "aws": "AWS", "ca": "CA", "cicd": "CI/CD", "gcp": "GCP",
		"github": "GitHub", "gitlab": "GitLab", "huggingface": "Hugging Face", "id": "id", "jfrog": "JFrog",
		"jwt": "JSON web token", "launchdarkly": "LaunchDarkly", "linkedin": "LinkedIn", "npm": "npm", "oauth": "OAuth",
		"openai": "OpenAI", "pat": "personal access token", "personnal": "personal", "pypi": "PyPI", "sendgrid": "SendGrid",
		"tf": "Terraform", "url": "URL",
	}
	if id == generic {
		return "key, token or password"
	}
	words := strings.Split(id, "-")
	for i, w := range words {
		if s, ok := spelled[w]; ok {
			words[i] = s
		} else if i == 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}
