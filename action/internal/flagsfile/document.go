package flagsfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// format is the version of the document that this package reads and writes.
const format = 1

// The document, member by member in the order in which it is written.

type document struct {
	Format      int               `json:"promptflagFlags"`
	Environment string            `json:"environment"`
	Revision    int64             `json:"revision"`
	Features    []*feature        `json:"features"`
	Segments    []json.RawMessage `json:"segments"`
}

type feature struct {
	Name         string            `json:"name"`
	Type         string            `json:"type"`
	Description  string            `json:"description"`
	Project      string            `json:"project"`
	Enabled      bool              `json:"enabled"`
	Archived     bool              `json:"archived"`
	Tags         []flags.Tag       `json:"tags"`
	Links        []link            `json:"links"`
	Strategies   []*strategy       `json:"strategies"`
	Dependencies []json.RawMessage `json:"dependencies,omitempty"`

	text    []byte // what encode writes for it; nil: not known yet
	changed bool   // since it was decoded
}

type link struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

// strategy is a flags.Strategy whose parameters are written in a fixed order.
type strategy struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	SortOrder   int               `json:"sortOrder"`
	Disabled    bool              `json:"disabled"`
	Constraints []json.RawMessage `json:"constraints"`
	Segments    []int             `json:"segments"`
	Parameters  parameters        `json:"parameters"`
	Variants    []flags.Variant   `json:"variants"`
}

// decode reads a document strictly. Errors have a position where there is one.
func decode(data []byte, environment string) (*document, error) {
	if err := checkStrict(data, document{}); err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, positioned(data, err)
	}
	switch {
	case d.Format != format:
		return nil, fmt.Errorf("promptflagFlags is %d, this version reads %d", d.Format, format)
	case d.Environment != environment:
		return nil, fmt.Errorf("the document is about environment %q, not %q", d.Environment, environment)
	}
	return &d, d.unique()
}

// unique finds names and ids that two things have; changing one of them would
// be a guess.
func (d *document) unique() error {
	names, ids := map[string]bool{}, map[string]bool{}
	for _, f := range d.Features {
		switch {
		case f == nil || f.Name == "":
			return fmt.Errorf("a feature has no name")
		case names[f.Name]:
			return fmt.Errorf("feature %s is there twice", f.Name)
		}
		names[f.Name] = true
		for _, s := range f.Strategies {
			switch {
			case s == nil || s.ID == "":
				return fmt.Errorf("a strategy of %s has no id", f.Name)
			case ids[s.ID]:
				return fmt.Errorf("strategy %s of %s is there twice", s.ID, f.Name)
			}
			ids[s.ID] = true
		}
	}
	return nil
}

// flag is the feature as callers know it. They may do with it what they like.
func (f *feature) flag() flags.Flag {
	own := f.clone()
	own.sort()
	out := flags.Flag{
		Name: f.Name, Type: f.Type, Project: f.Project, Enabled: f.Enabled,
		Tags: own.Tags, Strategies: make([]flags.Strategy, 0, len(own.Strategies)),
	}
	for _, s := range own.Strategies {
		for i, c := range s.Constraints {
			s.Constraints[i] = compact(c)
		}
		out.Strategies = append(out.Strategies, flags.Strategy{
			ID: s.ID, Name: s.Name, Title: s.Title, SortOrder: s.SortOrder, Disabled: s.Disabled,
			Constraints: s.Constraints, Segments: s.Segments, Parameters: s.Parameters, Variants: s.Variants,
		})
	}
	return out
}

// clone returns a feature that can be changed while others read f. The bytes of
// raw messages are never changed: they stay shared.
func (f *feature) clone() *feature {
	c := *f
	c.Tags, c.Links, c.Strategies = slices.Clone(f.Tags), slices.Clone(f.Links), slices.Clone(f.Strategies)
	for i, s := range c.Strategies {
		own := *s
		own.Constraints, own.Segments = slices.Clone(s.Constraints), slices.Clone(s.Segments)
		own.Parameters, own.Variants = maps.Clone(s.Parameters), slices.Clone(s.Variants)
		for j, v := range own.Variants {
			if v.Payload != nil {
				payload := *v.Payload
				own.Variants[j].Payload = &payload
			}
		}
		c.Strategies[i] = &own
	}
	return &c
}

// sort puts the strategies in the order in which they are evaluated.
func (f *feature) sort() {
	slices.SortStableFunc(f.Strategies, func(a, b *strategy) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
	})
}

// compact takes out the line breaks that the document has for people.
func compact(raw json.RawMessage) json.RawMessage {
	var buf bytes.Buffer
	if err := json.Compact(&buf, raw); err != nil {
		return raw
	}
	return buf.Bytes()
}

// parameters are the parameters of a strategy. Known ones are written first, in
// the order in which a person reads them, then the others by name.
type parameters map[string]string

var parameterOrder = [...]string{"groupId", "rollout", "stickiness", flags.ParamRole, flags.ParamID, flags.ParamPurged}

// MarshalJSON writes an object, also for nil.
func (p parameters) MarshalJSON() ([]byte, error) {
	var names []string
	for _, name := range parameterOrder {
		if _, ok := p[name]; ok {
			names = append(names, name)
		}
	}
	known := len(names)
	for name := range p {
		if !slices.Contains(parameterOrder[:], name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[known:])

	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	sep := byte('{')
	for _, name := range names {
		buf.WriteByte(sep)
		sep = ','
		for i, text := range [...]string{name, p[name]} {
			if i == 1 {
				buf.WriteByte(':')
			}
			if err := enc.Encode(text); err != nil {
				return nil, err
			}
		}
	}
	if len(names) == 0 {
		buf.WriteByte('{')
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}
