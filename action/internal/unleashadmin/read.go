package unleashadmin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Ping checks that the server knows the token, the project and the
// environment.
func (c *Client) Ping(ctx context.Context) error {
	var project struct {
		Environments []struct {
			Environment string `json:"environment"`
		} `json:"environments"`
	}
	op := "look up project " + c.project
	if err := c.call(ctx, op, http.MethodGet, path("projects", c.project, "overview"), nil, &project); err != nil {
		return err
	}
	var names []string
	for _, e := range project.Environments {
		if e.Environment == c.environment {
			return nil
		}
		names = append(names, e.Environment)
	}
	return &Error{Op: op, Err: flags.ErrNotFound, Hint: "it has no environment " + c.environment + "; it has " + join(names)}
}

// export is the part of the export document that we read.
type export struct {
	Features []struct {
		Name    string `json:"name"`
		Type    string `json:"type"`
		Project string `json:"project"`
	} `json:"features"`
	Strategies []struct {
		Feature string `json:"featureName"`
		strategy
	} `json:"featureStrategies"`
	Environments []struct {
		Feature string `json:"featureName"`
		Enabled bool   `json:"enabled"`
	} `json:"featureEnvironments"`
	Tags []struct {
		Feature string `json:"featureName"`
		Type    string `json:"tagType"`
		Value   string `json:"tagValue"`
	} `json:"featureTags"`
}

// Export reads every flag of the project that is not archived, in one request.
// The strategies come in no order and without their sort order.
func (c *Client) Export(ctx context.Context) (map[string]flags.Flag, error) {
	var doc export
	// Reading by POST: repeating it is harmless, so a lost answer is asked again.
	body := map[string]any{"environment": c.environment, "project": c.project, "downloadFile": false}
	op := "read all flags of " + c.project
	err := c.call(ctx, op, http.MethodPost, "features-batch/export", body, &doc)
	if e := (*Error)(nil); errors.As(err, &e) && e.Status == 0 && ctx.Err() == nil {
		err = c.call(ctx, op, http.MethodPost, "features-batch/export", body, &doc)
	}
	if err != nil {
		return nil, err
	}
	all := make(map[string]flags.Flag, len(doc.Features))
	for _, f := range doc.Features {
		all[f.Name] = flags.Flag{Name: f.Name, Type: f.Type, Project: f.Project}
	}
	update := func(name string, change func(*flags.Flag)) {
		if f, ok := all[name]; ok {
			change(&f)
			all[name] = f
		}
	}
	for _, s := range doc.Strategies {
		update(s.Feature, func(f *flags.Flag) { f.Strategies = append(f.Strategies, s.value()) })
	}
	for _, e := range doc.Environments {
		update(e.Feature, func(f *flags.Flag) { f.Enabled = e.Enabled })
	}
	for _, t := range doc.Tags {
		update(t.Feature, func(f *flags.Flag) { f.Tags = append(f.Tags, flags.Tag{Type: t.Type, Value: t.Value}) })
	}
	return all, nil
}

// Read reads one flag, its strategies in evaluation order.
func (c *Client) Read(ctx context.Context, flag string) (flags.Flag, error) {
	var doc struct {
		Name         string `json:"name"`
		Type         string `json:"type"`
		Project      string `json:"project"`
		Archived     bool   `json:"archived"`
		Environments []struct {
			Name       string     `json:"name"`
			Enabled    bool       `json:"enabled"`
			Strategies []strategy `json:"strategies"`
		} `json:"environments"`
	}
	op := "read flag " + flag
	err := c.call(ctx, op, http.MethodGet, path("projects", c.project, "features", flag), nil, &doc)
	if errors.Is(err, flags.ErrNotFound) {
		return flags.Flag{}, c.whereElse(ctx, flag, err)
	}
	if err != nil {
		return flags.Flag{}, err
	}
	if doc.Archived {
		return flags.Flag{}, &Error{Op: op, Err: flags.ErrArchived}
	}
	if doc.Project != c.project {
		return flags.Flag{}, &Error{Op: op, Err: flags.ErrOtherProject, Hint: "it is in " + doc.Project}
	}
	f := flags.Flag{Name: doc.Name, Type: doc.Type, Project: doc.Project}
	for _, e := range doc.Environments {
		if e.Name != c.environment {
			continue
		}
		f.Enabled = e.Enabled
		for _, s := range e.Strategies {
			f.Strategies = append(f.Strategies, s.value())
		}
		// First match wins; equal orders are settled by age, which ids follow.
		slices.SortStableFunc(f.Strategies, func(a, b flags.Strategy) int {
			return cmp.Or(a.SortOrder-b.SortOrder, cmp.Compare(a.ID, b.ID))
		})
		return f, nil
	}
	return flags.Flag{}, &Error{Op: op, Err: errors.New("no such environment"), Hint: "the project has no environment " + c.environment + "; check promptflag.toml"}
}

// whereElse tells apart what the server answers alike: a flag that does not
// exist, and one that belongs to another project.
func (c *Client) whereElse(ctx context.Context, flag string, notFound error) error {
	var doc struct {
		Project  string `json:"project"`
		Archived bool   `json:"archived"`
	}
	err := c.call(ctx, "look for flag "+flag, http.MethodGet, path("features", flag), nil, &doc)
	switch {
	case errors.Is(err, flags.ErrNotFound):
		// The name of an archived flag is taken, too.
		return c.archivedOr(ctx, flag, notFound)
	case err != nil:
		return notFound
	case doc.Archived:
		return &Error{Op: "read flag " + flag, Err: flags.ErrArchived}
	case doc.Project != c.project:
		return &Error{Op: "read flag " + flag, Err: flags.ErrOtherProject, Hint: "it is in " + doc.Project}
	}
	return notFound
}

func (c *Client) archivedOr(ctx context.Context, flag string, notFound error) error {
	err := c.call(ctx, "validate the name "+flag, http.MethodPost, "features/validate", map[string]any{"name": flag, "projectId": c.project}, nil)
	if errors.Is(err, flags.ErrArchived) {
		return err
	}
	return notFound
}

// Exposures counts the evaluations of the last hour per variant.
func (c *Client) Exposures(ctx context.Context, flag string) (map[string]int64, error) {
	var doc struct {
		Data []struct {
			Environment string           `json:"environment"`
			Variants    map[string]int64 `json:"variants"`
		} `json:"data"`
	}
	err := c.call(ctx, "read metrics of "+flag, http.MethodGet, path("client-metrics", "features", flag, "raw")+"?hoursBack=1", nil, &doc)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, d := range doc.Data {
		if d.Environment == c.environment {
			for variant, n := range d.Variants {
				counts[variant] += n
			}
		}
	}
	return counts, nil
}

// strategy is the server's form.
type strategy struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Title       *string           `json:"title"`
	SortOrder   int               `json:"sortOrder"`
	Disabled    *bool             `json:"disabled"`
	Constraints []json.RawMessage `json:"constraints"`
	Segments    []int             `json:"segments"`
	Parameters  map[string]any    `json:"parameters"`
	Variants    []flags.Variant   `json:"variants"`
}

func (s strategy) value() flags.Strategy {
	out := flags.Strategy{
		ID: s.ID, Name: s.Name, SortOrder: s.SortOrder,
		Constraints: s.Constraints, Segments: s.Segments, Variants: s.Variants,
		Parameters: make(map[string]string, len(s.Parameters)),
	}
	if s.Title != nil {
		out.Title = *s.Title
	}
	if s.Disabled != nil {
		out.Disabled = *s.Disabled
	}
	for k, v := range s.Parameters {
		out.Parameters[k] = text(v)
	}
	return out
}
