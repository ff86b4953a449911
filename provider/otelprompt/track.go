package otelprompt

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptflag/promptflag/prompts"
)

// Names of the tracking events that Track understands.
const (
	EventRun      = "promptflag.run"
	EventFeedback = "promptflag.feedback"
	EventScore    = "promptflag.score"
)

// Fields of tracking events.
const (
	fieldRun        = "run"
	fieldPrompt     = "prompt"
	fieldRole       = "role"
	fieldSet        = "set"
	fieldRating     = "rating"
	fieldName       = "name"
	fieldOutcome    = "outcome"
	fieldError      = "error_type"
	fieldIn         = "input_tokens"
	fieldOut        = "output_tokens"
	fieldFirstToken = "first_token_seconds"
	fieldCost       = "cost"
	fieldProvider   = "provider"
	fieldOperation  = "operation"
)

var _ openfeature.Tracker = (*Runs)(nil)

// Track counts OpenFeature tracking events in the same metrics, for code that
// knows only OpenFeature:
//
//	client.Track(ctx, "promptflag.feedback", caller,
//		openfeature.NewTrackingEventDetails(0).Add("run", token).Add("rating", "positive"))
//
//	event                value              fields
//	promptflag.feedback  -                  rating: positive or negative
//	promptflag.score     the score, 0 to 1  name
//	promptflag.run       seconds it took    outcome: success or error; with error error_type; if known input_tokens,
//	                                        output_tokens, first_token_seconds, cost, provider, operation
//
// What an event is about is its field run, a token as of Run.Token; or else its
// field prompt, a ref name@sha256:<hex>, with role and set if known; or else
// the prompt that ContextWithPrompt put into ctx. promptflag.run is a whole
// call that no Run counts, so it takes no token. Only with a token is a second
// event known as one.
//
// Other events are ignored, and so are those with a bad field: an event counts
// completely or not at all. The evaluation context is never read: no user id
// becomes an attribute. Track may be called by several goroutines.
func (r *Runs) Track(ctx context.Context, name string, _ openfeature.EvaluationContext, d openfeature.TrackingEventDetails) {
	var err error
	switch name {
	case EventFeedback:
		err = r.trackFeedback(ctx, d)
	case EventScore:
		err = r.trackScore(ctx, d)
	case EventRun:
		err = r.trackRun(ctx, d)
	}
	if err != nil {
		r.log.DebugContext(ctx, "tracking event ignored", "event", name, "error", err)
	}
}

func (r *Runs) trackFeedback(ctx context.Context, d openfeature.TrackingEventDetails) error {
	run, err := r.trackedRun(ctx, d)
	if err != nil {
		return err
	}
	rating, err := text(d, fieldRating)
	if err != nil {
		return err
	}
	return run.Feedback(Rating(rating))
}

func (r *Runs) trackScore(ctx context.Context, d openfeature.TrackingEventDetails) error {
	run, err := r.trackedRun(ctx, d)
	if err != nil {
		return err
	}
	name, err := text(d, fieldName)
	if err != nil {
		return err
	}
	return run.Score(name, d.Value())
}

// trackRun looks at all fields before it counts any.
func (r *Runs) trackRun(ctx context.Context, d openfeature.TrackingEventDetails) error {
	if d.Attribute(fieldRun) != nil {
		return errors.New("a run that has a token ends by itself")
	}
	about, err := readAbout(ctx, d)
	if err != nil {
		return err
	}
	call, err := readCall(d)
	if err != nil {
		return err
	}
	o := RunOptions{}
	if o.Provider, err = optionalText(d, fieldProvider); err != nil {
		return err
	}
	if o.Operation, err = optionalText(d, fieldOperation); err != nil {
		return err
	}
	if !about.here && !r.outside.admit(about.subject) {
		return r.outsideFull()
	}
	run := r.start(ctx, about.subject, about.model, o)
	var errs []error
	if call.in >= 0 || call.out >= 0 {
		errs = append(errs, run.Tokens(int64(call.in), int64(call.out)))
	}
	if call.firstToken >= 0 {
		errs = append(errs, run.firstToken(call.firstToken))
	}
	if call.cost >= 0 {
		errs = append(errs, run.Cost(call.cost))
	}
	return errors.Join(append(errs, run.end(call.failure, d.Value()))...)
}

// call is what promptflag.run says of one; -1 is not known.
type call struct {
	failure                   ErrorType // "" is success
	in, out, firstToken, cost float64
}

func readCall(d openfeature.TrackingEventDetails) (c call, err error) {
	outcome, err := text(d, fieldOutcome)
	if err != nil {
		return c, err
	}
	failure, err := optionalText(d, fieldError)
	if err != nil {
		return c, err
	}
	switch {
	case outcome == outcomeError:
		c.failure = ErrorType(failure).known()
	case outcome != outcomeSuccess:
		return c, fmt.Errorf("field %s: want success or error", fieldOutcome)
	case failure != "":
		return c, fmt.Errorf("field %s with the outcome success", fieldError)
	}
	if !measurable(d.Value()) {
		return c, errors.New("value: want seconds")
	}
	for _, f := range []struct {
		field string
		to    *float64
		whole bool
	}{{fieldIn, &c.in, true}, {fieldOut, &c.out, true}, {fieldFirstToken, &c.firstToken, false}, {fieldCost, &c.cost, false}} {
		*f.to = -1
		v := d.Attribute(f.field)
		if v == nil {
			continue
		}
		n, ok := number(v)
		if !ok || f.whole && (n != math.Trunc(n) || n > 1<<53) {
			return c, fmt.Errorf("field %s: want a number that is not negative", f.field)
		}
		*f.to = n
	}
	return c, nil
}

// trackedRun is what an event is about that adds to a run.
func (r *Runs) trackedRun(ctx context.Context, d openfeature.TrackingEventDetails) (*Run, error) {
	if d.Attribute(fieldRun) != nil {
		token, err := text(d, fieldRun)
		if err != nil {
			return nil, err
		}
		return r.resume(ctx, token)
	}
	about, err := readAbout(ctx, d)
	if err != nil {
		return nil, err
	}
	if !about.here && !r.outside.admit(about.subject) {
		return nil, r.outsideFull()
	}
	return &Run{runs: r, subject: about.subject, span: trace.SpanContextFromContext(ctx), resumed: true}, nil
}

// about is the prompt that an event without a token is about.
type about struct {
	subject subject
	model   string // known only of a prompt that is here
	here    bool   // it is the prompt in the context, not just a name
}

func readAbout(ctx context.Context, d openfeature.TrackingEventDetails) (a about, err error) {
	var o RunOptions
	if o.Role, err = optionalText(d, fieldRole); err != nil {
		return a, err
	}
	if o.Set, err = optionalText(d, fieldSet); err != nil {
		return a, err
	}
	p, ok := PromptFromContext(ctx)
	named := d.Attribute(fieldPrompt) != nil
	if !ok && !named {
		return a, fmt.Errorf("neither field %s or %s nor a prompt in the context", fieldRun, fieldPrompt)
	}
	if named {
		s, err := text(d, fieldPrompt)
		if err != nil {
			return a, err
		}
		ref, err := prompts.ParseRef(s)
		if err != nil {
			return a, fmt.Errorf("field %s: want name@sha256:<hex>", fieldPrompt)
		}
		if !ok || p.Ref() != ref {
			a.subject = subject{name: ref.Name, version: ref.Version()}.served(o)
			return a, nil
		}
	}
	return about{subject{name: p.Name(), version: p.Version()}.served(o), p.Model(), true}, nil
}

// text returns a field that must be there. Errors name the field only: what is
// in it may be anything.
func text(d openfeature.TrackingEventDetails, field string) (string, error) {
	if s, ok := d.Attribute(field).(string); ok {
		return s, nil
	}
	return "", fmt.Errorf("field %s: want a string", field)
}

func optionalText(d openfeature.TrackingEventDetails, field string) (string, error) {
	if d.Attribute(field) == nil {
		return "", nil
	}
	return text(d, field)
}

// number reads a number that is finite and not negative.
func number(v any) (n float64, ok bool) {
	switch v := v.(type) {
	case float64:
		n = v
	case float32:
		n = float64(v)
	case int:
		n = float64(v)
	case int32:
		n = float64(v)
	case int64:
		n = float64(v)
	default:
		return 0, false
	}
	return n, measurable(n)
}
