package flags

import (
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// StrategyName is the only strategy type on which variants work.
const StrategyName = "flexibleRollout"

// Role says what a strategy of ours is for.
type Role string

// The two roles.
const (
	Stable    Role = "stable"
	Candidate Role = "candidate"
)

// Parameters of a strategy that carry role and identity.
const (
	ParamRole = "promptflag"
	ParamID   = "promptflagId"
	// ParamPurged, on stable, names the digests of this prompt that must not
	// exist any more, separated by commas: the feed is all that services read, so
	// that is how they learn to forget a version.
	ParamPurged = "promptflagPurged"
)

// Default sort orders; people's strategies go before the candidate.
const (
	CandidateOrder = 900
	StableOrder    = 1000
)

// StickinessDefault matches every caller, also one without any id.
const StickinessDefault = "default"

// ID builds the promptflagId of a strategy: which flag and environment it was
// made for, from which commit, by which run.
func ID(flag, environment, commit, run string) string {
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit == "" {
		commit = "none"
	}
	return flag + "/" + environment + "/" + commit + "-" + run
}

// IDCommit returns the commit part of a promptflagId, "" if it has none.
func IDCommit(id string) string {
	last := id[strings.LastIndexByte(id, '/')+1:]
	commit, _, ok := strings.Cut(last, "-")
	if !ok || commit == "none" {
		return ""
	}
	return commit
}

// Title is what people see in the flag server's UI.
func Title(role Role, version, subject string) string {
	t := string(role) + " " + version
	if subject != "" {
		t += " · " + subject
	}
	// Unleash keeps at most 255 characters of a title.
	if r := []rune(t); len(r) > 120 {
		t = string(r[:119]) + "…"
	}
	return t
}

// Build makes a strategy of ours. Stickiness is the one configured; at 100 per
// cent it becomes "default", so that a caller without an id matches too.
func Build(role Role, flag, id, ref, version, subject string, percent int, stickiness string) Strategy {
	order := StableOrder
	if role == Candidate {
		order = CandidateOrder
	}
	if percent >= 100 || stickiness == "" {
		stickiness = StickinessDefault
	}
	return Strategy{
		Name:      StrategyName,
		Title:     Title(role, version, subject),
		SortOrder: order,
		Parameters: map[string]string{
			"rollout":    strconv.Itoa(percent),
			"stickiness": stickiness,
			"groupId":    flag,
			ParamRole:    string(role),
			ParamID:      id,
		},
		Variants: []Variant{{
			Name: version, Weight: 1000, WeightType: "variable", Stickiness: stickiness,
			Payload: &Payload{Type: "string", Value: ref},
		}},
	}
}

// Roles is a flag's strategies sorted by whom they belong to.
type Roles struct {
	// Stable and Candidate are ours; nil if there is none.
	Stable, Candidate *Strategy
	// Lost are strategies that fit a role by ref and title, while no strategy
	// holds that role: somebody removed the parameters.
	Lost []Lost
	// Leftovers are ours of an interrupted run, replaced by a newer strategy
	// of the same role.
	Leftovers []Strategy
	// Foreign are people's strategies that carry a role parameter all the
	// same: copies that the UI made of ours.
	Foreign []Strategy
	// People are people's own strategies.
	People []Strategy
}

// Lost is a strategy that lost its role parameter.
type Lost struct {
	Role     Role
	Strategy Strategy
}

// Recognise sorts the strategies of a flag by owner. A strategy is ours if it
// has a role, serves this prompt and carries an id of this flag and
// environment.
//
// Two strategies with the same id are a copy that a person made: the lower
// strategy id is ours (ids of the server are ordered by time). Different ids
// of the same role are what an interrupted run left: the newest is ours.
func Recognise(f Flag, prompt, environment string) Roles {
	var r Roles
	ours := map[Role][]Strategy{}
	for _, s := range f.Strategies {
		role, hasRole := s.Parameters[ParamRole]
		switch {
		case !hasRole:
			r.People = append(r.People, s)
		case isOurs(s, f.Name, prompt, environment):
			ours[Role(role)] = append(ours[Role(role)], s)
		default:
			r.Foreign = append(r.Foreign, s)
		}
	}
	r.Stable = r.pick(ours[Stable])
	r.Candidate = r.pick(ours[Candidate])
	r.findLost(Stable, r.Stable, prompt)
	r.findLost(Candidate, r.Candidate, prompt)
	return r
}

func isOurs(s Strategy, flag, prompt, environment string) bool {
	role := Role(s.Parameters[ParamRole])
	ref, err := prompts.ParseRef(s.Ref())
	return (role == Stable || role == Candidate) &&
		err == nil && ref.Name == prompt &&
		strings.HasPrefix(s.Parameters[ParamID], flag+"/"+environment+"/")
}

// pick chooses the strategy that holds a role and files the others.
func (r *Roles) pick(list []Strategy) *Strategy {
	slices.SortFunc(list, func(a, b Strategy) int { return strings.Compare(a.ID, b.ID) })
	seen := map[string]bool{}
	var originals []Strategy
	for _, s := range list {
		id := s.Parameters[ParamID]
		if seen[id] {
			r.Foreign = append(r.Foreign, s)
			continue
		}
		seen[id] = true
		originals = append(originals, s)
	}
	if len(originals) == 0 {
		return nil
	}
	last := len(originals) - 1
	r.Leftovers = append(r.Leftovers, originals[:last]...)
	return &originals[last]
}

// findLost looks for exactly one strategy without parameters that fits the
// free role; two would be a guess.
func (r *Roles) findLost(role Role, holder *Strategy, prompt string) {
	if holder != nil {
		return
	}
	fits := func(s Strategy) bool {
		ref, err := prompts.ParseRef(s.Ref())
		return err == nil && ref.Name == prompt && s.Name == StrategyName &&
			strings.HasPrefix(s.Title, string(role)+" "+ref.Version())
	}
	var found []int
	for i, s := range r.People {
		if fits(s) {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		return
	}
	i := found[0]
	r.Lost = append(r.Lost, Lost{role, r.People[i]})
	r.People = slices.Delete(r.People, i, i+1)
}
