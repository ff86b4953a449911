package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/origin"
	"github.com/promptflag/promptflag/store"
)

// Result is what came of a check.
type Result string

// The results.
const (
	OK         Result = "ok"
	Warn       Result = "warn" // it works, or was not asked; somebody should look
	Fail       Result = "fail"
	CannotTell Result = "could not tell"
)

// Check is one thing that was looked at.
type Check struct {
	About        string   `json:"check"`                  // two or three words, the same in every run
	Environments []string `json:"environments,omitempty"` // of promptflag.toml; none: all of them
	Result       Result   `json:"result"`
	Found        string   `json:"found"`         // one line
	Fix          string   `json:"fix,omitempty"` // what to do; not empty unless the result is OK
}

// Input of Run. FS, Config, Getenv and Now are required.
type Input struct {
	FS           fs.FS // the prompts repository
	Config       *config.Config
	Environments []config.Environment // those to look at
	Getenv       func(string) string
	Now          func() time.Time
	// AdminToken and ClientToken are the tokens for an environment, and the
	// variable that they came from.
	AdminToken, ClientToken func(config.Environment) (token, variable string)
	// Bucket opens a bucket, which is closed again.
	Bucket func(ctx context.Context, url string) (*store.Bucket, error)
	// Finder and Checkout are about the repository; Top is the root of the
	// checkout, or FS without one.
	Finder   origin.Finder
	Checkout origin.Checkout
	Top      fs.FS
	// Below is the way from Top to FS, slash separated with a final slash; "" if
	// they are the same.
	Below string
	// Protection asks GitHub over this transport how a branch is protected; nil:
	// there is no token to ask with.
	Protection func(ctx context.Context, via http.RoundTripper, branch string) (github.Protection, error)
	// Transport carries the requests to flag servers; nil is the default one.
	Transport http.RoundTripper
	// ID names what is written, unique, lower-case hex.
	ID    string
	Write bool
	// Timeout of each group of checks; 0 is 20 s.
	Timeout time.Duration
}

// group is one part of the examination.
type group struct {
	about        string
	environments []string
	run          func(ctx context.Context) []Check
}

// Run looks at everything and returns what it found, in a fixed order.
func Run(ctx context.Context, in Input) []Check {
	if in.Timeout == 0 {
		in.Timeout = 20 * time.Second
	}
	d := &doctor{Input: in, clocks: &clocks{now: in.Now}}
	groups := d.groups()
	found := make([]chan []Check, len(groups))
	for i, g := range groups {
		found[i] = make(chan []Check, 1)
		go func() {
			ctx, cancel := context.WithTimeout(ctx, in.Timeout)
			defer cancel()
			found[i] <- g.run(ctx)
		}()
	}
	// A driver that does not heed its context is not waited for. The deadline is
	// one for all: whoever comes later in the list had as much time.
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), in.Timeout+grace)
	defer stop()
	all := []Check{d.configuration()}
	for i, g := range groups {
		for _, c := range d.wait(late, g, found[i]) {
			if c.Environments == nil {
				c.Environments = g.environments
			}
			all = append(all, c)
		}
	}
	return merged(append(all, d.clocks.checks()...))
}

// grace is for a group to say that its time is over.
const grace = 2 * time.Second

func (d *doctor) wait(late context.Context, g group, found <-chan []Check) []Check {
	select {
	case checks := <-found:
		return checks
	case <-late.Done():
	}
	select {
	case checks := <-found: // both: what was found counts
		return checks
	default:
		return one(g.about, CannotTell, "look whether it is up and reachable from here", "no answer within %s", d.Timeout)
	}
}

// merged says once what was found of several environments.
func merged(all []Check) (out []Check) {
	for _, c := range all {
		i := slices.IndexFunc(out, func(o Check) bool {
			return o.About == c.About && o.Result == c.Result && o.Found == c.Found && o.Fix == c.Fix
		})
		if i < 0 {
			out = append(out, c)
			continue
		}
		for _, e := range c.Environments {
			if !slices.Contains(out[i].Environments, e) {
				out[i].Environments = append(slices.Clone(out[i].Environments), e)
			}
		}
	}
	return out
}

// Worst is the result of all: Fail before CannotTell before Warn.
func Worst(all []Check) Result {
	worst := OK
	rank := map[Result]int{OK: 0, Warn: 1, CannotTell: 2, Fail: 3}
	for _, c := range all {
		if rank[c.Result] > rank[worst] {
			worst = c.Result
		}
	}
	return worst
}

type doctor struct {
	Input
	clocks *clocks
}

func (d *doctor) groups() []group {
	var groups []group
	for _, e := range d.Environments {
		name := []string{e.Name}
		if dir, ok := e.Embedded(); ok {
			groups = append(groups, group{"embedded flags", name, func(ctx context.Context) []Check { return d.embedded(ctx, e, dir) }})
			continue
		}
		groups = append(groups, group{"unleash", name, func(ctx context.Context) []Check { return d.unleash(ctx, e) }})
	}
	buckets := map[string]int{}
	for _, e := range d.Environments {
		if i, ok := buckets[e.Bucket]; ok {
			groups[i].environments = append(groups[i].environments, e.Name)
			continue
		}
		buckets[e.Bucket] = len(groups)
		groups = append(groups, group{"bucket", []string{e.Name}, func(ctx context.Context) []Check { return d.bucket(ctx, e.Bucket) }})
	}
	return append(groups,
		group{"git", nil, d.git},
		group{"branch protection", nil, d.protection},
		group{"workflow", nil, d.workflow},
		group{"code owners", nil, d.owners},
		group{"model keys", nil, d.models},
	)
}

func (d *doctor) configuration() Check {
	return Check{About: "configuration", Result: OK, Found: fmt.Sprintf("%s is valid, environments: %s", config.FileName, list(d.Config.Names()))}
}

// list joins names.
func list(names []string) string { return strings.Join(names, ", ") }

// one is a group that found one thing.
func one(about string, r Result, fix, format string, args ...any) []Check {
	return []Check{{About: about, Result: r, Found: fmt.Sprintf(format, args...), Fix: fix}}
}
