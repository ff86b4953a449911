package assert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/prompts"
)

const (
	// questionsVersion names the wording of the questions that this package asks.
	// Whoever changes a question, an answer's schema or what an answer means
	// raises it: testdata/questions.txt freezes them together.
	questionsVersion = 1

	// maxVotes bounds how many calls one assertion makes at once.
	maxVotes = 99
)

// Hash is the identity of a judge, 64 hex digits, the SHA-256 of its JSON
// with names in order: the model, the parameters, the votes, and the version of
// the questions that this package asks. What is equal when asked has an equal hash:
// votes 0 and 1, a temperature that is not written and 0.
//
// The other half of what a judge is asked is the assertion itself, provider and
// rubric_prompt included: Assertion.Canonical.
func (j Judging) Hash() string {
	identity := map[string]any{"model": j.Model, "parameters": j.parameters(), "votes": j.votes(), "questions": questionsVersion}
	text, err := prompts.Canonical(identity)
	if err != nil { // a parameter that no request can carry: no answer will have this hash
		text = fmt.Appendf(nil, "%v", identity)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (j Judging) votes() int { return max(j.Votes, 1) }

func (j Judging) parameters() map[string]any {
	out := make(map[string]any, len(j.Parameters)+1)
	out["temperature"] = 0
	maps.Copy(out, j.Parameters)
	return out
}

// jury is what all types have that ask a judge.
type jury struct {
	provider string // the model; "" for the suite's
	not      bool   // the opposite is asserted, so what is strict is the opposite too
}

func (w *written) jury() jury { return jury{w.provider, w.not} }

// question is one request to a judge. Both texts are ours and the suite's; what
// is graded stands in them in frames.
type question struct {
	system, user string
	schema       map[string]any
}

// ballot asks for one vote.
type ballot struct {
	judge   chat.Model
	request chat.Request
}

// vote is one opinion. A vote that passes has a score of the threshold or more,
// one that fails has less.
type vote struct {
	pass   bool
	score  float64
	reason string
}

// byScore is a vote of a judge who says a score only.
func byScore(score, threshold float64, reason string) vote {
	return vote{score >= threshold, score, reason}
}

// poll asks for all votes, at the same time, and makes one result of them. ask
// is called once for each vote; its error is an error of that vote.
//
// A side wins when it has more than half of all the votes that were asked for,
// not only of those that came: with votes missing that could have changed the
// outcome, nothing was decided, and that is an error.
func (j jury) poll(ctx context.Context, in Input, s Services, ask func(context.Context, ballot) (vote, error)) (Result, error) {
	model := j.provider
	if model == "" {
		model = s.Judging.Model
	}
	n := s.Judging.votes()
	switch {
	case model == "":
		return Result{}, errors.New(`no judge: write [judge] with model = "…" in the suite, or a provider in the assertion`)
	case s.Judge == nil:
		return Result{}, errors.New("no judge: this run has no client for one")
	case s.Judging.Votes < 0 || n%2 == 0 || n > maxVotes:
		return Result{}, fmt.Errorf("judge: votes is an odd number from 1 to %d, not %d", maxVotes, s.Judging.Votes)
	}
	votes, faults := make([]vote, n), make([]error, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			defer func() {
				if fault := recover(); fault != nil { // in a goroutine, Run cannot catch it
					faults[i] = fmt.Errorf("asking failed inside: %T", fault)
				}
			}()
			votes[i], faults[i] = ask(ctx, ballot{s.Judge, chat.Request{
				Model: model, Parameters: s.Judging.parameters(),
				Repeat: in.Repeat*n + i, // votes and samples stay independent
			}})
			if v := votes[i]; faults[i] == nil && !(v.score >= 0 && v.score <= 1) {
				faults[i] = errors.New("the score is not between 0 and 1")
			}
		})
	}
	done.Wait()
	return j.count(votes, faults)
}

// count decides.
func (j jury) count(votes []vote, faults []error) (Result, error) {
	n := len(votes)
	var scores []float64
	passes, fails := 0, 0
	var first error
	for i, v := range votes {
		switch {
		case faults[i] != nil:
			if first == nil {
				first = faults[i]
			}
			continue
		case v.pass:
			passes++
		default:
			fails++
		}
		scores = append(scores, v.score)
	}
	if need := n/2 + 1; max(passes, fails) < need {
		if n == 1 {
			return Result{}, fmt.Errorf("judge: %w", first)
		}
		return Result{}, fmt.Errorf("judge: undecided, %d of %d votes pass, %d fail, %d have an error, the first: %w", passes, n, fails, n-passes-fails, first)
	}
	r := Result{Pass: passes > fails, Score: j.median(scores)}
	for i, v := range votes {
		if faults[i] == nil && v.pass == r.Pass {
			r.Reason = v.reason
			break
		}
	}
	if n > 1 {
		tally := fmt.Sprintf("%d of %d votes pass", passes, n)
		if first != nil {
			tally += fmt.Sprintf(", %d have an error", n-passes-fails)
		}
		r.Reason = tally + ": " + r.Reason
	}
	r.Reason = clip(r.Reason)
	return r, nil
}

// median is that of at least one score; of the two in the middle the one that is
// worse for the assertion.
func (j jury) median(scores []float64) float64 {
	slices.Sort(scores)
	if j.not {
		return scores[len(scores)/2]
	}
	return scores[(len(scores)-1)/2]
}

// ask sends one question and reads what is answered. No error quotes the judge.
func (b ballot) ask(ctx context.Context, q question) (*reply, error) {
	strict := true
	r := b.request
	r.Messages = []prompts.Message{{Role: "system", Content: q.system}, {Role: "user", Content: q.user}}
	r.Output = &prompts.Output{Format: "json", Schema: q.schema, Strict: &strict}
	got, err := b.judge.Complete(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case got.Refusal != "" || got.Finish == "content_filter":
		return nil, errors.New("the judge refused")
	case got.Finish == "length":
		return nil, errors.New("the judge's answer is cut: it reached the limit of tokens")
	}
	return readReply(got.Text)
}
