package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
)

// Input of Prepare.
type Input struct {
	Tree *prompts.Tree
	// Environments to publish to, in this order.
	Environments []config.Environment
	Targets      map[string]plan.Target // by environment name
	Origin       plan.Origin
	// Retry names the prompts whose hold ends.
	Retry []string
	// From is the environment that versions are promoted from to those that are
	// manual, for the hint; "" for none.
	From string
}

// readsAtOnce bounds the requests while preparing.
const readsAtOnce = 8

// Prepare reads the flags of every environment, and of what differs the flag
// itself and its records, and says what has to be done. It writes nothing.
func Prepare(ctx context.Context, in Input) (*plan.Plan, error) {
	for _, name := range in.Retry {
		if _, ok := in.Tree.Lookup(name); !ok {
			return nil, fmt.Errorf("--retry %s: there is no such prompt", name)
		}
	}
	p := &plan.Plan{}
	for _, env := range in.Environments {
		if err := in.environment(ctx, env, p); err != nil {
			return nil, fmt.Errorf("environment %s: %w", env.Name, err)
		}
	}
	return p, nil
}

func (in Input) environment(ctx context.Context, env config.Environment, p *plan.Plan) error {
	target := in.Targets[env.Name]
	all, err := target.Flags.Export(ctx)
	if err != nil {
		return err
	}
	definitions := in.Tree.Definitions()
	items := make([]plan.Item, len(definitions))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i, def := range definitions {
		head := in.head(ctx, def, env)
		if f, ok := all[head.Flag()]; ok {
			if item, ok := head.Settled(&f); ok {
				items[i] = item
				continue
			}
		}
		group.Go(func() (err error) {
			items[i], err = read(gctx, target.Flags, head)
			if err != nil {
				err = fmt.Errorf("%s: %w", head.Prompt, err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range items {
		in.manual(env, &items[i])
	}
	if err := limit(ctx, target.Flags, len(all), items); err != nil {
		return err
	}
	if err := in.purged(ctx, env, items); err != nil {
		return err
	}
	for i := range items {
		// Asked again while applying, when the records may have grown.
		items[i].Decide = func(f *flags.Flag) (plan.Item, error) {
			item, err := in.head(ctx, definitions[i], env).Decide(f)
			in.manual(env, &item)
			return item, err
		}
	}
	p.Items = append(p.Items, items...)
	orphans, err := in.orphans(ctx, env, all, items)
	p.Orphans = append(p.Orphans, orphans...)
	return err
}

func (in Input) head(ctx context.Context, def *prompts.Definition, env config.Environment) rollout.Head {
	name := def.Prompt.Name()
	history := sync.OnceValues(func() (rollout.History, error) {
		return rollout.ReadHistory(ctx, in.Targets[env.Name].Bucket, name, env.Name)
	})
	place := rollout.At(name, def, env, in.Origin, history)
	if env.Manual() {
		place.From = in.From
	}
	return rollout.Head{
		Place:       place,
		Version:     def.Prompt,
		Description: def.Description,
		Retry:       slices.Contains(in.Retry, name),
	}
}

// read decides on the flag itself.
func read(ctx context.Context, server plan.Flags, head rollout.Head) (plan.Item, error) {
	f, err := server.Read(ctx, head.Flag())
	switch {
	case errors.Is(err, flags.ErrArchived):
		revive := "revive it on the archive page of the flag server"
		if path := server.Document(); path != "" {
			revive = "set its archived to false in " + path
		}
		return head.Stopped("the flag "+head.Flag()+" is archived", revive+", or give the prompt another name"), nil
	case errors.Is(err, flags.ErrOtherProject):
		return head.Stopped("the flag "+head.Flag()+" belongs to another project",
			"set project in promptflag.toml, or a flag_prefix that makes the name unique"), nil
	case errors.Is(err, flags.ErrNotFound):
		return head.Decide(nil)
	case err != nil:
		return plan.Item{}, err
	}
	return head.Decide(&f)
}

// orphans finds the flags of ours whose prompt the tree does not have.
func (in Input) orphans(ctx context.Context, env config.Environment, all map[string]flags.Flag, items []plan.Item) ([]plan.Orphan, error) {
	var out []plan.Orphan
	for _, name := range sortedNames(all) {
		prompt, ok := strings.CutPrefix(name, env.FlagPrefix)
		if !ok {
			continue
		}
		if _, ok := in.Tree.Lookup(prompt); ok {
			continue
		}
		f := all[name]
		r := flags.Recognise(f, prompt, env.Name)
		o := plan.Orphan{Prompt: prompt, Environment: env.Name, Flag: name}
		o.Uncounted = in.Targets[env.Name].Flags.Document() != ""
		switch {
		case r.Stable != nil || r.Candidate != nil:
			o.Note = "its file is gone; the flag goes on serving " + liveText(plan.StateOf(&f, r))
			renamed, err := in.renamedTo(ctx, env, r, items)
			if err != nil {
				return nil, err
			}
			if renamed != "" {
				o.Note = fmt.Sprintf("renamed to %s; the flag goes on serving %s for services that ask for the old name", renamed, liveText(plan.StateOf(&f, r)))
			}
		case copied(r.Foreign, name):
			o.Note = "a copy of another prompt's flag: services that ask for it do not get a prompt"
		default:
			continue
		}
		out = append(out, o)
	}
	return out, nil
}

// copied reports whether strategies were made for another flag. Those made for
// this one, but not for a prompt of its name, are of another repository with
// another flag_prefix.
func copied(foreign []flags.Strategy, flag string) bool {
	return slices.ContainsFunc(foreign, func(s flags.Strategy) bool {
		return !strings.HasPrefix(s.Parameters[flags.ParamID], flag+"/")
	})
}

func liveText(s plan.State) string {
	if s.Stable == "" {
		return plan.Version(s.Candidate)
	}
	return plan.Version(s.Stable)
}

func sortedNames(all map[string]flags.Flag) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// renamedTo looks among the new prompts for one with the content of an
// orphan's stable version. It reads the orphan's blob only if there are new
// prompts at all; a blob that cannot be read just means that no rename is seen.
func (in Input) renamedTo(ctx context.Context, env config.Environment, r flags.Roles, items []plan.Item) (string, error) {
	if r.Stable == nil {
		return "", nil
	}
	ref, err := prompts.ParseRef(r.Stable.Ref())
	if err != nil {
		return "", nil
	}
	isNew := func(i plan.Item) bool { return i.Environment == env.Name && i.Kind == plan.Create }
	if !slices.ContainsFunc(items, isNew) {
		return "", nil
	}
	blob, err := in.Targets[env.Name].Bucket.Get(ctx, string(ref.Digest))
	if err != nil {
		return "", ctx.Err()
	}
	old, err := prompts.Decode(blob)
	if err != nil {
		return "", nil
	}
	for _, item := range items {
		if !isNew(item) {
			continue
		}
		def, _ := in.Tree.Lookup(item.Prompt)
		if def.MovedFrom == ref.Name || sameContent(def.Prompt, old) {
			return item.Prompt, nil
		}
	}
	return "", nil
}
