package flagsfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// encode writes the document: features by name, strategies in evaluation order,
// no null where a list belongs. Features whose text is known are not encoded
// again. Those of d may be read by others meanwhile, d itself may not.
func (d *document) encode() ([]byte, error) {
	slices.SortFunc(d.Features, func(a, b *feature) int { return cmp.Compare(a.Name, b.Name) })
	d.Features, d.Segments = orEmpty(d.Features), orEmpty(d.Segments)
	size := 0
	for i, f := range d.Features {
		if f.text == nil {
			f = f.clone()
			if err := f.encode(); err != nil {
				return nil, err
			}
			d.Features[i] = f
		}
		size += len(f.text) + 1
	}

	frame := *d
	frame.Features = []*feature{}
	text, err := indented(frame)
	if err != nil || len(d.Features) == 0 {
		return text, err
	}
	// No text of JSON has a line break in it: this is the member and nothing else.
	head, tail, _ := bytes.Cut(text, []byte("\n  \"features\": []"))
	out := make([]byte, 0, len(text)+len(listEnd)+size)
	out = append(append(out, head...), "\n  \"features\": ["...)
	for i, f := range d.Features {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, f.text...)
	}
	return append(append(out, listEnd...), tail...), nil
}

const listEnd = "\n  ]"

// encode sets the text of a feature, from the line break before it.
func (f *feature) encode() error {
	f.sort()
	f.Tags, f.Links, f.Strategies = orEmpty(f.Tags), orEmpty(f.Links), orEmpty(f.Strategies)
	for _, s := range f.Strategies {
		s.Constraints, s.Segments, s.Variants = orEmpty(s.Constraints), orEmpty(s.Segments), orEmpty(s.Variants)
		if s.Parameters == nil {
			s.Parameters = parameters{}
		}
	}
	text, err := indented(struct { // as deep as it is in a document
		Features []*feature `json:"features"`
	}{[]*feature{f}})
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, []byte("{\n  \"features\": ["))
	f.text = bytes.Clone(bytes.TrimSuffix(text, []byte(listEnd+"\n}\n")))
	return nil
}

func indented(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
