package flagsfile

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Export returns every flag of the project that is not archived, by name.
func (f *File) Export(ctx context.Context) (map[string]flags.Flag, error) {
	d, err := f.read(ctx)
	if err != nil {
		return nil, f.wrap("read flags", err)
	}
	all := make(map[string]flags.Flag, len(d.Features))
	for _, x := range d.Features {
		if x.Project == f.project && !x.Archived {
			all[x.Name] = x.flag()
		}
	}
	return all, nil
}

// Read returns one flag, its strategies in evaluation order. Errors are
// flags.ErrNotFound, flags.ErrArchived, flags.ErrOtherProject.
func (f *File) Read(ctx context.Context, flag string) (flags.Flag, error) {
	d, err := f.read(ctx)
	if err == nil {
		var x *feature
		if x, err = f.find(d, flag); err == nil {
			return x.flag(), nil
		}
	}
	return flags.Flag{}, f.wrap("read flag", err)
}

// flagName is what a server takes as the name of a flag or variant.
var flagName = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,100}$`)

// Create makes a flag that is OFF and has no strategies. One that exists is left
// as it is. Errors are flags.ErrArchived, flags.ErrOtherProject.
func (f *File) Create(ctx context.Context, n flags.New) error {
	return f.update(ctx, "create flag", func(d *document) error {
		if !flagName.MatchString(n.Name) {
			return fmt.Errorf("flag %q: not a name (letters, digits and - . _ ~, at most 100)", n.Name)
		}
		if slices.ContainsFunc(d.Features, func(x *feature) bool { return x.Name == n.Name }) {
			if _, err := f.find(d, n.Name); err != nil {
				return err
			}
			return errUnchanged
		}
		d.Features = append(d.Features, &feature{
			Name: n.Name, Type: "kill-switch", Description: n.Description, Project: f.project,
			Tags: []flags.Tag{{Type: flags.TagType, Value: n.Prompt}}, changed: true,
		})
		return nil
	})
}

// Switch turns the environment of a flag ON or OFF. Turned ON without an enabled
// strategy it gets one for everybody, without a variant, as on a server.
func (f *File) Switch(ctx context.Context, flag string, on bool) error {
	return f.update(ctx, "switch flag", func(d *document) error {
		x, err := f.edit(d, flag)
		if err != nil {
			return err
		}
		if on && x.idle() {
			if _, err := f.add(d, x, flags.Strategy{Name: flags.StrategyName, SortOrder: x.nextOrder()}); err != nil {
				return err
			}
		} else if x.Enabled == on {
			return errUnchanged
		}
		x.Enabled = on
		return nil
	})
}

// idle reports that no strategy is enabled.
func (x *feature) idle() bool {
	return !slices.ContainsFunc(x.Strategies, func(s *strategy) bool { return !s.Disabled })
}

// nextOrder is the sort order of a strategy that goes last.
func (x *feature) nextOrder() int {
	next := 0
	for _, s := range x.Strategies {
		next = max(next, s.SortOrder+1)
	}
	return next
}

// Link adds a link to a flag, once for each url.
func (f *File) Link(ctx context.Context, flag, url, title string) error {
	return f.update(ctx, "link flag", func(d *document) error {
		x, err := f.edit(d, flag)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(x.Links, func(l link) bool { return l.URL == url }) {
			return errUnchanged
		}
		x.Links = append(x.Links, link{url, title})
		return nil
	})
}

// Exposures returns nil: nobody counts evaluations of the embedded document.
func (f *File) Exposures(ctx context.Context, _ string) (map[string]int64, error) {
	return nil, ctx.Err()
}

// FlagLimit is 0: a document takes any number of flags that fit into it.
func (f *File) FlagLimit(context.Context) (int, error) { return 0, nil }
