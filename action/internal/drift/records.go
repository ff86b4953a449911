package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// records compares what flags say with what was written down about it. The keys
// of a prompt's records are listed once for each bucket.
type records struct{ places []place }

// place is a prompt in an environment, with the keys of its records there,
// newest first.
type place struct {
	site *site
	ours
	keys   []store.RecordKey
	purged map[string]bool // of the bucket
}

func (r *records) add(s *site, o ours) { r.places = append(r.places, place{site: s, ours: o}) }

// listing is what a bucket has about a prompt.
type listing struct {
	bucket *store.Bucket
	prompt string
}

type listed struct {
	keys []store.RecordKey
	err  error
}

func (r *records) check(ctx context.Context, report *Report) {
	lists, purged := map[listing]*listed{}, map[*store.Bucket]map[string]bool{}
	var group errgroup.Group
	group.SetLimit(blobsAtOnce)
	for _, p := range r.places {
		l := listing{p.site.target.Bucket, p.prompt}
		if _, known := purged[l.bucket]; !known {
			list, err := l.bucket.Purged(ctx, "")
			if err != nil {
				report.unread(p.site.env.Name, "the tombstones", err)
			}
			purged[l.bucket] = list
		}
		if lists[l] != nil {
			continue
		}
		answer := &listed{}
		lists[l] = answer
		group.Go(func() error {
			answer.keys, answer.err = l.bucket.RecordKeys(ctx, l.prompt)
			return nil
		})
	}
	group.Wait()
	for _, p := range r.places {
		l := listing{p.site.target.Bucket, p.prompt}
		if err := lists[l].err; err != nil {
			report.unread(p.site.env.Name, "the records of "+p.prompt, err)
			continue
		}
		p.purged = purged[l.bucket]
		for _, k := range lists[l].keys {
			if k.Environment == p.site.env.Name {
				p.keys = append(p.keys, k)
			}
		}
		p.check(ctx)
	}
}

func (p place) check(ctx context.Context) {
	finished := p.unfinished(ctx)
	if st := p.roles.Stable; st != nil && p.newest(version(st), plan.StableActions()...) == nil && !finished[version(st)] {
		p.noRecord(flags.Stable, *st)
	}
	if c := p.roles.Candidate; c != nil {
		if p.newest(version(c)) == nil && !finished[version(c)] {
			p.noRecord(flags.Candidate, *c)
		}
		p.open(*c)
	}
	p.since()
	p.history(ctx)
	p.told(ctx)
}

// newest finds the newest finished operation about a version; no actions are all.
func (p place) newest(version string, actions ...plan.Action) *store.RecordKey {
	i := plan.Newest(p.keys, p.site.env.Name, version, actions...)
	if i < 0 {
		return nil
	}
	return &p.keys[i]
}

func (p place) noRecord(role flags.Role, s flags.Strategy) {
	mend := "no version here has one: look whether the bucket is the right one, or publish and promote a version from git"
	if slices.ContainsFunc(p.keys, func(k store.RecordKey) bool {
		return k.Phase == store.Done && k.Version != version(&s) && plan.Action(k.Action) != plan.ActionPurge
	}) {
		mend = "if nobody knows where it comes from: promptflag rollback " + p.prompt + " -e " + p.site.env.Name + " --to a version that has one"
	}
	p.site.add(NoRecord, p.ours, fmt.Sprintf("%s is %s, and no record says who did that", version(&s), role), "a finished record for every version that a flag serves", mend)
}

// open finds a candidate that is neither promoted nor taken back for too long.
func (p place) open(c flags.Strategy) {
	if c.Disabled || c.Rollout() >= 100 && !c.Constrained() || p.site.in.OpenFor <= 0 {
		return
	}
	k := p.newest(version(&c), plan.ActionCandidate)
	if k == nil {
		return
	}
	if age := p.site.in.Now.Sub(k.Time); age > p.site.in.OpenFor {
		p.site.add(CandidateOpen, p.ours, fmt.Sprintf("candidate %s is at %d %% for %d days", version(&c), c.Rollout(), int(age.Hours()/24)),
			fmt.Sprintf("a candidate is promoted or taken back within %d days", int(p.site.in.OpenFor.Hours()/24)),
			"promptflag promote, dial or rollback "+p.prompt+" -e "+p.site.env.Name)
	}
}

// since says in the finding that the environment is OFF who switched it off.
func (p place) since() {
	findings := p.site.report.Findings
	off := slices.IndexFunc(findings, func(f Finding) bool {
		return f.Kind == Off && f.Prompt == p.prompt && f.Environment == p.site.env.Name
	})
	if off < 0 {
		return
	}
	who := ", no record tells by whom"
	newest := true
	for _, k := range p.keys {
		if k.Phase != store.Done {
			continue
		}
		switch plan.Action(k.Action) {
		case plan.ActionOff:
			who = ", by promptflag off on " + wording.Moment(k.Time)
			if !newest { // somebody may have switched it since
				who = ", last switched off by promptflag off on " + wording.Moment(k.Time)
			}
		case plan.ActionOn, plan.ActionCreate:
		default:
			newest = false
			continue
		}
		break
	}
	findings[off].Is += who
}

// completable is an operation that happened and was not written down as done.
type completable struct {
	bucket  *store.Bucket
	records []store.Record
}

// unfinished finds operations that began, did not end, and were not followed by
// one that did. It returns the versions whose record is certain.
func (p place) unfinished(ctx context.Context) map[string]bool {
	certain := map[string]bool{}
	seen := map[string]bool{}
	for _, k := range p.keys {
		if k.Phase == store.Done && plan.Action(k.Action) != plan.ActionPurge {
			break // what is older was overtaken
		}
		if k.Phase != store.Intent || seen[k.ID] || p.site.in.Now.Sub(k.Time) < settling || p.done(k) {
			continue
		}
		seen[k.ID] = true
		group, err := p.group(ctx, k.ID)
		if err != nil {
			p.site.report.unread(p.site.env.Name, "a record of "+p.prompt, err)
			continue
		}
		is := fmt.Sprintf("%s of %s began on %s by %s and did not end", k.Action, k.Version, wording.Moment(k.Time), orNobody(group[0].Actor))
		if p.happened(group[0]) {
			f := p.site.add(Unfinished, p.ours, is+"; the flag says that all of it was done", "a done record", "promptflag drift --repair writes it")
			f.Repairable, f.repair = true, completable{p.site.target.Bucket, group}
			for _, r := range group {
				if ref, err := prompts.ParseRef(r.Ref); err == nil {
					certain[ref.Version()] = true
				}
			}
			continue
		}
		mend := "promptflag publish -e " + p.site.env.Name + " goes on where it stopped"
		if plan.Action(k.Action) == plan.ActionPurge {
			mend = "promptflag purge " + p.prompt + "@" + k.Version + " --reason … goes on where it stopped"
		}
		p.site.add(Unfinished, p.ours, is, "operations end, or are begun again", mend)
	}
	return certain
}

// done reports whether an intent has its done record.
func (p place) done(intent store.RecordKey) bool {
	return slices.ContainsFunc(p.keys, func(k store.RecordKey) bool {
		return k.Phase == store.Done && k.ID == intent.ID && k.Action == intent.Action && k.Version == intent.Version
	})
}

// group reads the intents of one operation.
func (p place) group(ctx context.Context, id string) (group []store.Record, err error) {
	for _, k := range p.keys {
		if k.ID != id || k.Phase != store.Intent || p.done(k) {
			continue
		}
		r, err := p.site.target.Bucket.Record(ctx, k)
		if err != nil {
			return nil, err
		}
		group = append(group, r)
	}
	return group, nil
}

// happened reports whether the flag is as an operation wanted to leave it, and
// was not so before: then nothing else can have brought it there.
func (p place) happened(r store.Record) bool {
	if r.After == nil || r.Before == nil {
		return false
	}
	return *plan.StateOf(&p.flag, p.roles).Record() == *r.After && *r.Before != *r.After
}

func orNobody(actor string) string {
	if actor == "" {
		return "somebody unknown"
	}
	return actor
}

// history asks git about the versions that are not those of the tree.
func (p place) history(ctx context.Context) {
	if p.site.in.History == nil {
		return
	}
	def, inTree := p.site.in.Tree.Lookup(p.prompt)
	for _, st := range []*flags.Strategy{p.roles.Stable, p.roles.Candidate} {
		if st == nil || inTree && def.Prompt.Ref().String() == st.Ref() {
			continue
		}
		at := plan.Came(p.keys, p.site.env.Name, version(st))
		if at < 0 {
			continue // no record says from which commit
		}
		record, err := p.site.target.Bucket.Record(ctx, p.keys[at])
		if err != nil {
			p.site.report.unread(p.site.env.Name, "a record of "+p.prompt, err)
			continue
		}
		if record.Commit == "" || strings.Trim(record.Commit, "0123456789abcdef") != "" {
			continue
		}
		in, err := p.site.in.History(ctx, record.Commit)
		switch {
		case err != nil:
			p.site.report.unread(p.site.env.Name, "whether the branch has the commit of "+p.prompt+" "+version(st), err)
		case !in:
			p.site.add(NotInHistory, p.ours, fmt.Sprintf("%s comes from the commit %.12s, which the branch does not have", version(st), record.Commit),
				"what is served was reviewed and merged", "promptflag publish -e "+p.site.env.Name+", or merge the commit")
		}
	}
}

// untold is what Repair tells services.
type untold struct {
	place   place
	digests []prompts.Digest
}

// told finds purged versions of this prompt that its flag does not name: services
// may have them in memory. Which prompt a tombstone is about is in the tombstone.
func (p place) told(ctx context.Context) {
	if len(p.purged) == 0 || p.roles.Stable == nil {
		return
	}
	named := flags.Purged(p.flag.Strategies)
	var missing []prompts.Digest
	for _, k := range p.keys { // a purge writes one for every environment
		if plan.Action(k.Action) != plan.ActionPurge || len(named) >= flags.MaxPurged {
			continue
		}
		for digest := range p.purged {
			d := prompts.Digest(digest)
			if d.Version() == k.Version && !slices.Contains(named, d) && !slices.Contains(missing, d) {
				missing = append(missing, d)
			}
		}
	}
	if len(missing) == 0 {
		return
	}
	f := p.site.add(PurgeNotTold, p.ours, fmt.Sprintf("%s was purged, and the flag does not say so", missing[0].Version()), "services are told to forget what was purged", "promptflag drift --repair tells them")
	f.Repairable, f.repair = true, untold{p, missing}
}
