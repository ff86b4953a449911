package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/rollout"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// site is a flag server for the rules: the writer under test, and what people
// do in the server's UI that the writer cannot.
type site interface {
	flags(t *testing.T, environment string) plan.Flags
	archive(t *testing.T, flag string)
	clone(t *testing.T, flag, to string)
}

// lab plays the stories of the table on one site.
type lab struct {
	*testing.T
	ctx    context.Context
	site   site
	prefix string // of flag names, different for each row
	bucket *store.Bucket
	mu     sync.Mutex
	clock  time.Time
	files  fstest.MapFS // the tree
	runs   int
	server map[string]*counting
	last   *plan.Plan
	notes  config.Environment // settings that a story changed
}

func newLab(t *testing.T, s site, prefix string) *lab {
	l := &lab{
		T: t, ctx: t.Context(), site: s, prefix: prefix, bucket: store.New(store.NewMem()),
		clock: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC), files: fstest.MapFS{}, server: map[string]*counting{},
		notes: config.Environment{Percent: 10, Stickiness: "userId"},
	}
	for _, env := range []string{"development", "production"} {
		l.server[env] = &counting{Flags: s.flags(t, env), crashAfter: -1}
	}
	return l
}

func (l *lab) environments() []config.Environment {
	base := l.notes
	base.FlagPrefix = l.prefix
	dev, prod := base, base
	dev.Name, dev.Percent = "development", 100
	prod.Name = "production"
	return []config.Environment{dev, prod}
}

func (l *lab) targets() map[string]plan.Target {
	targets := map[string]plan.Target{}
	for name, s := range l.server {
		targets[name] = plan.Target{Flags: s, Bucket: l.bucket}
	}
	return targets
}

func (l *lab) origin() plan.Origin {
	l.runs++
	return plan.Origin{Commit: fmt.Sprintf("%012x", l.runs), Run: strconv.Itoa(l.runs), Subject: "change " + strconv.Itoa(l.runs), Tool: "test"}
}

func (l *lab) options(o plan.Origin) plan.Options {
	ids := 0
	return plan.Options{
		Targets: l.targets(), Origin: o,
		Now: func() time.Time {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.clock = l.clock.Add(time.Second)
			return l.clock
		},
		NewID: func() string {
			l.mu.Lock()
			defer l.mu.Unlock()
			ids++
			return fmt.Sprintf("%x%04x", l.runs+16, ids)
		},
	}
}

// publish runs once and returns the plan and what Apply said.
func (l *lab) publish(retry ...string) error {
	l.Helper()
	tree, err := prompts.Load(l.files, "prompts", nil)
	if err != nil {
		l.Fatal(err)
	}
	o := l.origin()
	l.last, err = Prepare(l.ctx, Input{
		Tree: tree, Environments: l.environments(), Targets: l.targets(), Origin: o, Retry: retry,
	})
	if err != nil {
		l.Fatal(err)
	}
	return plan.Apply(l.ctx, l.last, l.options(o))
}

// write puts version v of a prompt into the tree.
func (l *lab) write(prompt, v string) {
	l.files["prompts/"+prompt+".toml"] = &fstest.MapFile{Data: []byte(fmt.Sprintf("model = \"m\"\n[[messages]]\nrole = \"system\"\ncontent = %q\n", "text "+v))}
}

// command runs a day-two command of package rollout in production.
func (l *lab) command(prompt string, decide func(rollout.Place, *flags.Flag) (plan.Item, error)) error {
	l.Helper()
	env := l.environments()[1]
	history := func() (rollout.History, error) { return rollout.ReadHistory(l.ctx, l.bucket, prompt, env.Name) }
	o := l.origin()
	place := rollout.At(prompt, nil, env, o, history)
	f, err := l.server[env.Name].Read(l.ctx, place.Flag())
	if err != nil {
		l.Fatal(err)
	}
	item, err := decide(place, &f)
	if err != nil {
		l.Fatal(err)
	}
	l.last = &plan.Plan{Items: []plan.Item{item}}
	return plan.Apply(l.ctx, l.last, l.options(o))
}

// versionOf builds the prompt that write puts into the tree.
func (l *lab) versionOf(prompt, v string) *prompts.Prompt {
	l.Helper()
	other := &lab{T: l.T, files: fstest.MapFS{}}
	other.write(prompt, v)
	tree, err := prompts.Load(other.files, "prompts", nil)
	if err != nil {
		l.Fatal(err)
	}
	def, _ := tree.Lookup(prompt)
	return def.Prompt
}

// names of versions in expectations.
func (l *lab) short(prompt, ref string) string {
	if ref == "" {
		return "–"
	}
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		if l.versionOf(prompt, v).Ref().String() == ref {
			return v
		}
	}
	return ref
}

func (l *lab) state(prompt string, s plan.State) string {
	if !s.Exists {
		return "nothing"
	}
	out := "S=" + l.short(prompt, s.Stable)
	if s.StableDisabled {
		out += "(disabled)"
	}
	if s.Candidate != "" {
		out += fmt.Sprintf(" C=%s@%d", l.short(prompt, s.Candidate), s.Percent)
		if s.CandidateDisabled {
			out += "(disabled)"
		}
		if s.Constrained {
			out += "(some)"
		}
	}
	if !s.Enabled {
		out += " OFF"
	}
	return out
}

// planText is the last plan for a prompt in production.
func (l *lab) planText(prompt string) string {
	for _, i := range l.last.Items {
		if i.Prompt == prompt && i.Environment == "production" {
			if i.Problem != nil {
				return "stopped: " + strings.ReplaceAll(i.Problem.Message, l.prefix, "")
			}
			return string(i.Kind)
		}
	}
	for _, o := range l.last.Orphans {
		if o.Prompt == prompt && o.Environment == "production" {
			return "orphan: " + o.Note
		}
	}
	return "not in the plan"
}

// endText is what the flag says in production, people's strategies in order.
func (l *lab) endText(prompt string) string {
	l.Helper()
	f, err := l.server["production"].Flags.Read(l.ctx, l.prefix+prompt)
	switch {
	case errors.Is(err, flags.ErrNotFound):
		return "nothing"
	case errors.Is(err, flags.ErrArchived):
		return "archived"
	case err != nil:
		l.Fatal(err)
	}
	r := flags.Recognise(f, prompt, "production")
	out := l.state(prompt, plan.StateOf(&f, r))
	var order []string
	for _, s := range f.Strategies {
		switch {
		case r.Stable != nil && s.ID == r.Stable.ID:
			order = append(order, "S")
		case r.Candidate != nil && s.ID == r.Candidate.ID:
			order = append(order, "C")
		case slices.ContainsFunc(r.Leftovers, func(x flags.Strategy) bool { return x.ID == s.ID }):
			order = append(order, "leftover")
		case s.Parameters[flags.ParamRole] != "":
			order = append(order, "marked")
		case s.Title != "":
			order = append(order, strings.Fields(s.Title)[0])
		default:
			order = append(order, s.Name)
		}
	}
	if p := strings.Join(order, " "); p != "S" && p != "C S" {
		out += " [" + p + "]"
	}
	return out
}

// errCrash is what a killed process would have left behind.
var errCrash = errors.New("crash")

// counting counts the writes to a server, and can crash before one of them.
// It is a hand-made fake for one fault: the process dying between two writes.
type counting struct {
	plan.Flags

	mu         sync.Mutex
	writes     int
	reads      int
	crashAfter int // writes until the crash; -1: never
}

func (c *counting) read() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
}

func (c *counting) write() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashAfter == 0 {
		return errCrash
	}
	c.crashAfter--
	c.writes++
	return nil
}

func (c *counting) Export(ctx context.Context) (map[string]flags.Flag, error) {
	c.read()
	return c.Flags.Export(ctx)
}

func (c *counting) Read(ctx context.Context, flag string) (flags.Flag, error) {
	c.read()
	return c.Flags.Read(ctx, flag)
}

func (c *counting) Create(ctx context.Context, n flags.New) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Create(ctx, n)
}

func (c *counting) Add(ctx context.Context, flag string, s flags.Strategy) (string, error) {
	if err := c.write(); err != nil {
		return "", err
	}
	return c.Flags.Add(ctx, flag, s)
}

func (c *counting) Patch(ctx context.Context, flag, id string, p flags.Patch) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Patch(ctx, flag, id, p)
}

func (c *counting) Reorder(ctx context.Context, flag string, order map[string]int) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Reorder(ctx, flag, order)
}

func (c *counting) Delete(ctx context.Context, flag, id string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Delete(ctx, flag, id)
}

func (c *counting) Switch(ctx context.Context, flag string, on bool) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Switch(ctx, flag, on)
}

func (c *counting) Link(ctx context.Context, flag, url, title string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Flags.Link(ctx, flag, url, title)
}

// constraint is one that the server accepts.
var constraint = json.RawMessage(`{"contextName":"appName","operator":"IN","values":["beta"],"inverted":false,"caseInsensitive":false}`)
