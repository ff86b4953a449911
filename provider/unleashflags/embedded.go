package unleashflags

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

// The embedded flags document: flags/<environment>.json, the format that the
// action writes. It keeps what the Admin API of a server keeps; project makes
// of it the feed that a server would give.

type document struct {
	Format      int               `json:"promptflagFlags"`
	Environment string            `json:"environment"`
	Revision    int               `json:"revision"`
	Features    []documentFeature `json:"features"`
	Segments    []wireSegment     `json:"segments"`
}

type documentFeature struct {
	Name         string             `json:"name"`
	Type         string             `json:"type"`
	Description  string             `json:"description"`
	Project      string             `json:"project"`
	Enabled      bool               `json:"enabled"`
	Archived     bool               `json:"archived"`
	Strategies   []documentStrategy `json:"strategies"`
	Dependencies []wireDependency   `json:"dependencies"`
}

type documentStrategy struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	SortOrder   int              `json:"sortOrder"`
	Disabled    bool             `json:"disabled"`
	Constraints []wireConstraint `json:"constraints"`
	Segments    []int            `json:"segments"`
	Parameters  map[string]any   `json:"parameters"`
	Variants    []wireVariant    `json:"variants"`
}

// The projection has every member that a server's feed has, so that the two
// can be compared.
type projection struct {
	Version  int                 `json:"version"`
	Features []projectedFeature  `json:"features"`
	Segments []wireSegment       `json:"segments,omitempty"`
	Query    wireQuery           `json:"query"`
	Meta     projectedRevisionID `json:"meta"`
}

type projectedRevisionID struct {
	RevisionID int `json:"revisionId"`
}

type projectedFeature struct {
	Name           string              `json:"name"`
	Type           string              `json:"type"`
	Enabled        bool                `json:"enabled"`
	Project        string              `json:"project"`
	Stale          bool                `json:"stale"`
	Strategies     []projectedStrategy `json:"strategies"`
	Variants       []wireVariant       `json:"variants"`
	Description    string              `json:"description"`
	ImpressionData bool                `json:"impressionData"`
	Dependencies   []wireDependency    `json:"dependencies,omitempty"`
}

type projectedStrategy struct {
	Name        string           `json:"name"`
	Constraints []wireConstraint `json:"constraints"`
	Parameters  map[string]any   `json:"parameters"`
	Variants    []wireVariant    `json:"variants"`
	Segments    []int            `json:"segments,omitempty"`
}

// project returns the body that a server would answer with: archived flags and
// disabled strategies are left out, strategies are in evaluation order and
// without id, title and order. An empty project means all of them.
func project(doc []byte, environment, project string) ([]byte, error) {
	var d document
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	switch {
	case d.Format != 1:
		return nil, fmt.Errorf("promptflagFlags is %d, this version reads 1", d.Format)
	case d.Environment != environment:
		return nil, fmt.Errorf("the document is about environment %q, not %q", d.Environment, environment)
	}
	out := projection{
		Version: 2, Features: []projectedFeature{}, Segments: d.Segments,
		Query: wireQuery{Environment: environment}, Meta: projectedRevisionID{d.Revision},
	}
	for _, f := range d.Features {
		if f.Archived || (project != "" && f.Project != project) {
			continue
		}
		out.Features = append(out.Features, f.project())
		if !slices.Contains(out.Query.Project, f.Project) {
			out.Query.Project = append(out.Query.Project, f.Project)
		}
	}
	return encode(out)
}

func (f *documentFeature) project() projectedFeature {
	slices.SortStableFunc(f.Strategies, func(a, b documentStrategy) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
	})
	out := projectedFeature{
		Name: f.Name, Type: f.Type, Enabled: f.Enabled, Project: f.Project, Description: f.Description,
		Strategies: []projectedStrategy{}, Variants: []wireVariant{}, Dependencies: f.Dependencies,
	}
	for _, s := range f.Strategies {
		if s.Disabled {
			continue
		}
		out.Strategies = append(out.Strategies, projectedStrategy{
			Name: s.Name, Constraints: orEmpty(s.Constraints), Parameters: s.Parameters,
			Variants: orEmpty(s.Variants), Segments: s.Segments,
		})
	}
	return out
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// readDocument returns the bytes of <dir>/<environment>.json.
func readDocument(dir, environment string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(environment + ".json")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file)
}

var errTooLarge = errors.New("larger than 64 MiB")
