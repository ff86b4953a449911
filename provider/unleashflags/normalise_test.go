package unleashflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/provider"
)

// normalised returns the flags of a feed.
func normalised(t *testing.T, body string) (list []*wireFeature) {
	t.Helper()
	raw, err := readFeed([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, feature := range raw.Features {
		if f := readFeature(feature, raw.segments(), v4{}.About()); f != nil {
			list = append(list, f)
		}
	}
	return list
}

// What an engine is given of a flag.
func TestDefinition(t *testing.T) {
	const segments = `"segments":[{"id":1,"constraints":[{"contextName":"plan","operator":"IN","values":["pro"]}]},{"id":2,"constraints":[]}]`
	nobody := `{"name":"flexibleRollout","parameters":{"groupId":"f","rollout":"0","stickiness":"default"}}`
	for _, tt := range []struct{ name, in, want string }{
		{
			"a segment becomes constraints, what is not known stays away",
			`"impressionData":true,"strategies":[{"id":"01ABC","title":"t","name":"flexibleRollout","segments":[1],"constraints":[{"contextName":"x","operator":"IN","values":["y"]}],"parameters":{"rollout":"100","groupId":"g"}}]`,
			`"strategies":[{"name":"default","parameters":{"rollout":"100","groupId":"g","stickiness":"default"},"constraints":[{"contextName":"x","operator":"IN","values":["y"]},{"contextName":"plan","operator":"IN","values":["pro"]}]}]`,
		},
		{
			"a segment without constraints is everybody",
			`"strategies":[{"name":"default","segments":[2]}]`, `"strategies":[{"name":"default"}]`,
		},
		{
			"unresolved keeps its place",
			`"strategies":[{"name":"default","segments":[1,7],"constraints":[{"operator":"IN"}]},{"name":"default"}]`,
			`"strategies":[` + nobody + `,{"name":"default"}]`,
		},
		{
			"an operator in a segment, a strategy",
			`"strategies":[{"name":"default","constraints":[{"contextName":"x","operator":"REGEX","value":".*"}]},{"name":"canaries","parameters":{"a":"b"}},{"name":"default","constraints":[{}]}]`,
			`"strategies":[` + nobody + `,` + nobody + `,` + nobody + `]`,
		},
		{
			"no strategies are everybody", `"strategies":[]`, `"strategies":[]`,
		},
		{
			"weights",
			`"strategies":[{"name":"default","variants":[{"name":"v","weight":0}]},{"name":"default","variants":[{"name":"v","weight":1},{"name":"w","weight":-1}]}],"variants":[{"name":"v","weight":-5}]`,
			`"strategies":[{"name":"default"},{"name":"default","parameters":{"groupId":"f"},"variants":[{"name":"v","weight":1},{"name":"w","weight":0}]}]`,
		},
		{
			"stickiness",
			`"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"tenantId","groupId":"g"},"variants":[{"name":"v","weight":1},{"name":"w","weight":1,"stickiness":"userId"}]},
				{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"","groupId":7},"variants":[{"name":"v","weight":1}]},
				{"name":"flexibleRollout","parameters":{"rollout":"50","groupId":7}}]`,
			`"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"tenantId","groupId":"g"},"variants":[{"name":"v","weight":1,"stickiness":"tenantId"},{"name":"w","weight":1,"stickiness":"userId"}]},
				{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"default","groupId":"f"},"variants":[{"name":"v","weight":1,"stickiness":"default"}]},
				{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"default"}}]`,
		},
		{
			"parents stay away", `"dependencies":[{"feature":"p"}],"strategies":[{"name":"default"}]`, `"strategies":[{"name":"default"}]`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := normalised(t, `{"version":2,`+segments+`,"features":[{"name":"f","enabled":true,`+tt.in+`}]}`)
			got, err := encode(f[0].definition(false))
			if err != nil {
				t.Fatal(err)
			}
			want := `{"name":"f","enabled":true,` + tt.want + `}`
			if diff := cmp.Diff(decodeJSON(t, []byte(want)), decodeJSON(t, got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"features":null}`, `{"features":{}}`, `{"features":[{]}`} {
		if _, err := readFeed([]byte(bad)); err == nil {
			t.Errorf("readFeed(%q) succeeded", bad)
		}
	}
}

// What the provider is told of strategies.
func TestNeutral(t *testing.T) {
	const refused = ` is not known to unleash-client-go:4.5.0`
	for _, tt := range []struct {
		name, strategy string
		want           provider.Strategy
		trouble        string
	}{
		{"default", `{"name":"default"}`, provider.Strategy{Percent: 100}, ""},
		{"everybody", `{"name":"flexibleRollout","parameters":{"rollout":"100","stickiness":"default"}}`, provider.Strategy{Percent: 100}, ""},
		{"at random", `{"name":"flexibleRollout","parameters":{"rollout":"10","stickiness":"random"}}`, provider.Strategy{Percent: 10}, ""},
		{"sticky", `{"name":"flexibleRollout","parameters":{"rollout":"10","stickiness":"userId"}}`, provider.Strategy{Percent: 10, Sticky: "userId"}, ""},
		{"sticky at 100 %", `{"name":"flexibleRollout","parameters":{"rollout":"100","stickiness":"tenantId"}}`, provider.Strategy{Percent: 100, Sticky: "tenantId"}, ""},
		{"without stickiness", `{"name":"flexibleRollout","parameters":{"rollout":"10"}}`, provider.Strategy{Percent: 10}, ""},
		{"gradual by user", `{"name":"gradualRolloutUserId","parameters":{"percentage":"10"}}`, provider.Strategy{Percent: 10, Sticky: "userId"}, ""},
		{"gradual by session", `{"name":"gradualRolloutSessionId","parameters":{"percentage":"10"}}`, provider.Strategy{Percent: 10, Sticky: "sessionId"}, ""},
		{"gradual at random", `{"name":"gradualRolloutRandom","parameters":{"percentage":"10"}}`, provider.Strategy{Percent: 10}, ""},
		{"users", `{"name":"userWithId","parameters":{"userIds":"a"}}`, provider.Strategy{Percent: 100, Constrained: true}, ""},
		{
			"segment", `{"name":"default","segments":[7]}`,
			provider.Strategy{Percent: 100, Constrained: true, Unresolved: "segment 7 is not in the feed"},
			`strategy 1 of flag "f" matches nobody: segment 7 is not in the feed`,
		},
		{
			"operator", `{"name":"flexibleRollout","parameters":{"rollout":"10","stickiness":"userId","promptflag":"candidate","promptflagId":"x"},"constraints":[{"operator":"IN"},{"operator":"SEMVER_GTE"}],"variants":[{"name":"v","weight":1,"payload":{"type":"string","value":"w"}}]}`,
			provider.Strategy{
				Role: "candidate", ID: "x", Percent: 10, Sticky: "userId", Constrained: true, Unresolved: `operator "SEMVER_GTE"` + refused,
				Variants: []provider.Variant{{Name: "v", Payload: provider.Payload{Type: "string", Value: "w"}}},
			},
			`strategy 1 of flag "f" matches nobody: operator "SEMVER_GTE"` + refused,
		},
		{
			"strategy", `{"name":"canaries"}`,
			provider.Strategy{Percent: 100, Constrained: true, Unresolved: `strategy "canaries"` + refused},
			`strategy 1 of flag "f" matches nobody: strategy "canaries"` + refused,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := normalised(t, `{"version":2,"features":[{"name":"f","enabled":true,"strategies":[`+tt.strategy+`]}]}`)
			got := f[0].neutral([32]byte{})
			if diff := cmp.Diff(tt.want, got.Strategies[0], cmp.AllowUnexported(provider.Strategy{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Trouble != tt.trouble {
				t.Errorf("trouble = %q, want %q", got.Trouble, tt.trouble)
			}
		})
	}
}

// The fingerprint says all that decides.
func TestFingerprint(t *testing.T) {
	seen := map[string]string{}
	for name, body := range map[string]string{
		"plain":           `{"features":[{"name":"f","enabled":true,"strategies":[{"name":"default"}]}]}`,
		"off":             `{"features":[{"name":"f","enabled":false,"strategies":[{"name":"default"}]}]}`,
		"missing segment": `{"features":[{"name":"f","enabled":true,"strategies":[{"name":"default","segments":[1]}]}]}`,
		"missing parent":  `{"features":[{"name":"f","enabled":true,"strategies":[{"name":"default"}],"dependencies":[{"feature":"p"}]}]}`,
		"parent":          `{"features":[{"name":"f","enabled":true,"strategies":[{"name":"default"}],"dependencies":[{"feature":"p"}]},{"name":"p"}]}`,
	} {
		f := normalised(t, body)
		names := map[string]bool{}
		for _, feature := range f {
			names[feature.Name] = true
		}
		text, _ := encode(f[0])
		sum := f[0].fingerprint(text, names)
		if other, ok := seen[string(sum[:])]; ok {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[string(sum[:])] = name
	}
	known := normalised(t, `{"segments":[{"id":1}],"features":[{"name":"f","enabled":true,"strategies":[{"name":"default","segments":[1]}]}]}`)[0]
	text, _ := encode(known)
	if sum := known.fingerprint(text, nil); seen[string(sum[:])] != "plain" {
		t.Errorf("a segment for everybody = %q, want the same as none", seen[string(sum[:])])
	}
}

// An engine that cannot read a flag gets one that matches nobody.
func TestGiveUp(t *testing.T) {
	for _, strategies := range []string{`[]`, `[{"name":"default"},{"name":"default"}]`} {
		f := normalised(t, `{"features":[{"name":"f","enabled":true,"strategies":`+strategies+`,"variants":[{"name":"v","weight":1}]}]}`)[0]
		f.giveUp(errUnchanged)
		flag := f.neutral([32]byte{})
		text, _ := encode(f.definition(false))
		if !strings.Contains(flag.Trouble, "cannot read the flag: unchanged") || strings.Count(string(text), `"rollout":"0"`) != max(1, strings.Count(strategies, "default")) || strings.Contains(string(text), `"v"`) {
			t.Errorf("%s: trouble %q, definition %s", strategies, flag.Trouble, text)
		}
	}
}

// One flag that is not what it should be takes no other along.
func TestBrokenFeature(t *testing.T) {
	f := normalised(t, `{"features":[
		{"name":"a","enabled":true,"strategies":[{"name":"default"}]},
		{"name":"b","enabled":true,"strategies":{"name":"default"}},
		{"enabled":true,"name":"c","strategies":[{"name":"default","variants":[{"name":"v","weight":"1"}]}]},
		{"name":7},"d",null]}`)
	if len(f) != 3 {
		t.Fatalf("%d flags, want three with a name", len(f))
	}
	for i, name := range []string{"a", "b", "c"} {
		flag := f[i].neutral([32]byte{})
		if flag.Name != name || !flag.Enabled || (flag.Trouble == "") != (i == 0) {
			t.Errorf("flag %d = %+v", i, flag)
		}
		if text, _ := encode(f[i].definition(false)); strings.Contains(string(text), `"rollout":"0"`) != (i > 0) {
			t.Errorf("%s = %s", name, text)
		}
	}
}
