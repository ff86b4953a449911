package bundle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/prompts"
)

// feed is the body of GET /api/client/features. Members that this package does
// not name are kept inside a flag and dropped beside the flags: these are about
// one answer of the server.
type feed struct {
	version  int
	query    json.RawMessage
	segments []segment
	features []*feature
}

type segment struct {
	id  int
	raw json.RawMessage
}

type feature struct {
	Name       string `json:"name"`
	Strategies []struct {
		Parameters  map[string]any    `json:"parameters"`
		Constraints []json.RawMessage `json:"constraints"`
		Segments    []int             `json:"segments"`
		Variants    []struct {
			Payload struct{ Type, Value string } `json:"payload"`
		} `json:"variants"`
	} `json:"strategies"`
	Dependencies []struct {
		Feature string `json:"feature"`
	} `json:"dependencies"`

	raw json.RawMessage
}

func read(body []byte) (*feed, error) {
	var in struct {
		Version  int               `json:"version"`
		Query    json.RawMessage   `json:"query"`
		Segments []json.RawMessage `json:"segments"`
		Features []json.RawMessage `json:"features"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read feed: %w", err)
	}
	f := &feed{version: in.Version, query: in.Query}
	for _, raw := range in.Features {
		flag := &feature{raw: raw}
		if err := json.Unmarshal(raw, flag); err != nil {
			return nil, fmt.Errorf("read feed: flag %q: %w", flag.Name, err)
		}
		f.features = append(f.features, flag)
	}
	for _, raw := range in.Segments {
		var s struct {
			ID int `json:"id"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("read feed: segment: %w", err)
		}
		f.segments = append(f.segments, segment{s.ID, raw})
	}
	return f, nil
}

// isPrompt says whether a strategy has a role or a ref.
func (f *feature) isPrompt() bool {
	for _, s := range f.Strategies {
		if role := s.Parameters["promptflag"]; role == "stable" || role == "candidate" {
			return true
		}
		for _, v := range s.Variants {
			if _, err := prompts.ParseRef(v.Payload.Value); err == nil && v.Payload.Type == "string" {
				return true
			}
		}
	}
	return false
}

// served returns what the provider serves of f from a bundle: everything but
// candidates that are not for everybody.
func (f *feature) served(name string) (refs []prompts.Ref, err error) {
	stable := false
	var errs []error
	for i, s := range f.Strategies {
		role := s.Parameters["promptflag"]
		if role == "candidate" && (fmt.Sprint(s.Parameters["rollout"]) != "100" || len(s.Constraints)+len(s.Segments) > 0) {
			continue
		}
		for _, v := range s.Variants {
			ref, err := prompts.ParseRef(v.Payload.Value)
			switch {
			case err != nil && role == nil:
				continue // a person's variant that asks for no prompt
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: strategy %d: %w", name, i+1, err))
				continue
			case ref.Name != name:
				errs = append(errs, fmt.Errorf("%s: strategy %d names another prompt: %s", name, i+1, ref))
				continue
			}
			stable = stable || role == "stable"
			refs = append(refs, ref)
		}
	}
	if !stable && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: its flag has no stable version", name))
	}
	return refs, errors.Join(errs...)
}

// keep returns the feed of the chosen flags, their parents and segments, in an
// order and form that changes only when they do.
func (f *feed) keep(chosen map[string]*feature) ([]byte, error) {
	names := map[string]bool{}
	for _, flag := range chosen {
		names[flag.Name] = true
		for _, d := range flag.Dependencies {
			names[d.Feature] = true
		}
	}
	out := struct {
		Version  int               `json:"version"`
		Features []json.RawMessage `json:"features"`
		Segments []json.RawMessage `json:"segments,omitempty"`
		Query    json.RawMessage   `json:"query,omitempty"`
	}{Version: f.version, Query: f.query}
	sorted := slices.SortedFunc(slices.Values(f.features), func(a, b *feature) int { return cmp.Compare(a.Name, b.Name) })
	segments := map[int]bool{}
	for _, flag := range sorted {
		if !names[flag.Name] {
			continue
		}
		out.Features = append(out.Features, flag.raw)
		for _, s := range flag.Strategies {
			for _, id := range s.Segments {
				segments[id] = true
			}
		}
	}
	slices.SortFunc(f.segments, func(a, b segment) int { return cmp.Compare(a.id, b.id) })
	for _, s := range f.segments {
		if segments[s.id] {
			out.Segments = append(out.Segments, s.raw)
		}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("write feed: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("write feed: %w", err)
	}
	return indented.Bytes(), nil
}
