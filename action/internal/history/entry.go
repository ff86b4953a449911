package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/promptflag/promptflag/store"
)

// Source says where an entry is known from.
type Source string

// The sources.
const (
	// Promptflag: a release record says it.
	Promptflag Source = "promptflag"
	// ByHand: only the event log of the flag server says it.
	ByHand Source = "by hand"
	// Unrecorded: it looks like promptflag in the event log, and no record says it.
	Unrecorded Source = "unrecorded"
)

// Entry is one change: a version and what became of it, or what somebody did to
// the flag.
type Entry struct {
	Time        time.Time `json:"time"` // UTC
	Environment string    `json:"environment"`
	Prompt      string    `json:"prompt"`
	// Action is that of a record as its key has it (create, reject, dial, …; Print
	// says new, rollback), or for changes by hand dial, edit, disable, enable, add,
	// delete, move, on, off, archive, revive, create, or else the server's own word.
	Action string `json:"action"`
	// Ref is the version that the entry is about; "" if it is about the flag.
	Ref string `json:"ref,omitempty"`
	// Detail is one sentence about a change by hand, or about one of which no record
	// tells.
	Detail string `json:"detail,omitempty"`
	// Before and After are what the environment served; nil: not known.
	Before *store.State `json:"before,omitempty"`
	After  *store.State `json:"after,omitempty"`

	Source Source `json:"source"`
	// Finished is false for an operation of which nobody knows whether it got to its
	// end.
	Finished bool `json:"finished"`
	// Operation is the id that entries of one operation share.
	Operation string `json:"operation,omitempty"`
	// Events are those of the flag server that belong to the entry's operation, by
	// their ids; they are named at its first entry.
	Events []int64 `json:"events,omitempty"`
	// Account is who the flag server says it was.
	Account string `json:"account,omitempty"`

	Actor       string   `json:"actor,omitempty"`
	Author      string   `json:"author,omitempty"`
	Approvers   []string `json:"approvers,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	Subject     string   `json:"subject,omitempty"`
	PullRequest string   `json:"pullRequest,omitempty"`
	Run         string   `json:"run,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Verdict     string   `json:"verdict,omitempty"`
	Tool        string   `json:"tool,omitempty"`
	// Fault says why a record could not be read: the key alone speaks then.
	Fault string `json:"fault,omitempty"`

	end time.Time // of a finished operation; zero: not known
}

// NewestFirst sorts entries; those of one operation keep their order.
func NewestFirst(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Environment, b.Environment))
	})
}

// Unreadable counts the records that could not be read.
func Unreadable(entries []Entry) int {
	n := 0
	for _, e := range entries {
		if e.Fault != "" {
			n++
		}
	}
	return n
}

// entry is the row of one record.
func entry(o store.Operation) Entry {
	k, r := o.Key, o.Record
	e := Entry{
		Time: k.Time, Environment: k.Environment, Prompt: k.Name, Action: k.Action, Source: Promptflag,
		Finished: k.Phase == store.Done, Operation: k.ID,
		Ref: r.Ref, Before: r.Before, After: r.After, Actor: r.Actor, Author: r.Author, Approvers: r.Approvers,
		Commit: r.Commit, Subject: r.Subject, PullRequest: r.PullRequest, Run: r.Run,
		Reason: r.Reason, Verdict: r.Verdict, Tool: r.Tool,
	}
	// A copy of a bucket has the times of the copy.
	if o.Finished.After(k.Time) && o.Finished.Sub(k.Time) < longest {
		e.end = o.Finished
	}
	if o.Err != nil {
		e.Fault, e.Detail = o.Err.Error(), "version "+k.Version
	}
	return e
}
