//go:build unix

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/promptflag/promptflag/prompts"
)

// artifactSize is the length of every artifact in bytes.
const artifactSize = 4 << 10

// corpus is a number of prompts: flags and artifacts. Prompt 0 has a candidate
// at 10 % before its stable version, the others have a stable version only, as
// most of the prompts have at most times.
//
// It is a provider.Blobs that makes the bytes anew for every Get, so that the
// only resident copy is the provider's.
type corpus struct {
	flags    []string
	refs     []prompts.Ref
	place    map[prompts.Digest]blob
	gets     atomic.Int64
	rawBytes int64 // of all artifacts
}

type blob struct{ prompt, version int }

const (
	stableVersion = iota
	candidateVersion
)

func newCorpus(n int) *corpus {
	c := &corpus{place: map[prompts.Digest]blob{}}
	for i := range n {
		name := fmt.Sprintf("support.p%05d", i)
		data := artifactOf(name, i, stableVersion)
		digest := prompts.DigestOf(data)
		c.flags = append(c.flags, name)
		c.refs = append(c.refs, prompts.Ref{Name: name, Digest: digest})
		c.place[digest] = blob{i, stableVersion}
		c.rawBytes += int64(len(data))
	}
	data := artifactOf(c.flags[0], 0, candidateVersion)
	c.place[prompts.DigestOf(data)] = blob{0, candidateVersion}
	c.rawBytes += int64(len(data))
	return c
}

// candidate is the ref of the only candidate.
func (c *corpus) candidate() prompts.Ref {
	return prompts.Ref{Name: c.flags[0], Digest: prompts.DigestOf(artifactOf(c.flags[0], 0, candidateVersion))}
}

// Get implements provider.Blobs.
func (c *corpus) Get(_ context.Context, digest string) ([]byte, error) {
	c.gets.Add(1)
	b, ok := c.place[prompts.Digest(digest)]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return artifactOf(c.flags[b.prompt], b.prompt, b.version), nil
}

// all yields every artifact.
func (c *corpus) all(yield func(data []byte) bool) {
	for _, b := range c.place {
		if !yield(artifactOf(c.flags[b.prompt], b.prompt, b.version)) {
			return
		}
	}
}

// artifactOf is a prompt as services have them: a long system text, a short
// user text, three variables.
func artifactOf(name string, prompt, version int) []byte {
	const form = `{"messages":[{"content":"You help the customers of {{company}}.%s","role":"system"},` +
		`{"content":"Language: {{language}}\nTicket:\n{{ticket}}","role":"user"}],"model":"gpt-4o-mini","name":"%s",` +
		`"parameters":{"max_tokens":800,"temperature":0.2},"promptflag":1,"variables":{"company":{"type":"string"},` +
		`"language":{"default":"en","enum":["en","de"],"type":"string"},"ticket":{"type":"string"}}}`
	var text strings.Builder
	room := artifactSize - len(form) + len("%s%s") - len(name)
	for line := 0; text.Len() < room; line++ {
		fmt.Fprintf(&text, ` Rule %d of %d.%d: answer what was asked, quote the ticket, promise nothing.`, line, prompt, version)
	}
	return fmt.Appendf(nil, form, text.String()[:room], name)
}

// feed is the body that a flag server would answer with: flags as promptflag
// lays them out.
func (c *corpus) feed() []byte {
	type object = map[string]any
	strategy := func(ref prompts.Ref, role, rollout, stickiness string) object {
		return object{
			"name": "flexibleRollout", "constraints": []any{},
			"parameters": object{"groupId": ref.Name, "rollout": rollout, "stickiness": stickiness, "promptflag": role, "promptflagId": ref.Name + "/production/" + ref.Version() + "-1"},
			"variants": []any{object{
				"name": ref.Version(), "weight": 1000, "weightType": "variable", "stickiness": stickiness,
				"payload": object{"type": "string", "value": ref.String()},
			}},
		}
	}
	features := make([]any, len(c.flags))
	for i, ref := range c.refs {
		strategies := []any{strategy(ref, "stable", "100", "default")}
		if i == 0 {
			strategies = []any{strategy(c.candidate(), "candidate", "10", "userId"), strategies[0]}
		}
		features[i] = object{
			"name": ref.Name, "type": "release", "enabled": true, "project": "default", "stale": false, "impressionData": false,
			"strategies": strategies, "variants": []any{}, "description": "A prompt; promptflag writes its strategies.",
		}
	}
	body, err := json.Marshal(object{"version": 2, "features": features, "query": object{"environment": "production", "project": []any{"default"}}})
	if err != nil {
		panic(err) // cannot be: maps and strings
	}
	return body
}
