package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
)

type listCmd struct {
	Tag    []string `placeholder:"TAG" help:"Only prompts with this tag; several: with all of them."`
	Owner  []string `placeholder:"OWNER" help:"Only prompts of this owner, with or without @; several: of any of them."`
	Status string   `enum:"deprecated,active," default:"" placeholder:"deprecated|active" help:"Only prompts that are deprecated, or that are not."`
	JSON   bool     `name:"json" help:"Print JSON."`
}

// listed is the JSON of one prompt.
type listed struct {
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Ref         string            `json:"ref"`
	Model       string            `json:"model"`
	Description string            `json:"description,omitempty"`
	Owners      []string          `json:"owners"`
	Tags        []string          `json:"tags"`
	File        string            `json:"file"`
	Deprecated  *listedDeprecated `json:"deprecated,omitempty"`
}

type listedDeprecated struct {
	Reason     string `json:"reason,omitempty"`
	ReplacedBy string `json:"replaced_by,omitempty"`
}

// Run lists what is good. What is not is a finding, and exit 1: the list lacks it.
func (c listCmd) Run(_ context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	tree, findings, err := s.sound(cfg)
	if err != nil {
		return err
	}
	list := []listed{}
	for _, d := range tree.Definitions() {
		if c.wants(d) {
			list = append(list, listedOf(d))
		}
	}
	if c.JSON {
		err = s.json(list)
	} else {
		err = s.printList(list)
	}
	if err != nil || len(findings) == 0 {
		return err
	}
	return findings
}

// sound are the prompts that have an artifact, for commands that publish
// nothing, and the findings that say why others have none. Those are annotated.
func (s *session) sound(cfg *config.Config) (*prompts.Tree, prompts.Findings, error) {
	report, err := s.check(cfg, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	findings := report.Tree.Findings().Errors()
	s.annotate(findings)
	return report.Tree, findings, nil
}

func (c listCmd) wants(d *prompts.Definition) bool {
	for _, tag := range c.Tag {
		if !slices.Contains(d.Tags, tag) {
			return false
		}
	}
	isOwner := func(o string) bool {
		return slices.ContainsFunc(d.Owners, func(have string) bool { return strings.TrimPrefix(have, "@") == strings.TrimPrefix(o, "@") })
	}
	if len(c.Owner) > 0 && !slices.ContainsFunc(c.Owner, isOwner) {
		return false
	}
	return c.Status == "" || (c.Status == "deprecated") == (d.Deprecated != nil)
}

func listedOf(d *prompts.Definition) listed {
	p := d.Prompt
	out := listed{
		Name: p.Name(), Version: p.Version(), Ref: p.Ref().String(), Model: p.Model(), Description: d.Description,
		Owners: append([]string{}, d.Owners...), Tags: append([]string{}, d.Tags...), File: d.File,
	}
	if d.Deprecated != nil {
		out.Deprecated = &listedDeprecated{d.Deprecated.Reason, d.Deprecated.ReplacedBy}
	}
	return out
}

func (s *session) printList(list []listed) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(s.Stdout, "no prompts")
		return err
	}
	w := tabwriter.NewWriter(s.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tVERSION\tMODEL\tOWNERS\tTAGS\tFILE")
	for _, l := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Version, cell(l.Model), cell(strings.Join(l.Owners, ",")), cell(strings.Join(l.Tags, ",")), cell(l.File))
	}
	return w.Flush()
}

// cell keeps what somebody wrote in one cell of one line.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
