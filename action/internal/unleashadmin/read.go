package unleashadmin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Ping checks that the server knows the token, the project and the
// environment. A token that may only read passes.
func (c *Client) Ping(ctx context.Context) error {
	var project struct {
		Environments []struct {
			Environment string `json:"environment"`
		} `json:"environments"`
	}
	r := request{op: "look up project " + c.project, method: http.MethodGet, path: path("projects", c.project, "overview")}
	if err := c.call(ctx, r, &project); err != nil {
		if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, flags.ErrNotFound) {
			e.Hint = "the server has no project " + c.project + ": check promptflag.toml"
		}
		return err
	}
	var names []string
	for _, e := range project.Environments {
		if e.Environment == c.environment {
			return nil
		}
		names = append(names, e.Environment)
	}
	return c.noEnvironment(r.op, names)
}

// noEnvironment says that the project lacks the environment; names are those
// that it has.
func (c *Client) noEnvironment(op string, names []string) error {
	hint := "project " + c.project + " has no environment " + c.environment
	if len(names) > 0 {
		hint += ", it has " + strings.Join(names, ", ")
	}
	return &Error{Op: op, Err: flags.ErrNotFound, Hint: hint + ": check promptflag.toml, or add it to the project"}
}

// Export reads every flag of the project that is not archived, in one request.
// The strategies come in no order and without their sort order.
func (c *Client) Export(ctx context.Context) (map[string]flags.Flag, error) {
	op := "read all flags of project " + c.project
	doc, err := c.export(ctx, op, map[string]any{"project": c.project})
	if err != nil {
		return nil, err
	}
	if len(doc.Features) > 0 && len(doc.Environments) == 0 {
		// For an environment that it does not have the server answers that all
		// flags are there and empty: that would be read as "publish them all".
		return nil, c.noEnvironment(op, nil)
	}
	all := make(map[string]flags.Flag, len(doc.Features))
	for _, f := range doc.Features {
		if !f.Archived {
			all[f.Name] = flags.Flag{Name: f.Name, Type: f.Type, Project: f.Project}
		}
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

// export asks for the flags that the selection names.
func (c *Client) export(ctx context.Context, op string, selection map[string]any) (export, error) {
	selection["environment"] = c.environment
	var doc export
	err := c.call(ctx, request{op: op, method: http.MethodPost, path: "features-batch/export", body: selection, again: true}, &doc)
	return doc, err
}

// Read reads one flag, its strategies in evaluation order. Tags are not read.
// Errors are flags.ErrNotFound, flags.ErrArchived, flags.ErrOtherProject.
func (c *Client) Read(ctx context.Context, flag string) (flags.Flag, error) {
	op := "read flag " + flag
	doc, err := c.feature(ctx, op, flag)
	if err != nil {
		return flags.Flag{}, err
	}
	var names []string
	for _, e := range doc.Environments {
		if e.Name != c.environment {
			names = append(names, e.Name)
			continue
		}
		f := flags.Flag{Name: doc.Name, Type: doc.Type, Project: doc.Project, Enabled: e.Enabled}
		for _, s := range e.Strategies {
			f.Strategies = append(f.Strategies, s.value())
		}
		inOrder(f.Strategies)
		return f, nil
	}
	return flags.Flag{}, c.noEnvironment(op, names)
}

// feature reads a flag of this project that is not archived.
func (c *Client) feature(ctx context.Context, op, flag string) (feature, error) {
	var doc feature
	err := c.call(ctx, request{op: op, method: http.MethodGet, path: c.flag(flag)}, &doc)
	if errors.Is(err, flags.ErrNotFound) {
		err = c.missing(ctx, op, flag, err)
	}
	return doc, err
}

// missing tells apart what the server answers alike: a flag that does not
// exist, one that is archived and one of another project. The export finds
// them all.
func (c *Client) missing(ctx context.Context, op, flag string, notFound error) error {
	doc, err := c.export(ctx, op, map[string]any{"features": []string{flag}})
	if err != nil {
		return err
	}
	for _, f := range doc.Features {
		switch {
		case f.Name != flag:
		case f.Project != c.project:
			return &Error{Op: op, Err: flags.ErrOtherProject, Hint: "the server has a flag of that name in project " + f.Project + ": choose another flag_prefix, or move the flag"}
		case f.Archived:
			return &Error{Op: op, Err: flags.ErrArchived, Hint: archivedHint}
		}
	}
	return notFound
}

// Exposures counts the evaluations of this hour and the one before per variant, as
// far as clients have reported them. No evaluations are an empty map.
func (c *Client) Exposures(ctx context.Context, flag string) (map[string]int64, error) {
	var doc struct {
		Data []struct {
			Environment string           `json:"environment"`
			Variants    map[string]int64 `json:"variants"`
		} `json:"data"`
	}
	// Counts have the time at which their hour began: one hour back there is nothing,
	// at a full hour, but of that moment.
	r := request{op: "read metrics of " + flag, method: http.MethodGet, path: path("client-metrics", "features", flag, "raw") + "?hoursBack=2"}
	if err := c.call(ctx, r, &doc); err != nil {
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
