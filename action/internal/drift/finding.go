package drift

import (
	"cmp"
	"slices"
	"time"
)

// Kind is what a finding is about, a word that does not change.
type Kind string

// The kinds.
const (
	NotPublished   Kind = "not-published"       // git has a version that the flag does not
	Stopped        Kind = "stopped"             // publish waits for a person
	Archived       Kind = "archived"            // the flag of a prompt in git is archived
	Orphan         Kind = "orphan"              // a flag without a file
	OrphanTraffic  Kind = "orphan-with-traffic" // and services ask for it
	Edited         Kind = "edited"              // a strategy of ours is not as it was written
	RoleLost       Kind = "role-lost"           // a strategy of ours lost its mark
	Copy           Kind = "copy"                // somebody copied a strategy of ours
	Leftover       Kind = "leftover"            // of a run that died
	NoStable       Kind = "no-stable"           // nobody but the candidate's users is served
	StableDisabled Kind = "stable-disabled"     // the same
	NeverMatches   Kind = "never-matches"       // a strategy behind one for everybody
	MissingBlob    Kind = "missing-blob"        // a flag names bytes that the bucket lacks
	CorruptBlob    Kind = "corrupt-blob"        // or that are not what their name says
	NoRecord       Kind = "no-record"           // nobody wrote down how a version got there
	Unfinished     Kind = "unfinished"          // an operation began and did not end
	CandidateOpen  Kind = "candidate-open"      // a candidate that nobody decides about
	Off            Kind = "off"                 // an environment is OFF
	NotInHistory   Kind = "not-in-history"      // a version of a commit that the branch does not have
	PurgeNotTold   Kind = "purge-not-told"      // services were not told to forget a version
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Kind        Kind   `json:"kind"`
	Prompt      string `json:"prompt"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	Is          string `json:"is"`
	Should      string `json:"should"`
	Mend        string `json:"mend"`
	// Repairable: --repair does it.
	Repairable bool `json:"repairable"`

	repair any // what Repair needs
}

// Unread is something that could not be looked at.
type Unread struct {
	Environment string `json:"environment,omitempty"`
	What        string `json:"what"`
	Cause       string `json:"cause"`
}

// Report is what one look found.
type Report struct {
	Findings []Finding `json:"findings"`
	Unread   []Unread  `json:"unread"`
	Looked   Looked    `json:"looked"`
	// Done is what was mended before this look.
	Done []string `json:"done,omitempty"`
}

// Looked counts what was compared.
type Looked struct {
	Prompts      int       `json:"prompts"` // in git
	Environments int       `json:"environments"`
	Flags        int       `json:"flags"`    // that are ours, in all environments
	Versions     int       `json:"versions"` // that flags name, by bucket
	At           time.Time `json:"at"`
}

func (r *Report) sort(environments []string) {
	place := func(name string) int { return slices.Index(environments, name) }
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Prompt, b.Prompt), cmp.Compare(place(a.Environment), place(b.Environment)), cmp.Compare(a.Kind, b.Kind))
	})
}

// unread notes that something could not be looked at.
func (r *Report) unread(environment, what string, err error) {
	r.Unread = append(r.Unread, Unread{environment, what, err.Error()})
}
