package evalkit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Meter counts the calls of one run that are paid for and refuses those beyond a
// budget, and those to a model that cannot answer. It belongs between what reads
// records and the clients: what is recorded needs neither money nor a key. It may be
// used by several goroutines.
type Meter struct {
	cost   func(model string, u chat.Usage) (float64, bool)
	budget suite.Budget
	until  time.Time // zero: no limit
	now    func() time.Time

	models, embedders *breaker

	mu       sync.Mutex
	calls    int
	spent    float64
	reserved float64 // for calls under way, and for lost answers
	unpriced int
	longest  map[string]int // output tokens of the longest answer, by model
}

// NewMeter starts the clock of a budget. cost is as in Services; now may be nil.
func NewMeter(b suite.Budget, cost func(model string, u chat.Usage) (float64, bool), now func() time.Time) *Meter {
	if now == nil {
		now = time.Now
	}
	if cost == nil {
		cost = func(string, chat.Usage) (float64, bool) { return 0, false }
	}
	m := &Meter{cost: cost, budget: b, now: now, models: newBreaker(), embedders: newBreaker(), longest: map[string]int{}}
	if b.Minutes > 0 {
		m.until = now().Add(time.Duration(b.Minutes * float64(time.Minute)))
	}
	return m
}

// Spent is what was paid so far, in USD, how many calls were answered, and of
// how many of them the price is not known.
func (m *Meter) Spent() (usd float64, calls, unpriced int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent, m.calls, m.unpriced
}

// reserve sets aside what a call may cost at most: its size and the longest
// answer that is allowed or was seen. So calls at the same time do not pass the
// budget together.
func (m *Meter) reserve(model string, estimate chat.Usage) (usd float64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.until.IsZero() && !m.now().Before(m.until) {
		return 0, &chat.Error{Fault: chat.OverBudget, Err: fmt.Errorf("the %g minutes of the budget are over", m.budget.Minutes)}
	}
	if m.budget.USD <= 0 {
		return 0, nil
	}
	usd, known := m.cost(model, estimate)
	if !known {
		return 0, &chat.Error{Fault: chat.OverBudget, Err: fmt.Errorf("the price of %s is not known, so the budget of %g USD cannot be kept", model, m.budget.USD)}
	}
	if m.spent+m.reserved+usd > m.budget.USD {
		return 0, &chat.Error{Fault: chat.OverBudget, Err: fmt.Errorf("%.4g of %g USD are spent or set aside, and the next answer may cost %.2g", m.spent+m.reserved, m.budget.USD, usd)}
	}
	m.reserved += usd
	return usd, nil
}

// settle replaces what was reserved by what was paid. What a failed call cost
// nobody says; where it may have been something, each attempt stays reserved to
// the end of the run, so that the budget holds.
func (m *Meter) settle(model string, reserved float64, u chat.Usage, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reserved -= reserved
	if err != nil {
		m.reserved += reserved * float64(attemptsPaid(err))
		return
	}
	m.calls++
	m.longest[model] = max(m.longest[model], u.Output)
	usd, known := m.cost(model, u)
	if !known {
		m.unpriced++
		usd = reserved // the nearest to the truth that there is
	}
	m.spent += usd
}

// attemptsPaid is how many attempts of a failed call an endpoint may have on its
// bill: those of which the answer was cut off, was nonsense, or came too late. An
// answer that says no is free.
func attemptsPaid(err error) int {
	var e *chat.Error
	if !errors.As(err, &e) {
		return 0
	}
	switch e.Fault {
	case chat.Cut, chat.Malformed, chat.TimedOut, chat.OverBudget: // the last: ended by the minutes
		return max(1, e.Attempts)
	}
	return 0
}

// deadline bounds a call by the minutes of the budget.
func (m *Meter) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if m.until.IsZero() {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, m.until.Sub(m.now()), errTimeSpent)
}

var errTimeSpent = errors.New("the minutes of the budget are over")

// overTime turns the failure of a call that the budget ended into what it is.
func overTime(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errTimeSpent) {
		return &chat.Error{Fault: chat.OverBudget, Err: errTimeSpent}
	}
	return err
}

// Model calls next and counts.
func (m *Meter) Model(next chat.Model) chat.Model {
	return guardedModel{m.models, meteredModel{m, next}}
}

// Embedder calls next and counts.
func (m *Meter) Embedder(next chat.Embedder) chat.Embedder {
	return guardedEmbedder{m.embedders, meteredEmbedder{m, next}}
}

type meteredModel struct {
	*Meter
	next chat.Model
}

func (m meteredModel) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	reserved, err := m.reserve(r.Model, m.estimate(r))
	if err != nil {
		return chat.Response{}, err
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	a, err := m.next.Complete(ctx, r)
	err = overTime(ctx, err)
	m.settle(r.Model, reserved, a.Usage, err)
	return a, err
}

type meteredEmbedder struct {
	*Meter
	next chat.Embedder
}

func (m meteredEmbedder) Embed(ctx context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	u := chat.Usage{Known: true}
	for _, t := range r.Texts {
		u.Input += len(t)/3 + 1
	}
	reserved, err := m.reserve(r.Model, u)
	if err != nil {
		return chat.Embeddings{}, err
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	e, err := m.next.Embed(ctx, r)
	err = overTime(ctx, err)
	m.settle(r.Model, reserved, e.Usage, err)
	return e, err
}

// estimate is more than a call is expected to use: a token for every three
// bytes, and the longest answer that max_tokens allows, or twice the longest so
// far, or 1,000 tokens.
func (m *Meter) estimate(r chat.Request) chat.Usage {
	u := chat.Usage{Known: true}
	for _, msg := range r.Messages {
		u.Input += len(msg.Content)/3 + 4
		for _, p := range msg.Parts {
			u.Input += len(p.Text)/3 + 1
			if p.Image != nil || p.File != nil {
				u.Input += 1000
			}
		}
	}
	for _, key := range []string{"max_completion_tokens", "max_tokens"} {
		if n, ok := r.Parameters[key].(float64); ok {
			u.Output = int(n)
			return u
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u.Output = max(1000, 2*m.longest[r.Model])
	return u
}
