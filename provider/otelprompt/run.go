package otelprompt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// ErrRecorded is returned when a run has that already: the second call counts
// nothing.
var ErrRecorded = errors.New("already recorded for this run")

var (
	errNoPrompt = errors.New("run without a prompt")
	errResumed  = errors.New("a resumed run takes only feedback and scores")
	errEnded    = errors.New("the run has ended")
)

// Run is one call of a model. Each method counts at most once in the life of
// the run, Score once for each name; an error says why nothing was counted and
// may be ignored. A Run may be shared by goroutines. It needs no closing: what
// never ends stays counted as started only.
type Run struct {
	runs    *Runs // nil: without a prompt, counts nothing
	subject subject
	call    []attribute.KeyValue // for the metrics of the call; nobody writes to it
	span    trace.SpanContext
	started time.Time
	resumed bool

	mu     sync.Mutex
	id     string              // guarded by mu; "" until somebody wants a token
	done   slot                // guarded by mu
	scores map[string]struct{} // guarded by mu
}

// slot is a set of the things that count once.
type slot uint8

const (
	slotTokens slot = 1 << iota
	slotFirstToken
	slotCost
	slotEnd
	slotFeedback
)

// take fills s unless it or one of never is full.
func (r *Run) take(s, never slot) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.done&s != 0:
		return ErrRecorded
	case r.done&never != 0:
		return errEnded
	}
	r.done |= s
	return nil
}

// local refuses runs that were begun elsewhere.
func (r *Run) local() error {
	switch {
	case r.runs == nil:
		return errNoPrompt
	case r.resumed:
		return errResumed
	}
	return nil
}

// Tokens counts the tokens of the request and of the answer, as the model's
// server billed them. A negative number is not known and is not counted.
func (r *Run) Tokens(in, out int64) error {
	if err := r.local(); err != nil {
		return err
	}
	if in < 0 && out < 0 {
		return errors.New("neither number of tokens is known")
	}
	if err := r.take(slotTokens, 0); err != nil {
		return err
	}
	if in >= 0 {
		r.runs.tokens.Record(r.context(), in, r.withCall(keyToken.String("input")))
	}
	if out >= 0 {
		r.runs.tokens.Record(r.context(), out, r.withCall(keyToken.String("output")))
	}
	return nil
}

// FirstToken counts the time from Start to now: call it when the first piece of
// a streamed answer arrives, and not at all when the answer is not streamed.
func (r *Run) FirstToken() error {
	if err := r.local(); err != nil {
		return err
	}
	return r.firstToken(r.elapsed())
}

func (r *Run) firstToken(seconds float64) error {
	if !measurable(seconds) {
		return fmt.Errorf("time to first token: %v s", seconds)
	}
	if err := r.take(slotFirstToken, slotEnd); err != nil {
		return err
	}
	r.runs.firstToken.Record(r.context(), seconds, r.withCall())
	return nil
}

// Cost counts what the call cost, in whole units of Options.Currency. It is for
// calls whose price is known: without a call there is no point, and an unknown
// price never looks like a free call.
func (r *Run) Cost(amount float64) error {
	if err := r.local(); err != nil {
		return err
	}
	if !measurable(amount) {
		return fmt.Errorf("cost of %v", amount)
	}
	if err := r.take(slotCost, 0); err != nil {
		return err
	}
	r.runs.cost.Record(r.context(), amount, r.with(keyCurrency.String(r.runs.currency)))
	return nil
}

// Succeed ends the run: the answer can be used. It shares its slot with Fail,
// the first of them counts.
func (r *Run) Succeed() error {
	if err := r.local(); err != nil {
		return err
	}
	return r.end("", r.elapsed())
}

// Fail ends the run: the model gave nothing that can be used. A type that is
// none of the constants counts as Other. It shares its slot with Succeed, the
// first of them counts.
func (r *Run) Fail(t ErrorType) error {
	if err := r.local(); err != nil {
		return err
	}
	return r.end(t.known(), r.elapsed())
}

// end with an error of type failure, "" for none.
func (r *Run) end(failure ErrorType, seconds float64) error {
	if !measurable(seconds) {
		return fmt.Errorf("duration of %v s", seconds)
	}
	if err := r.take(slotEnd, 0); err != nil {
		return err
	}
	outcome, why := outcomeSuccess, []attribute.KeyValue(nil)
	if failure != "" {
		outcome, why = outcomeError, []attribute.KeyValue{keyError.String(string(failure))}
	}
	r.runs.duration.Record(r.context(), seconds, r.withCall(why...))
	r.runs.finished.Add(r.context(), 1, r.with(append(why, keyOutcome.String(outcome))...))
	return nil
}

// Feedback counts what a person said of the answer.
func (r *Run) Feedback(rating Rating) error {
	if r.runs == nil {
		return errNoPrompt
	}
	if rating != Positive && rating != Negative {
		return errors.New("feedback: want positive or negative")
	}
	if err := r.take(slotFeedback, 0); err != nil {
		return err
	}
	r.runs.feedback.Add(r.context(), 1, r.with(keyRating.String(string(rating))))
	return nil
}

// Score counts a judgement of the answer from 0, useless, to 1, perfect. Names
// are lower-case words, [a-z][a-z0-9_.-]* of at most 64 bytes, and at most 32
// in the life of the Runs.
func (r *Run) Score(name string, value float64) error {
	if r.runs == nil {
		return errNoPrompt
	}
	switch {
	case !wordPattern.MatchString(name):
		return errors.New("score: want a name of a-z, 0-9, _, . and -, at most 64 bytes")
	case !(value >= 0 && value <= 1):
		return fmt.Errorf("score %s: %v is not from 0 to 1", name, value)
	case !r.runs.scores.admit(name):
		return fmt.Errorf("score %s: there are %d other names already", name, maxScores)
	}
	r.mu.Lock()
	_, taken := r.scores[name]
	if !taken {
		if r.scores == nil {
			r.scores = map[string]struct{}{}
		}
		r.scores[name] = struct{}{}
	}
	r.mu.Unlock()
	if taken {
		return fmt.Errorf("score %s: %w", name, ErrRecorded)
	}
	r.runs.score.Record(r.context(), value, r.with(keyScore.String(name)))
	return nil
}

// measurable is every number that an amount or a time can be.
func measurable(n float64) bool { return n >= 0 && !math.IsInf(n, 0) }

// elapsed is in seconds, and never negative: an injected clock may go back.
func (r *Run) elapsed() float64 { return max(0, r.runs.now().Sub(r.started).Seconds()) }

// context carries the span of the run, for exemplars, and nothing else.
func (r *Run) context() context.Context {
	return trace.ContextWithSpanContext(context.Background(), r.span)
}

func (r *Run) with(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(r.subject.attributes(), more...)...))
}

func (r *Run) withCall(more ...attribute.KeyValue) metric.MeasurementOption {
	return r.with(append(more, r.call...)...)
}
