package gc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// Youngest is the age below which nothing is deleted, whatever is asked for.
const Youngest = 24 * time.Hour

// Input of Run. All but Hold and Found is required.
type Input struct {
	Environments []config.Environment // all there are: what they do not name may go
	Targets      map[string]plan.Target
	Now          time.Time
	// OlderThan is the time to keep; less than a day counts as a day.
	OlderThan time.Duration
	// KeepVersions is how many versions of each prompt stay in any case.
	KeepVersions int
	// Delete what is found; else it is only listed.
	Delete bool
	// Hold is asked before each deletion; an error ends the run.
	Hold func(context.Context) error
	// Found is told what may go, in the order of keys, before it goes.
	Found func(Object)
}

// An Object may go.
type Object struct {
	Kind string    `json:"kind"` // blob, recorded, pr or lease
	Key  string    `json:"key"`
	Size int64     `json:"size"`
	Time time.Time `json:"time"` // when it was written
	// Environment is the first that uses the object's bucket.
	Environment string `json:"environment"`
}

// Count is about all objects of one kind.
type Count struct {
	Looked  int   `json:"looked"`
	Found   int   `json:"found"`
	Bytes   int64 `json:"bytes"` // of those found
	Deleted int   `json:"deleted"`
}

// Kinds of objects, in the order in which they are looked at.
var kinds = [...]struct{ name, place string }{
	{"blob", store.BlobObjects},
	{"recorded", store.RecordedObjects},
	{"pr", store.PullObjects},
	{"lease", store.LeaseObjects},
}

// Result is by kind.
type Result map[string]Count

// Total is about all kinds.
func (r Result) Total() (c Count) {
	for _, k := range r {
		c.Looked, c.Found, c.Bytes, c.Deleted = c.Looked+k.Looked, c.Found+k.Found, c.Bytes+k.Bytes, c.Deleted+k.Deleted
	}
	return c
}

// Run looks at every bucket of the environments. Memory grows with the versions
// that stay because somebody names them, and not with the objects there are. When
// a flag server or a bucket cannot be read nothing is deleted.
func Run(ctx context.Context, in Input) (Result, error) {
	named := map[string]bool{} // versions
	for _, env := range in.Environments {
		all, err := live.ReadNamed(ctx, env, in.Targets[env.Name].Flags)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", env.Name, err)
		}
		for _, n := range all {
			named[n.Ref.Version()] = true
		}
	}
	result := Result{}
	done := map[*store.Bucket]bool{}
	for _, env := range in.Environments {
		bucket := in.Targets[env.Name].Bucket
		if done[bucket] {
			continue
		}
		done[bucket] = true
		s := &sweep{Input: in, bucket: bucket, first: env.Name, result: result}
		var err error
		if s.keep, err = s.recorded(ctx); err != nil {
			return result, err
		}
		for version := range named {
			s.keep[version] = true
		}
		if err := s.run(ctx); err != nil {
			return result, err
		}
	}
	return result, nil
}

// sweep is the work on one bucket.
type sweep struct {
	Input
	bucket *store.Bucket
	first  string
	keep   map[string]bool // versions: the first digits of digests
	mu     sync.Mutex      // guards result while deleting
	result Result
}

// before is the moment before which something was written that may go.
func (s *sweep) before(age time.Duration) time.Time { return s.Now.Add(-max(age, Youngest)) }

// recorded lists the versions that records keep: those of the time to keep, those
// of operations that did not finish, and the newest of each prompt.
func (s *sweep) recorded(ctx context.Context) (map[string]bool, error) {
	keep := map[string]bool{}
	since := s.before(s.OlderThan)
	prompt, newest := "", []string(nil) // of the prompt that is being listed, the oldest first
	flush := func() {
		for _, v := range newest {
			keep[v] = true
		}
		newest = newest[:0]
	}
	for k, err := range s.bucket.OperationKeys(ctx, store.Period{}) {
		if err != nil {
			return nil, err
		}
		if k.Name != prompt {
			flush()
			prompt = k.Name
		}
		if k.Phase != store.Done || !k.Time.Before(since) {
			keep[k.Version] = true
		}
		newest = latest(newest, k.Version, s.KeepVersions)
	}
	flush()
	return keep, nil
}

// latest puts a version at the end of a list without repetitions, of which the
// last ones stay.
func latest(list []string, version string, most int) []string {
	for i, v := range list {
		if v == version {
			copy(list[i:], list[i+1:])
			list[len(list)-1] = version
			return list
		}
	}
	list = append(list, version)
	if len(list) > most {
		copy(list, list[1:])
		list = list[:most]
	}
	return list
}

// deletesAtOnce bounds the requests that delete.
const deletesAtOnce = 16

func (s *sweep) run(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(deletesAtOnce)
	err := s.find(gctx, func(o Object) {
		if s.Found != nil {
			s.Found(o)
		}
		if s.Delete {
			group.Go(func() error { return s.remove(gctx, o) })
		}
	})
	if broken := group.Wait(); broken != nil {
		return broken // err only says that the rest was given up
	}
	return err
}

func (s *sweep) remove(ctx context.Context, o Object) error {
	if s.Hold != nil {
		if err := s.Hold(ctx); err != nil {
			return err
		}
	}
	if err := s.bucket.Remove(ctx, o.Key); err != nil {
		return err
	}
	s.count(o.Kind, func(c *Count) { c.Deleted++ })
	return nil
}

func (s *sweep) count(kind string, change func(*Count)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.result[kind]
	change(&c)
	s.result[kind] = c
}

// find calls may with each object that may go.
func (s *sweep) find(ctx context.Context, may func(Object)) error {
	for _, kind := range kinds {
		newest := ""
		for o, err := range s.bucket.Objects(ctx, kind.place, "") {
			if err != nil {
				return errors.Join(err, ctx.Err())
			}
			var old bool
			switch kind.name {
			case "blob":
				old = s.unneeded(o)
			case "lease":
				old = !isNewest(o.Key, &newest) && o.ModTime.Before(s.before(0))
			default:
				old = o.ModTime.Before(s.before(s.OlderThan))
			}
			old = old && !o.ModTime.IsZero()
			s.count(kind.name, func(c *Count) {
				c.Looked++
				if old {
					c.Found, c.Bytes = c.Found+1, c.Bytes+o.Size
				}
			})
			if old {
				may(Object{Kind: kind.name, Key: o.Key, Size: o.Size, Time: o.ModTime.UTC(), Environment: s.first})
			}
		}
	}
	return nil
}

const versionDigits = 12

// unneeded: nothing keeps a blob. What is not named like one is none of ours.
func (s *sweep) unneeded(o store.Object) bool {
	digits := strings.TrimPrefix(o.Key, store.BlobObjects)
	return len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == "" &&
		!s.keep[digits[:versionDigits]] && o.ModTime.Before(s.before(s.OlderThan))
}

// isNewest reports whether an object belongs to the newest lease of its
// environment, which is the first that a listing has: numbers go on from it.
func isNewest(key string, newest *string) bool {
	lease := strings.TrimSuffix(strings.TrimSuffix(key, ".json"), ".done")
	environment := key[:strings.LastIndexByte(key, '/')+1]
	if !strings.HasPrefix(*newest, environment) || *newest == "" {
		*newest = lease
	}
	return lease == *newest
}
