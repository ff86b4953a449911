// Package live says which versions of prompts have traffic, and how much: what
// callers rely on now. What OFF would serve counts, because a click is enough.
package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// Version is one version of a prompt that callers in one environment get, or
// would get when it is switched ON or OFF.
type Version struct {
	Environment string
	Ref         prompts.Ref
	Role        flags.Role      // "" for a strategy that a person made
	Title       string          // of such a strategy
	Percent     int             // of callers, 0 to 100; of those that match, when Constrained
	Constrained bool            // only callers that match constraints or segments
	On          bool            // the environment's switch
	Prompt      *prompts.Prompt // nil when the artifact could not be read, see Fault
	Fault       string
}

// Where is the version's place in words: "production, stable, 90 %".
func (v Version) Where() string {
	words := []string{v.Environment}
	switch {
	case v.Role != "":
		words = append(words, string(v.Role))
	case v.Title != "":
		words = append(words, fmt.Sprintf("strategy %q", v.Title))
	default:
		words = append(words, "a strategy of somebody")
	}
	switch {
	case !v.On && v.Role == flags.Stable:
		words = append(words, "OFF: everybody")
	case !v.On:
		words = append(words, fmt.Sprintf("OFF: %d %% when ON", v.Percent))
	case v.Percent == 0:
		words = append(words, "what OFF serves")
	case v.Constrained:
		words = append(words, fmt.Sprintf("%d %% of those who match", v.Percent))
	default:
		words = append(words, fmt.Sprintf("%d %%", v.Percent))
	}
	return strings.Join(words, ", ")
}

// readsAtOnce bounds the requests to a bucket.
const readsAtOnce = 16

// Read returns the live versions of one environment by prompt. It asks the flag
// server once, and the bucket for the versions of the prompts that are wanted; nil
// wants all.
func Read(ctx context.Context, env config.Environment, t plan.Target, wanted func(prompt string) bool) (map[string][]Version, error) {
	all, err := t.Flags.Export(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string][]Version{}
	for name, f := range all {
		prompt, ok := strings.CutPrefix(name, env.FlagPrefix)
		if ok && prompts.ValidName(prompt) == nil && (wanted == nil || wanted(prompt)) {
			if versions := of(f, prompt, env.Name); len(versions) > 0 {
				out[prompt] = versions
			}
		}
	}
	return out, fetch(ctx, out, t.Bucket)
}

// of lists the versions of one flag: ours by role, and what people's strategies serve.
func of(f flags.Flag, prompt, environment string) (out []Version) {
	r := flags.Recognise(f, prompt, environment)
	rest := 100
	add := func(s flags.Strategy, role flags.Role, percent int) {
		for _, v := range s.Variants {
			if v.Payload == nil || v.Payload.Type != "string" {
				continue
			}
			ref, err := prompts.ParseRef(v.Payload.Value)
			if err != nil || ref.Name != prompt {
				continue
			}
			out = append(out, Version{Environment: environment, Ref: ref, Role: role, Title: s.Title, Percent: percent, Constrained: s.Constrained(), On: f.Enabled})
		}
	}
	if c := r.Candidate; c != nil && !c.Disabled && c.Rollout() > 0 {
		add(*c, flags.Candidate, c.Rollout())
		if !c.Constrained() {
			rest = 100 - c.Rollout()
		}
	}
	if r.Stable != nil { // also a disabled one: OFF serves it
		add(*r.Stable, flags.Stable, rest)
	}
	for _, list := range [][]flags.Strategy{r.People, r.Foreign, r.Leftovers} {
		for _, s := range list {
			if !s.Disabled && s.Rollout() > 0 {
				add(s, "", s.Rollout())
			}
		}
	}
	for _, lost := range r.Lost {
		add(lost.Strategy, lost.Role, lost.Strategy.Rollout())
	}
	return out
}

// fetch reads each artifact once.
func fetch(ctx context.Context, all map[string][]Version, bucket *store.Bucket) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	type answer struct {
		prompt *prompts.Prompt
		fault  string
	}
	once := map[prompts.Digest]func() (answer, error){}
	for _, versions := range all {
		for i := range versions {
			v := &versions[i]
			read, ok := once[v.Ref.Digest]
			if !ok {
				ref := v.Ref
				read = sync.OnceValues(func() (a answer, err error) {
					a.prompt, a.fault, err = artifact(ctx, bucket, ref)
					return a, err
				})
				once[v.Ref.Digest] = read
			}
			group.Go(func() error {
				a, err := read()
				v.Prompt, v.Fault = a.prompt, a.fault
				return err
			})
		}
	}
	return group.Wait()
}

// artifact reads one version. That it is not there, or cannot be decoded, is a
// fault of the version; that the bucket does not answer is an error.
func artifact(ctx context.Context, bucket *store.Bucket, ref prompts.Ref) (*prompts.Prompt, string, error) {
	data, err := bucket.Get(ctx, string(ref.Digest))
	if errors.Is(err, store.ErrNotFound) {
		return nil, "it is not in the bucket", nil
	}
	if err != nil {
		return nil, "", err
	}
	p, err := prompts.DecodeOwned(data)
	if err != nil {
		return nil, err.Error(), nil
	}
	if p.Name() != ref.Name {
		return nil, fmt.Sprintf("the artifact is of the prompt %s", p.Name()), nil
	}
	return p, "", nil
}
