package check

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// sarifLog is the part of SARIF 2.1.0 that code scanning reads.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Short         sarifText   `json:"shortDescription"`
	Full          sarifText   `json:"fullDescription"`
	HelpURI       string      `json:"helpUri"`
	Configuration sarifConfig `json:"defaultConfiguration"`
}

type sarifConfig struct {
	Level prompts.Severity `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        prompts.Severity   `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind string `json:"kind"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

// SARIF writes findings as SARIF 2.1.0 for code scanning. prefix is the way from
// the root of the checkout to the prompts repository; version is the program's.
// What exceptions left out is there as suppressed.
func (r *Report) SARIF(w io.Writer, prefix, version string) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "promptflag", Version: version, InformationURI: "https://github.com/promptflag/promptflag", Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
	}
	index := map[string]int{}
	for i, rule := range Rules() {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Name: rule.Name, Short: sarifText{rule.Summary}, Full: sarifText{rule.Why}, HelpURI: Page(rule.ID), Configuration: sarifConfig{rule.Severity},
		})
	}
	add := func(f prompts.Finding, suppressions []sarifSuppression) {
		message := f.Message
		if f.Hint != "" {
			message += " (" + f.Hint + ")"
		}
		result := sarifResult{RuleID: f.Rule, RuleIndex: index[f.Rule], Level: f.Severity, Message: sarifText{message}, Suppressions: suppressions}
		place := sarifPhysical{Artifact: sarifArtifact{uri(prefix, f.File)}}
		if f.Line > 0 {
			place.Region = &sarifRegion{f.Line, f.Col}
		}
		result.Locations = []sarifLocation{{place}}
		run.Results = append(run.Results, result)
	}
	for _, f := range r.Findings {
		add(f, nil)
	}
	for _, f := range r.Ignored {
		add(f, []sarifSuppression{{"inSource"}})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// uri is a file as a relative reference: what is no letter, digit or mark of a
// path is escaped.
func uri(prefix, file string) string {
	var b strings.Builder
	for _, c := range []byte(strings.TrimPrefix(prefix+"/"+file, "/")) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/@+,=", c) >= 0:
			b.WriteByte(c)
		default:
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// Page is where a rule is explained.
func Page(rule string) string {
	return "https://github.com/promptflag/promptflag/blob/main/action/example/docs/rules.md#" + strings.ToLower(rule)
}
