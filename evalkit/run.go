package evalkit

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/stats"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Run asks every arm of the plan every case, and judges. A case that could not
// be asked or checked is an error in the Report and keeps the verdict from being
// pass; it is not an error of Run. That is one of the plan, of reading the
// cases, of writing the lines, or of ctx: then there is no Report, and what was
// paid for is with whoever records answers.
func Run(ctx context.Context, p Plan, s Services) (*Report, error) {
	arms, err := p.arms()
	if err != nil {
		return nil, err
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Cost == nil {
		s.Cost = NewMeter(suite.Budget{}, nil, s.Now).cost
	}
	if s.Meter == nil { // else Model and Embedder call through it
		s.Meter = NewMeter(suite.Budget{}, nil, s.Now)
		s.Model = guardedModel{s.Meter.models, s.Model}
		if s.Embedder != nil {
			s.Embedder = guardedEmbedder{s.Meter.embedders, s.Embedder}
		}
	}
	if s.Parallel <= 0 {
		s.Parallel = 32
	}
	r := &run{
		plan: p, services: s, arms: arms,
		lines: lineWriter{w: s.Lines}, tally: newTally(p.Suite, arms),
	}
	r.model = countingModel{s.Model, &r.recorded}
	r.judges = assert.Services{
		Judge: r.model, Judging: p.Suite.Judging, EmbeddingModel: p.Suite.Embeddings,
	}
	if s.Embedder != nil {
		r.judges.Embedder = countingEmbedder{s.Embedder, &r.recorded}
	}
	started := s.Now()
	if err := r.samples(ctx); err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", p.Suite.Prompt, err)
	}
	report := r.report()
	report.Started, report.Seconds = started.UTC(), s.Now().Sub(started).Seconds()
	return report, nil
}

// run is a Run under way.
type run struct {
	plan     Plan
	services Services
	arms     []*arm
	judges   assert.Services
	model    chat.Model
	lines    lineWriter
	tally    *tally
	recorded atomic.Int64
	extra    int // rounds after the first

	progress    sync.Mutex
	done, total int
}

// samples asks everybody once, and then those again whose answers could settle
// an undecided gate. All cases of such a gate are asked, and all its arms: to ask
// only those on which the arms disagreed would draw the difference towards zero
// (stats.TestSelectiveRepeatsAreBiased).
func (r *run) samples(ctx context.Context) error {
	s := r.plan.Suite
	r.total = s.Cases * len(r.arms) * max(1, s.Repeat)
	if err := r.round(ctx, 0, r.arms, nil); err != nil {
		return err
	}
	for r.extra < s.MaxRepeat-s.Repeat {
		j := r.judge()
		if !j.couldTell() {
			return nil
		}
		r.extra++
		if err := r.round(ctx, r.extra, j.concerned(), j.concerns); err != nil {
			return err
		}
	}
	return nil
}

// confidence is that of one look at the data: more samples are only asked for
// when the earlier ones did not tell, so each look gets its share of the error.
func (r *run) confidence() float64 {
	c := r.plan.Suite.Gate.Confidence
	if c == 0 {
		c = 0.95
	}
	return stats.LookConfidence(c, max(1, r.plan.Suite.MaxRepeat-r.plan.Suite.Repeat+1))
}

// round asks the arms the cases that are concerned, nil meaning all.
func (r *run) round(ctx context.Context, round int, arms []*arm, concerns func(index int) bool) error {
	whole := ctx
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.services.Parallel)
	index, asked := -1, 0
	var failed error
	for c, err := range r.plan.Suite.All() {
		if err != nil {
			failed = err
			break
		}
		// What was asked for is waited for: it is paid, and recorded when it comes.
		if failed = r.lines.failed(); failed != nil || ctx.Err() != nil {
			break
		}
		index++
		if concerns != nil && !concerns(index) {
			continue
		}
		first, n := 0, c.Repeat
		if round == 0 {
			r.lines.write(Line{Case: &CaseLine{ID: c.ID, Tags: c.Tags, Vars: c.Vars, File: c.File, Line: c.Line}})
			r.tally.begin(c)
		} else {
			if first, n = c.Repeat+round-1, 1; first >= r.plan.Suite.MaxRepeat {
				continue // it began with more than the others
			}
		}
		asked += n * len(arms)
		r.expect(asked)
		row := newRow(index, arms, n)
		for i, a := range arms {
			for k := range n {
				g.Go(func() error {
					sample := r.sample(ctx, a, c, first+k)
					if ctx.Err() != nil {
						return ctx.Err() // nobody will know that this one was broken off
					}
					r.lines.write(Line{Sample: &sample})
					row.samples[i][k] = sample
					if row.left.Add(-1) == 0 {
						r.tally.add(row)
					}
					r.step()
					return nil
				})
			}
		}
	}
	err := g.Wait()
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return err
	}
	// The cases that were asked may be all in order, and not all.
	return cmp.Or(r.lines.failed(), whole.Err())
}

// expect corrects the total of the progress for cases with repeats of their own
// and for further rounds.
func (r *run) expect(asked int) {
	r.progress.Lock()
	defer r.progress.Unlock()
	if r.extra > 0 || asked > r.total {
		r.total = max(r.total, r.done+1, asked)
	}
}

func (r *run) step() {
	r.progress.Lock()
	defer r.progress.Unlock()
	r.done++
	r.total = max(r.total, r.done)
	if r.services.Progress != nil {
		r.services.Progress(r.done, r.total)
	}
}

// row collects the samples of one case, so that they are added in their order
// and the same answers make the same sums.
type row struct {
	index   int
	arms    []*arm
	samples [][]Sample
	left    atomic.Int64
}

func newRow(index int, arms []*arm, repeat int) *row {
	r := &row{index: index, arms: arms, samples: make([][]Sample, len(arms))}
	for i := range arms {
		r.samples[i] = make([]Sample, repeat)
	}
	r.left.Store(int64(len(arms) * repeat))
	return r
}

// lineWriter writes lines of several goroutines and keeps the first error.
type lineWriter struct {
	w   io.Writer
	mu  sync.Mutex
	err error
}

func (l *lineWriter) write(line Line) {
	if l.w == nil {
		return
	}
	text, err := json.Marshal(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	if err == nil {
		_, err = l.w.Write(append(text, '\n'))
	}
	if err != nil {
		l.err = fmt.Errorf("write results: %w", err)
	}
}

func (l *lineWriter) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// report puts together what was found.
func (r *run) report() *Report {
	s := r.plan.Suite
	j := r.judge()
	spent, calls, unpriced := r.services.Meter.Spent()
	report := &Report{
		Schema: ReportSchema, Prompt: s.Prompt, Confidence: r.confidence(),
		Suite: Describe(s),
		Gates: j.gated(), Flips: r.tally.flips(r.arms),
		Spent: spent, Calls: calls, Unpriced: unpriced, Recorded: int(r.recorded.Load()),
	}
	report.Suite.Repeat += r.extra
	for i := range r.arms {
		report.Arms = append(report.Arms, r.tally.summary(i, r.arms, r.confidence()))
	}
	r.tally.trim()
	report.Problems = r.tally.problems
	report.Verdict, report.Reason = conclude(report.Gates)
	return report
}

// quantiles of values, which it sorts; nil for none.
func quantiles(values []float64) *Quantiles {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	at := func(p float64) float64 { // the smallest value that a share p does not exceed
		return values[max(0, int(math.Ceil(p*float64(len(values))))-1)]
	}
	return &Quantiles{
		Mean: sum / float64(len(values)), Min: values[0], P05: at(.05), P25: at(.25), P50: at(.5),
		P75: at(.75), P95: at(.95), Max: values[len(values)-1],
	}
}
