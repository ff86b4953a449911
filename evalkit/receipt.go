package evalkit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// ReceiptSchema is the major version of Receipt's JSON.
const ReceiptSchema = 1

// Trust says how much a receipt is worth: who could have made it up.
type Trust string

// The trust classes. Only those of the default branch count for promoting: what
// a pull request says of itself does not.
const (
	Trusted     Trust = "default-branch"
	PullRequest Trust = "pull-request"
	Local       Trust = "local"
)

// Receipt is the result of an evaluation bound to a digest, to be kept. It holds
// no text of prompts, cases or models, except the names of cases and metrics.
type Receipt struct {
	Schema int    `json:"promptflagReceipt"` // ReceiptSchema
	Ref    string `json:"ref"`               // name@sha256:…
	// What was asked: hashes of 64 hex digits. Receipts with other hashes are of
	// another evaluation.
	Suite      string   `json:"suite"`
	Dataset    string   `json:"dataset"`
	Rules      string   `json:"rules"` // of the gate
	Judge      string   `json:"judge,omitempty"`
	Judges     []string `json:"judges,omitempty"` // models that judge or embed
	Model      string   `json:"model"`
	Parameters string   `json:"parameters"` // of the model; also part of the digest

	Verdict   Verdict        `json:"verdict"`
	Reason    string         `json:"reason"`
	Gates     []Gated        `json:"gates"`
	Cases     int            `json:"cases"`
	Errors    int            `json:"errors"`
	Repeat    int            `json:"repeat"`
	PassRate  *Estimate      `json:"passRate,omitempty"`
	Baselines []ReceiptOther `json:"baselines,omitempty"`
	Spent     float64        `json:"spent"` // USD

	Time        time.Time `json:"time"`
	Trust       Trust     `json:"trust"`
	Commit      string    `json:"commit,omitempty"`
	PullRequest string    `json:"pullRequest,omitempty"`
	Run         string    `json:"run,omitempty"`
	Actor       string    `json:"actor,omitempty"`
	Author      string    `json:"author,omitempty"`    // of the pull request
	Approvers   []string  `json:"approvers,omitempty"` // of what was merged
	Tool        string    `json:"tool,omitempty"`
}

// ReceiptOther is a baseline that the version was compared with.
type ReceiptOther struct {
	Digest   string    `json:"digest"`
	Title    string    `json:"title"`
	Gates    bool      `json:"gates,omitempty"`
	PassRate *Estimate `json:"passRate,omitempty"`
}

// Receipt is the report as it is kept. Trust and what follows are the caller's
// to fill in.
func (r *Report) Receipt() Receipt {
	first := r.Arms[0]
	c := Receipt{
		Schema: ReceiptSchema, Ref: first.Ref.String(), Suite: r.Suite.Hash, Dataset: r.Suite.Dataset, Rules: r.Suite.Rules,
		Judge: r.Suite.Judge, Judges: r.Suite.Judges, Model: first.Model, Parameters: first.Parameters,
		Verdict: r.Verdict, Reason: r.Reason, Gates: r.Gates, Cases: first.Cases, Errors: first.Errors,
		Repeat: r.Suite.Repeat, PassRate: first.PassRate, Spent: r.Spent, Time: r.Started, Trust: Local,
	}
	for _, a := range r.Arms {
		if a.Role == Baseline {
			c.Baselines = append(c.Baselines, ReceiptOther{Digest: a.Digest, Title: a.Title, Gates: a.Gates, PassRate: a.PassRate})
		}
	}
	return c
}

// hashOf is the SHA-256 of the canonical JSON of a value, in hex.
func hashOf(v any) string {
	text, err := prompts.Canonical(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ParseReceipt reads a receipt. A schema of another major is an error.
func ParseReceipt(data []byte) (Receipt, error) {
	var c Receipt
	if err := json.Unmarshal(data, &c); err != nil {
		return Receipt{}, fmt.Errorf("read receipt: %w", err)
	}
	switch {
	case c.Schema != ReceiptSchema:
		return Receipt{}, fmt.Errorf("read receipt: schema %d, this version knows %d", c.Schema, ReceiptSchema)
	case c.Verdict != Pass && c.Verdict != Fail && c.Verdict != Inconclusive:
		return Receipt{}, fmt.Errorf("read receipt: verdict %.20q", string(c.Verdict))
	}
	return c, nil
}

// Answers reports whether the receipt is about what a suite asks, by its rules.
func (c Receipt) Answers(s SuiteInfo) bool {
	return c.Suite == s.Hash && c.Dataset == s.Dataset && c.Rules == s.Rules && c.Judge == s.Judge
}

// Compares reports whether the version was compared with all baselines that gate.
func (c Receipt) Compares(baselines []Version) bool {
	for _, b := range baselines {
		with := func(o ReceiptOther) bool { return o.Gates && o.Digest == string(b.Prompt.Digest()) }
		if b.Gates && !slices.ContainsFunc(c.Baselines, with) {
			return false
		}
	}
	return true
}

// Deciding is the receipt that counts for promoting: the newest trusted one
// that says pass or fail. Undecided ones never gate.
func Deciding(receipts []Receipt) (Receipt, bool) {
	var found []Receipt
	for _, c := range receipts {
		if c.Trust == Trusted && (c.Verdict == Pass || c.Verdict == Fail) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return Receipt{}, false
	}
	return slices.MaxFunc(found, func(a, b Receipt) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(b.Verdict, a.Verdict)) // at the same time: fail
	}), true
}
