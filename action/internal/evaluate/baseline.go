package evaluate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/prompts"
)

// Baselines are the versions of one prompt that production serves, other than
// head, as a run compares with them: those that most callers of an environment
// get must not be better, the others are told. Where most get head already, that
// is what most of the rest get. unknown says why that could not
// be found out; "" when it was.
func Baselines(head prompts.Digest, versions []live.Version) (baselines []evalkit.Version, unknown string) {
	var digests []prompts.Digest
	places := map[prompts.Digest][]string{}
	gates, faults := map[prompts.Digest]bool{}, map[prompts.Digest]string{}
	artifacts := map[prompts.Digest]*prompts.Prompt{}
	rest := behind(head, versions)
	for i, v := range versions {
		d := v.Ref.Digest
		if d == head {
			continue
		}
		if !slices.Contains(digests, d) {
			digests = append(digests, d)
		}
		places[d] = append(places[d], v.Where())
		if v.Prompt != nil {
			artifacts[d] = v.Prompt
		}
		gates[d] = gates[d] || serves(v) || rest[i]
		faults[d] = v.Fault
	}
	for _, d := range digests {
		p := artifacts[d]
		if p == nil {
			if gates[d] {
				unknown = fmt.Sprintf("version %s (%s) cannot be read: %s", d.Version(), strings.Join(places[d], "; "), faults[d])
			}
			continue
		}
		baselines = append(baselines, evalkit.Version{Prompt: p, Title: strings.Join(places[d], "; "), Gates: gates[d]})
	}
	// Those that gate first: they are what the report is about.
	slices.SortStableFunc(baselines, func(a, b evalkit.Version) int {
		switch {
		case a.Gates == b.Gates:
			return 0
		case a.Gates:
			return -1
		}
		return 1
	})
	return baselines, unknown
}

// behind are, for each environment that serves head to most callers, the versions
// that most of the others get. Else a candidate that was dialled to 60 % would be
// promoted without having been compared with anything.
func behind(head prompts.Digest, versions []live.Version) map[int]bool {
	led := map[string]bool{}
	for _, v := range versions {
		led[v.Environment] = led[v.Environment] || v.Ref.Digest == head && serves(v)
	}
	most := map[string]int{}
	for i, v := range versions {
		if !led[v.Environment] || v.Ref.Digest == head || v.Constrained || v.Role == "" || !v.On || v.Percent == 0 {
			continue
		}
		if at, ok := most[v.Environment]; !ok || v.Percent > versions[at].Percent {
			most[v.Environment] = i
		}
	}
	found := map[int]bool{}
	for _, i := range most {
		found[i] = true
	}
	return found
}

// serves reports whether a version is what most callers of its environment get:
// half of them, or those of an environment that is OFF.
func serves(v live.Version) bool {
	switch {
	case v.Constrained || v.Role == "":
		return false
	case !v.On:
		return v.Role == flags.Stable
	}
	return v.Percent >= 50
}
