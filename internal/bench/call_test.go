//go:build unix

package bench

import (
	"context"
	"fmt"
	"sync"

	"github.com/promptflag/promptflag/provider"
)

// Rounds of the costs: a turn takes some 10 ms.
const (
	rounds = 100
	ops    = 5000
)

// Room of the costs; the second is for the 10,000 prompts, whose collection
// takes longer than several turns.
const (
	room      = 128 << 20
	largeRoom = 512 << 20
)

// call prints what an ObjectValue costs: hit, targeting key and two attributes,
// a candidate at 10 % before the stable version, which the caller gets.
func call(ctx context.Context, r *Report, e engine) error {
	c := newCorpus(10)
	ours, err := e.open(ctx, c, providerOptions())
	if err != nil {
		return err
	}
	defer ours.close()
	if err := ours.check(ctx, c); err != nil {
		return err
	}
	return callOf(ctx, r, e.name, c, ours, Rounds{Clock: ProcessCPU, Count: rounds, Ops: ops})
}

// callOf is call for a service that is given.
func callOf(ctx context.Context, r *Report, engine string, c *corpus, ours *service, rounds Rounds) error {
	sdk, err := newTrivial(ctx, c)
	if err != nil {
		return err
	}
	defer sdk.close()
	raw, err := newRaw(c.feed())
	if err != nil {
		return err
	}
	defer raw.close()

	flag := c.flags[0]
	subject := ours.object(ctx, "ours", flag)
	objects, bytes := Allocs(2000, func() { subject.Run(1) })
	floor := []Subject{sdk.object(ctx, "sdk", flag), raw.variant("raw", flag, false)}
	small := rounds.Run(subject, floor[0], floor[1])
	defer Room(room)()
	costs := rounds.Run(subject, floor[0], floor[1], raw.variant("raw_context", flag, true))
	ratio := costs.Ratio("ours", "raw", "sdk")
	both := rounds.Run(parallel(subject), parallel(floor[0]), parallel(floor[1]))
	for name := range costs {
		note("%s: %.0f ns/op (%.0f to %.0f)", name, 1e9*Median(costs[name]), 1e9*Percentile(costs[name], 25), 1e9*Percentile(costs[name], 75))
	}
	note("ours / floor: %.3f (%.3f to %.3f)", Median(ratio), Percentile(ratio, 25), Percentile(ratio, 75))
	return printAll(r, "_"+engine, []value{
		{"object_value_allocs", float64(objects)},
		{"object_value_bytes", float64(bytes)},
		{"object_value_cpu", Median(ratio)},
		{"object_value_cpu_ns", 1e9 * Median(costs["ours"])},
		{"object_value_cpu_parallel", Median(both.Ratio("ours", "raw", "sdk"))},
	}, value{"object_value_cpu_" + engine + Stretch, Median(ratio)},
		value{"object_value_cpu_" + engine + "_small_heap", Median(small.Ratio("ours", "raw", "sdk"))},
		value{"object_value_cpu_" + engine + "_context_per_call", Median(costs.Ratio("ours", "raw_context", "sdk"))})
}

// value is one measured figure.
type value struct {
	name  string
	value float64
}

// printAll prints values, the first ones with a suffix to their names.
func printAll(r *Report, suffix string, suffixed []value, others ...value) error {
	for _, v := range suffixed {
		if err := r.Print(v.name+suffix, v.value); err != nil {
			return err
		}
	}
	for _, v := range others {
		if err := r.Print(v.name, v.value); err != nil {
			return err
		}
	}
	return nil
}

// parallel is s done by two goroutines at the same time, n times together.
func parallel(s Subject) Subject {
	return Subject{s.Name, func(n int) {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { s.Run(n / 2) })
		}
		wg.Wait()
	}}
}

// growth prints what a call costs with many prompts, as a multiple of the cost
// with ten. All of them are in memory at the same time.
func growth(ctx context.Context, r *Report, e engine) error {
	var subjects []Subject
	open := func(name string, n int, globs ...string) (*service, *corpus, error) {
		c, po := newCorpus(n), providerOptions()
		po.Prompts = globs
		s, err := e.open(ctx, c, po)
		if err != nil {
			return nil, nil, err
		}
		subjects = append(subjects, s.object(ctx, name, c.flags[0]))
		return s, c, nil
	}
	var large *service
	var corpora *corpus
	for _, w := range []struct {
		name  string
		n     int
		globs []string
	}{{"10", 10, nil}, {"1000", 1000, nil}, {"3_of_10000", 10000, three()}, {"10000", 10000, nil}} {
		s, c, err := open(w.name, w.n, w.globs...)
		if err != nil {
			return err
		}
		defer s.close()
		large, corpora = s, c
		note("%s prompts are open", w.name)
	}
	if err := large.check(ctx, corpora); err != nil {
		return err
	}
	subjects = append(subjects, inTurn(ctx, large, corpora))
	defer Room(largeRoom)()
	costs := Rounds{Clock: ProcessCPU, Count: rounds, Ops: ops}.Run(subjects...)
	var out []value
	for _, s := range subjects[1:] {
		ratio := costs.Ratio(s.Name, "10")
		note("%s: %.0f ns/op, %.3f (%.3f to %.3f)", s.Name, 1e9*Median(costs[s.Name]), Median(ratio), Percentile(ratio, 25), Percentile(ratio, 75))
		out = append(out, value{"growth_cpu_" + s.Name, Median(ratio)})
	}
	return printAll(r, "_"+e.name, out)
}

// three are the prompts that a service uses which uses few.
func three() []string { return []string{"support.p00000", "support.p0000[12]"} }

// inTurn is a subject that asks for another flag each time: what it costs more
// is what the machine's caches no longer hold.
func inTurn(ctx context.Context, s *service, c *corpus) Subject {
	next, ec := 0, caller()
	return Subject{"10000_all_in_turn", func(n int) {
		for range n {
			if v, err := s.client.ObjectValue(ctx, c.flags[next], nil, ec); v == nil || err != nil {
				panic(fmt.Sprintf("measured call of %s: %v, %v", c.flags[next], v, err))
			}
			next = (next + 7919) % len(c.flags) // a prime: no two neighbours
		}
	}}
}

var _ provider.Blobs = (*corpus)(nil)
