package unleashflags_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
)

// soakCaller is one caller; id may be empty.
type soakCaller struct{ id, tenant string }

func (c soakCaller) context() openfeature.EvaluationContext {
	return openfeature.NewEvaluationContext(c.id, map[string]any{"tenantId": c.tenant})
}

type soakBucket interface {
	putter
	Get(ctx context.Context, digest string) ([]byte, error)
}

// soakFlag is a flag as the server has it.
type soakFlag struct {
	name   string
	plain  bool // it carries a number
	on     bool
	list   []*soakStrategy // in order of evaluation
	made   int             // versions of the prompt so far
	epochs []soakEpoch     // guarded by soakWorld.mu
}

type soakStrategy struct {
	id, role string
	order    int
	percent  int
	disabled bool
	segment  bool // for the tenants of the segment
	ref      prompts.Ref
	number   int // of the plain flag
}

// newSoakWorld makes three prompt flags, the first two with a strategy for a
// segment of tenants, and a plain one.
func newSoakWorld(r *realServer) *soakWorld {
	w := &soakWorld{
		realServer: r, bucket: newBucket(r.t), rand: rand.New(rand.NewPCG(1, 2)), changes: map[string]int{}, tenants: []string{"acme"},
	}
	for i := range 20 {
		w.callers = append(w.callers, soakCaller{fmt.Sprint("user-", i), []string{"acme", "globex", "initech"}[i%3]})
	}
	w.callers = append(w.callers, soakCaller{"", "acme"}, soakCaller{"", "globex"}, soakCaller{"user-0", ""})
	w.segment = r.segment("tenants", w.tenants...)
	for i, name := range []string{"soak.a", "soak.b", "soak.c"} {
		f := &soakFlag{name: name, on: true}
		if i < 2 {
			f.list = append(f.list, &soakStrategy{order: 10, percent: 100, segment: true, ref: w.version(f)})
		}
		f.list = append(f.list,
			&soakStrategy{role: "candidate", order: 500, percent: 25, ref: w.version(f)},
			&soakStrategy{role: "stable", order: 1000, percent: 100, ref: w.version(f)})
		w.flags = append(w.flags, f)
	}
	w.flags = append(w.flags, &soakFlag{name: "soak.limit", plain: true, on: true, list: []*soakStrategy{
		{order: 10, percent: 100, segment: true, number: 1}, {order: 20, percent: 100, number: 2},
	}})
	for _, f := range w.flags {
		var bodies []object
		for _, s := range f.list {
			bodies = append(bodies, w.body(f, s))
		}
		for i, id := range r.flag(f.name, bodies...) {
			f.list[i].id = id
		}
		f.epochs = []soakEpoch{{from: time.Now(), answers: w.answers(f), what: "made"}}
	}
	return w
}

func (w *soakWorld) version(f *soakFlag) prompts.Ref {
	f.made++
	return publish(w.t, w.bucket, f.name, fmt.Sprint(w.prefix, f.made))
}

// body is the strategy as the Admin API takes it.
func (w *soakWorld) body(f *soakFlag, s *soakStrategy) object {
	out := ours(s.role, s.order, s.percent, s.ref)
	if f.plain {
		out["parameters"].(object)["groupId"] = f.name
		out["variants"] = []any{variantOf("limit", "number", fmt.Sprint(s.number))}
	}
	if s.segment {
		out["segments"] = []any{w.segment}
	}
	return out
}

// answers is what the flag gives to each caller, by the rules of the server.
func (w *soakWorld) answers(f *soakFlag) (out []soakAnswer) {
	for _, c := range w.callers {
		a := soakAnswer{on: f.on}
		for _, s := range f.list {
			switch {
			case s.disabled || !f.on && s.role != "stable":
				continue
			case s.segment && !slices.Contains(w.tenants, c.tenant):
				continue
			case s.role == "candidate" && (c.id == "" || bucketOf(s.ref.Name, c.id) > uint32(s.percent)):
				continue
			}
			if a.value = s.ref.String(); f.plain {
				a.value = fmt.Sprint(s.number)
			}
			break
		}
		if a.value == "" { // the plain flag, OFF: the caller's default
			a.value = "-1"
		}
		out = append(out, a)
	}
	return out
}

// step makes one request to the Admin API. From when it is sent until it is
// acknowledged both definitions count.
func (w *soakWorld) step(what string, of []*soakFlag, request func()) {
	w.mu.Lock()
	begin := time.Now()
	for _, f := range of {
		f.epochs = append(f.epochs, soakEpoch{from: begin, answers: w.answers(f), what: what})
	}
	w.mu.Unlock()
	request()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes[what]++
	for _, f := range of {
		f.epochs[len(f.epochs)-2].until = time.Now()
	}
}

// change does one thing that release managers do.
func (w *soakWorld) change() {
	i := w.rand.IntN(len(w.flags) + 1)
	if i == len(w.flags) {
		w.members()
		return
	}
	f := w.flags[i]
	if f.plain {
		w.number(f)
		return
	}
	at := slices.IndexFunc(f.list, func(s *soakStrategy) bool { return s.role == "candidate" })
	candidate, stable := f.list[at], f.list[len(f.list)-1]
	one := []*soakFlag{f}
	switch w.rand.IntN(6) {
	case 0, 1:
		candidate.percent = []int{0, 5, 25, 50, 100}[w.rand.IntN(5)]
		w.step("dial", one, func() { w.set(f.name, candidate.id, "/parameters/rollout", fmt.Sprint(candidate.percent)) })
	case 2:
		candidate.disabled = !candidate.disabled
		what := map[bool]string{true: "kill", false: "revive"}[candidate.disabled]
		w.step(what, one, func() { w.set(f.name, candidate.id, "/disabled", candidate.disabled) })
	case 3:
		stable.ref = candidate.ref
		w.step("promote", one, func() {
			w.set(f.name, stable.id, "/variants/0/payload/value", stable.ref.String(), "/variants/0/name", stable.ref.Version())
		})
	case 4:
		f.on = !f.on
		what := map[bool]string{true: "ON", false: "OFF"}[f.on]
		w.step(what, one, func() { w.toggle(f.name, f.on) })
	case 5: // as the action does it: the new one before the old one, then the old one goes
		next := &soakStrategy{role: "candidate", order: candidate.order - 1, percent: 25, ref: w.version(f)}
		f.list = slices.Insert(f.list, at, next)
		w.step("new candidate", one, func() { next.id = w.add(f.name, w.body(f, next)) })
		f.list = slices.Delete(f.list, at+1, at+2)
		w.step("old candidate goes", one, func() { w.remove(f.name, candidate.id) })
	}
}

// members changes who is in the segment.
func (w *soakWorld) members() {
	all := []string{"acme", "globex", "initech"}
	w.tenants = all[w.rand.IntN(2) : 2+w.rand.IntN(2)]
	var users []*soakFlag
	for _, f := range w.flags {
		if slices.ContainsFunc(f.list, func(s *soakStrategy) bool { return s.segment }) {
			users = append(users, f)
		}
	}
	w.step("segment", users, func() { w.setSegment(w.segment, "tenants", w.tenants...) })
}

// number changes what the plain flag carries.
func (w *soakWorld) number(f *soakFlag) {
	s := f.list[w.rand.IntN(len(f.list))]
	s.number = 1000 + w.rand.IntN(1_000_000)
	w.step("number", []*soakFlag{f}, func() {
		w.set(f.name, s.id, "/variants/0/payload/value", fmt.Sprint(s.number))
	})
}
