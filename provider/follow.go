package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// goneFor is how long a prompt flag that vanished from the feed is answered
// with its last stable version.
const goneFor = 24 * time.Hour

// absent is a prompt flag that an earlier feed had.
type absent struct {
	answer *answer
	since  time.Time
}

// load is Handler.Load: it loads what f names and works out every answer, so
// that evaluation finds both the moment the source makes f visible.
func (r *run) load(ctx context.Context, f *Feed) (visible func()) {
	fetched := r.p.now()
	r.mu.Lock()
	prev := r.feed
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	r.p.loader.load(ctx, r.p.refs(f.Flags), false)
	r.settle(f.Set, f.Flags, prev)
	r.p.loader.trim()

	feed := make(map[string]*Flag, len(f.Flags))
	for _, flag := range f.Flags {
		feed[flag.Name] = flag
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := r.absentees(f.Set, feed, prev, fetched)
	if r.ctx.Err() == nil { // until f is visible the flags that come back stay too: an evaluation finds each here or there
		both := maps.Clone(gone)
		maps.Copy(both, r.p.goneFlags())
		r.p.gone.Store(&both)
	}
	return func() { r.visible(f.Set, feed, prev, gone, fetched) }
}

// refs returns what flags name and this provider is to load.
func (p *Provider) refs(flags []*Flag) (refs []prompts.Ref) {
	for _, f := range flags {
		name, selected := p.promptName(f.Name)
		if !selected {
			continue
		}
		for _, s := range f.Strategies {
			for _, v := range s.Variants {
				if ref, ok := v.ref(); ok && ref.Name == name {
					refs = append(refs, ref)
				}
			}
		}
	}
	return refs
}

// settle works out the answers of flags with what is in memory. prev is the
// feed before, for the last stable versions.
func (r *run) settle(set string, flags []*Flag, prev map[string]*Flag) {
	gone := r.p.goneFlags()
	for _, f := range flags {
		var last *prompts.Prompt
		if old := prev[f.Name]; old != nil {
			last = old.state.Load().last
		} else if a := gone[f.Name]; a != nil {
			last = a.answer.prompt
		}
		name, selected := r.p.promptName(f.Name)
		f.state.Store(answers(f, set, name, selected, last, r.p.loader))
	}
}

// visible is called when evaluation sees feed.
func (r *run) visible(set string, feed, prev map[string]*Flag, gone map[string]*absent, fetched time.Time) {
	p := r.p
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return // Shutdown came first
	}
	p.gone.Store(&gone)
	p.set.Store(&set)
	p.seen.Store(&fetched)
	first := r.feed == nil
	r.feed = feed
	if first {
		p.ready.Store(true)
		select {
		case <-r.first:
		default:
			close(r.first)
		}
		if !r.waiting { // Init gave up; otherwise the SDK emits READY when Init returns
			r.events.emit(openfeature.ProviderReady, "flags and prompts are loaded", nil, "")
		}
		return // troubles are announced at the next poll: the SDK forgets what it hears during Init
	}
	if changed := changes(prev, feed); len(changed) > 0 {
		r.events.emit(openfeature.ProviderConfigChange, "flags changed", changed, "")
	}
	r.announce()
}

// absentees returns the prompt flags that were there and are not in feed.
func (r *run) absentees(set string, feed, prev map[string]*Flag, now time.Time) map[string]*absent {
	out := map[string]*absent{}
	for name, a := range r.p.goneFlags() {
		if feed[name] == nil && now.Sub(a.since) <= goneFor {
			out[name] = a
		}
	}
	for name, old := range prev {
		if st := old.state.Load(); feed[name] == nil && st.last != nil {
			out[name] = &absent{staleAnswer(st.last, "", set), now}
		}
	}
	return out
}

func (p *Provider) goneFlags() map[string]*absent {
	if m := p.gone.Load(); m != nil {
		return *m
	}
	return nil
}

// changes returns the flags whose answer may differ between two feeds, sorted:
// defined otherwise, new, missing, or below a parent that is one of these.
func changes(prev, next map[string]*Flag) []string {
	changed := map[string]bool{}
	for name, f := range next {
		if old := prev[name]; old == nil || old.Fingerprint != f.Fingerprint {
			changed[name] = true
		}
	}
	for name := range prev {
		if next[name] == nil {
			changed[name] = true
		}
	}
	var children []string
	for name, f := range next { // Unleash has one level of parents
		if slices.ContainsFunc(f.Parents, func(parent string) bool { return changed[parent] }) {
			children = append(children, name)
		}
	}
	for _, name := range children {
		changed[name] = true
	}
	return slices.Sorted(maps.Keys(changed))
}

// current is Handler.Current.
func (r *run) current() {
	now := r.p.now()
	r.p.seen.Store(&now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.announce()
	for _, f := range r.feed {
		if f.state.Load().missing && !r.retrying && r.ctx.Err() == nil {
			r.retrying = true
			r.wg.Go(r.retry)
			return
		}
	}
}

// retry loads what the visible feed still misses.
func (r *run) retry() {
	ctx, cancel := context.WithTimeout(r.ctx, loadTimeout)
	defer cancel()
	r.mu.Lock()
	var flags []*Flag
	for _, f := range r.feed {
		if f.state.Load().missing {
			flags = append(flags, f)
		}
	}
	r.mu.Unlock()
	r.p.loader.load(ctx, r.p.refs(flags), true)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.retrying = false
	var changed []string
	for name, f := range r.feed {
		if before := f.state.Load(); before.missing {
			r.settle(*r.p.set.Load(), []*Flag{f}, r.feed)
			if f.state.Load().trouble != before.trouble {
				changed = append(changed, name)
			}
		}
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		r.events.emit(openfeature.ProviderConfigChange, "prompts were loaded", changed, "")
		r.announce()
	}
}

// failed is Handler.Failed.
func (r *run) failed(err error) {
	r.p.log.Warn("flags not refreshed", "error", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feed == nil && r.failure == nil {
		r.failure = err
		close(r.first)
	}
}

// announce emits one ERROR when flags got into trouble since the last one, and
// READY when the last of them got out. r.mu is held.
func (r *run) announce() {
	troubles := map[string]string{}
	for name, f := range r.feed {
		if st := f.state.Load(); st.trouble != "" && st.selected {
			troubles[name] = st.trouble
		}
	}
	for name := range r.p.goneFlags() {
		troubles[name] = "it vanished from the feed"
	}
	names := slices.Sorted(maps.Keys(troubles))
	if slices.Equal(names, r.troubled) {
		return
	}
	fresh := slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(r.troubled, name) })
	r.troubled = names
	if len(names) == 0 {
		r.events.emit(openfeature.ProviderReady, "every prompt flag is served as asked", nil, "")
	}
	if !fresh {
		return
	}
	message := fmt.Sprintf("prompt flag %q: %s", names[0], troubles[names[0]])
	if more := len(names) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	r.p.log.Error("prompt flags are not served as asked", "flags", names, "first", message)
	r.events.emit(openfeature.ProviderError, message, names, openfeature.GeneralCode)
}

// union returns the sorted set of both lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
