//go:build unix

package faultmatrix

import (
	"fmt"

	"github.com/promptflag/promptflag/prompts"
)

// The flags of every row, less their prefix; each prompt flag is about a prompt
// of the same name.
const (
	canary = "canary" // candidate for half of the users, before its stable version
	simple = "simple" // stable only
	dark   = "dark"   // stable only, its environment is OFF
	child  = "child"  // stable only, below the flag plain; in one row
	spare  = "spare"  // as simple; nobody asks for it
	plain  = "plain"  // no prompt flag
)

// Two users, by the side of the dial on which flag canary has them.
const (
	dialledUser = "user-1"
	otherUser   = "user-3"
)

// probe is one evaluation that is made again and again.
type probe struct{ label, flag, user string }

func probes(withChild bool) []probe {
	list := []probe{{"dialled", canary, dialledUser}, {"others", canary, otherUser}, {"simple", simple, ""}, {"off", dark, ""}, {"plain", plain, ""}}
	if withChild {
		list = append(list, probe{"child", child, ""})
	}
	return list
}

// answers are texts of answers by the label of their probe: version and reason,
// or "default" and the error code.
type answers map[string]string

// healthy is what the flags ask for before any fault.
func healthy(withChild bool) answers {
	a := answers{"dialled": "2 SPLIT", "others": "1 SPLIT", "simple": "1 STATIC", "off": "1 DISABLED", "plain": "on"}
	if withChild {
		a["child"] = "1 STATIC"
	}
	return a
}

// but is a with some answers replaced.
func (a answers) but(other answers) answers {
	out := answers{}
	for label := range a {
		out[label] = a[label]
		if text, ok := other[label]; ok {
			out[label] = text
		}
	}
	return out
}

// all is a with every answer replaced.
func (a answers) all(text string) answers {
	out := answers{}
	for label := range a {
		out[label] = text
	}
	return out
}

// artifact returns a version of a prompt: "1", "2" …, or one that this version of
// promptflag does not load: "major 2" and "requires".
func artifact(prompt, version string) []byte {
	major, requires := 1, ""
	switch version {
	case "major 2":
		major = 2
	case "requires":
		requires = `,"requires":["something-new"]`
	}
	return fmt.Appendf(nil, `{"messages":[{"content":"This is %s %s.","role":"system"}],"model":"gpt-4o-mini","name":"%s","promptflag":%d%s}`,
		prompt, version, prompt, major, requires)
}

// refOf is what a flag carries to ask for a version: "another's" are the bytes
// of version 1 of another prompt, "hello" is no ref at all.
func refOf(prompt, version string) string {
	switch version {
	case "hello":
		return version
	case "another's":
		other := simple
		if prompt == simple {
			other = canary
		}
		return prompts.Ref{Name: prompt, Digest: prompts.DigestOf(artifact(other, "1"))}.String()
	}
	return prompts.Ref{Name: prompt, Digest: prompts.DigestOf(artifact(prompt, version))}.String()
}

// versions are all that a flag of these tests may ask for.
func versions() []string {
	return []string{"1", "2", "3", "4", "5", "hello", "another's", "major 2", "requires"}
}

// labelOf is the version that a ref of prompt is about.
func labelOf(prompt, ref string) string {
	for _, v := range versions() {
		if refOf(prompt, v) == ref {
			return v
		}
	}
	return fmt.Sprintf("%q", ref)
}

// strategy is one strategy as promptflag writes it.
func strategy(flag, role, version, rollout, stickiness string, order int) object {
	return object{
		"name": "flexibleRollout", "title": role + " " + version, "sortOrder": order, "constraints": []any{}, "segments": []any{},
		"parameters": object{"rollout": rollout, "stickiness": stickiness, "groupId": flag, "promptflag": role, "promptflagId": flag + "/" + environment + "/0123456789ab-1"},
		"variants": []any{object{
			"name": "v" + version, "weight": 1000, "weightType": "variable", "stickiness": stickiness,
			"payload": object{"type": "string", "value": refOf(flag, version)},
		}},
	}
}

func stable(flag, version string) object {
	return strategy(flag, "stable", version, "100", "default", 1000)
}

func candidate(flag, version string) object {
	return strategy(flag, "candidate", version, "50", "userId", 900)
}
