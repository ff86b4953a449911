package evalkit

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/evalkit/suite"
)

// Faults of samples beside those of package chat.
const (
	faultRender    = "render"
	faultAssertion = "assertion"
)

// sample asks one arm one case once, and checks the answer.
func (r *run) sample(ctx context.Context, a *arm, c *suite.Case, repeat int) Sample {
	s := Sample{Case: c.ID, Arm: a.ID, Repeat: repeat}
	messages, err := a.renderer.render(c)
	if err != nil {
		s.Fault, s.Error = faultRender, err.Error()
		return s
	}
	request := chat.Request{
		Model: a.Model, Parameters: a.parameters, Messages: messages, Tools: a.tools, Output: a.output,
		Logprobs: wantsLogprobs(c.Assert), Repeat: repeat,
	}
	s.Output, err = r.model.Complete(ctx, request)
	if err != nil {
		s.Fault = fault(err)
		s.Error = detail(s.Fault, err)
		return s
	}
	if usd, known := r.services.Cost(a.Model, s.Output.Usage); known {
		s.Cost = &usd
	}
	in := assert.Input{
		Output: s.Output, Vars: c.Vars, Metadata: c.Metadata, Messages: messages, Tools: a.tools,
		Cost: s.Cost, Repeat: repeat,
	}
	for _, check := range c.Assert {
		s.Results = append(s.Results, check.Run(ctx, in, r.judges))
	}
	pass, score, failed := assert.Combine(s.Results, c.Threshold)
	if failed {
		s.Fault, s.Error = faultAssertion, firstError(s.Results)
		return s
	}
	s.Pass, s.Score = pass, score
	return s
}

func fault(err error) string {
	var e *chat.Error
	if errors.As(err, &e) {
		return string(e.Fault)
	}
	return string(chat.Unavailable)
}

// detail is what an error says beside its fault.
func detail(fault string, err error) string {
	text := err.Error()
	if rest := strings.TrimLeft(strings.TrimPrefix(text, fault), ": "); rest != "" {
		return rest
	}
	return text
}

func firstError(results []assert.Result) string {
	for _, r := range results {
		if r.Error != "" {
			return r.Type + ": " + r.Error
		}
		if text := firstError(r.Parts); text != "" {
			return text
		}
	}
	return ""
}

func wantsLogprobs(checks []*assert.Assertion) bool {
	for _, a := range checks {
		if strings.HasPrefix(a.Type, "perplexity") || wantsLogprobs(a.Parts) {
			return true
		}
	}
	return false
}

// countingModel counts answers that were read from records.
type countingModel struct {
	chat.Model
	recorded *atomic.Int64
}

func (m countingModel) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	a, err := m.Model.Complete(ctx, r)
	if a.Recorded {
		m.recorded.Add(1)
	}
	return a, err
}

type countingEmbedder struct {
	chat.Embedder
	recorded *atomic.Int64
}

func (m countingEmbedder) Embed(ctx context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	a, err := m.Embedder.Embed(ctx, r)
	if a.Recorded {
		m.recorded.Add(1)
	}
	return a, err
}
