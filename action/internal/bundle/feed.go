package bundle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	id    int
	empty bool // it asks for nothing
	raw   json.RawMessage
}

type feature struct {
	Name         string     `json:"name"`
	Strategies   []strategy `json:"strategies"`
	Dependencies []struct {
		Feature string `json:"feature"`
	} `json:"dependencies"`

	raw        json.RawMessage
	unreadable error // why there is nothing but a name
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
	if in.Features == nil {
		return nil, errors.New("read feed: it has no list of features")
	}
	f := &feed{version: in.Version, query: in.Query}
	for _, raw := range in.Features {
		flag, err := readFeature(raw)
		if err != nil {
			return nil, fmt.Errorf("read feed: %w", err)
		}
		f.features = append(f.features, flag)
	}
	for _, raw := range in.Segments {
		var s struct {
			ID          int               `json:"id"`
			Constraints []json.RawMessage `json:"constraints"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("read feed: segment: %w", err)
		}
		f.segments = append(f.segments, segment{s.ID, len(s.Constraints) == 0, raw})
	}
	return f, nil
}

// readFeature reads one flag. Of one that is not what it should be there is left
// its name: the flags of others must not keep a service from its bundle.
func readFeature(raw json.RawMessage) (*feature, error) {
	flag := &feature{}
	if err := json.Unmarshal(raw, flag); err != nil {
		var rest struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(raw, &rest) // what it could read is in rest, error or not
		flag = &feature{Name: rest.Name, unreadable: err}
	}
	if flag.Name == "" {
		return nil, fmt.Errorf("%.60s is not a flag", raw)
	}
	flag.raw = raw
	return flag, nil
}

// emptySegments are the segments that ask for nothing.
func (f *feed) emptySegments() map[int]bool {
	out := map[int]bool{}
	for _, s := range f.segments {
		if s.empty {
			out[s.id] = true
		}
	}
	return out
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
