package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// What the provider asks for when it starts from a bundle is what Make puts in:
// both read the same strategies in the same way.
func TestAgreesWithProvider(t *testing.T) {
	blobs := map[string][]byte{}
	data, stable := artifact("a", "stable")
	blobs[string(stable.Digest)] = data
	data, other := artifact("a", "other")
	blobs[string(other.Digest)] = data
	get := func(_ context.Context, digest string) ([]byte, error) {
		if blobs[digest] == nil {
			return nil, errors.New("no such blob")
		}
		return blobs[digest], nil
	}
	source := started(t)
	text := func(kind, params, more, payloadType string, weight int, ref prompts.Ref) string {
		return fmt.Sprintf(`{"name":%q,"parameters":{%s}%s,"variants":[{"name":"v","weight":%d,"payload":{"type":%q,"value":%q}}]}`, kind, params, more, weight, payloadType, ref)
	}
	one := func(kind, params, more string) string { return text(kind, params, more, "string", 1000, other) }
	always := text("flexibleRollout", `"promptflag":"stable","rollout":"100","stickiness":"default"`, "", "string", 1000, stable)
	for name, strategies := range map[string]string{
		"candidate at 100":                   one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, "") + "," + always,
		"candidate at 100.0":                 one("flexibleRollout", `"promptflag":"candidate","rollout":"100.0"`, "") + "," + always,
		"candidate at the number 100":        one("flexibleRollout", `"promptflag":"candidate","rollout":100`, "") + "," + always,
		"candidate at 99":                    one("flexibleRollout", `"promptflag":"candidate","rollout":"99"`, "") + "," + always,
		"candidate at nothing":               one("flexibleRollout", `"promptflag":"candidate"`, "") + "," + always,
		"candidate at garbage":               one("flexibleRollout", `"promptflag":"candidate","rollout":"all"`, "") + "," + always,
		"candidate for all, kind default":    one("default", `"promptflag":"candidate"`, "") + "," + always,
		"candidate by gradual percentage":    one("gradualRolloutRandom", `"promptflag":"candidate","percentage":"100"`, "") + "," + always,
		"candidate for some users":           one("userWithId", `"promptflag":"candidate","userIds":"u"`, "") + "," + always,
		"candidate of an unknown kind":       one("ours", `"promptflag":"candidate","rollout":"100"`, "") + "," + always,
		"candidate of one tenant":            one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, `,"constraints":[{"contextName":"t","operator":"IN","values":["x"]}]`) + "," + always,
		"candidate of a segment":             one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, `,"segments":[1]`) + "," + always,
		"candidate of an empty segment":      one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, `,"segments":[2]`) + "," + always,
		"candidate with an operator unheard": one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, `,"constraints":[{"contextName":"t","operator":"NEW","values":["x"]}]`) + "," + always,
		"person's at 10":                     one("flexibleRollout", `"rollout":"10"`, "") + "," + always,
		"person's with a JSON payload":       text("flexibleRollout", `"rollout":"100"`, "", "json", 1000, other) + "," + always,
		"person's without weight":            text("flexibleRollout", `"rollout":"100"`, "", "string", 0, other) + "," + always,
		"stable dialled by hand":             text("flexibleRollout", `"promptflag":"stable","rollout":"50"`, "", "string", 1000, stable),
		"role lost":                          text("flexibleRollout", `"rollout":"100"`, "", "string", 1000, stable),
		"role lost, and partial":             text("flexibleRollout", `"rollout":"50"`, "", "string", 1000, stable),
		"stable without weight":              text("flexibleRollout", `"promptflag":"stable","rollout":"100"`, "", "string", 0, stable),
		"stable with a JSON payload":         text("flexibleRollout", `"promptflag":"stable","rollout":"100"`, "", "json", 1000, stable),
		"no stable":                          one("flexibleRollout", `"promptflag":"candidate","rollout":"100"`, ""),
	} {
		t.Run(name, func(t *testing.T) {
			feed := []byte(`{"version":2,"features":[{"name":"a","enabled":true,"strategies":[` + strategies + `]}],"segments":[{"id":1,"constraints":[{"contextName":"t","operator":"IN","values":["x"]}]},{"id":2,"constraints":[]}]}`)
			if !json.Valid(feed) {
				t.Fatalf("not JSON: %s", feed)
			}
			decoded, err := source.Decode(feed)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := asks(decoded.Flags[0])
			b, err := Make(context.Background(), feed, Options{}, get)
			if (err == nil) != ok {
				t.Fatalf("Make: %v; the provider has a stable version: %t", err, ok)
			}
			if err != nil {
				return
			}
			var got []prompts.Digest
			for d := range b.Blobs {
				got = append(got, d)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("artifacts %v, the provider asks for %v", got, want)
			}
		})
	}
}

// started is a source that decodes; what it follows does not matter.
func started(t *testing.T) *unleashflags.Source {
	t.Helper()
	source, err := unleashflags.New(unleashflags.Options{URL: embedded(t), Environment: "production"})
	if err != nil {
		t.Fatal(err)
	}
	err = source.Start(provider.Handler{Feed: func(*provider.Feed) {}, Current: func() {}, Failed: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return source
}

// asks returns what the provider loads for a flag of a bundle, and whether it
// finds a stable version: the rules of package provider, on its own types.
func asks(f *provider.Flag) (digests []prompts.Digest, stable bool) {
	for _, s := range f.Strategies {
		for j, v := range s.Variants {
			ref, err := prompts.ParseRef(v.Payload.Value)
			if err != nil || v.Payload.Type != "string" {
				continue
			}
			if j == 0 && (s.Role == provider.RoleStable || s.Role == "" && s.Percent >= 100 && !s.Constrained) {
				stable = true
			}
			if s.Role == provider.RoleCandidate && (s.Percent < 100 || s.Constrained) {
				continue
			}
			if !slices.Contains(digests, ref.Digest) {
				digests = append(digests, ref.Digest)
			}
		}
	}
	slices.Sort(digests)
	return digests, stable
}
