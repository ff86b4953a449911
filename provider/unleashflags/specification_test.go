package unleashflags_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
)

// specification is one file of Unleash's client specification.
type specification struct {
	State        json.RawMessage
	Tests        []specificationCase
	VariantTests []specificationCase
}

type specificationCase struct {
	Description    string
	Context        map[string]any
	ToggleName     string
	ExpectedResult json.RawMessage
}

type specificationVariant struct {
	Name    string
	Payload *struct{ Type, Value string }
	Enabled bool
	Feature bool `json:"feature_enabled"`
}

// unknownOperator is in the trouble of a flag.
var unknownOperator = regexp.MustCompile(`operator "([A-Z_]+)" is not known to`)

// TestSpecification runs every case of Unleash's client specification through
// the OpenFeature SDK and our provider, for both engines. What fails is listed in
// testdata/specification, with the operator that the engine does not know and the
// provider reports; no case fails in silence. UPDATE=1 writes the list.
func TestSpecification(t *testing.T) {
	files := teststack.Specification(t)
	for _, tt := range []struct {
		name   string
		engine unleashflags.Engine // nil: the default
		failed int
	}{
		{"v4", nil, 28},
		{"v6", unleashv6.Engine{}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, failed := 0, map[string][]string{}
			for _, name := range specificationFiles(t, files) {
				passed, bad := runSpecification(t, files, name, tt.engine)
				all += passed + len(bad)
				if len(bad) > 0 {
					failed[name] = bad
				}
				t.Logf("%-45s %3d of %3d", name, passed, passed+len(bad))
			}
			count := 0
			for _, cases := range failed {
				count += len(cases)
			}
			t.Logf("%-45s %3d of %3d", "all", all-count, all)
			if all != 275 || count != tt.failed {
				t.Errorf("%d of %d cases fail, want %d of 275", count, all, tt.failed)
			}
			golden := filepath.Join("testdata", "specification", tt.name+".json")
			if os.Getenv("UPDATE") != "" {
				b, _ := json.MarshalIndent(failed, "", "  ")
				if err := os.WriteFile(golden, append(b, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string][]string{}
			readSpecification(t, os.DirFS("."), filepath.ToSlash(golden), &want)
			if diff := cmp.Diff(want, failed); diff != "" {
				t.Errorf("cases that fail (-want +got)\n%s", diff)
			}
		})
	}
}

// specificationFiles leaves out those about deltas, which only Unleash's
// streaming sends.
func specificationFiles(t *testing.T, files fs.FS) (names []string) {
	t.Helper()
	var index []string
	readSpecification(t, files, "index.json", &index)
	for _, name := range index {
		if !strings.Contains(name, "delta-api") {
			names = append(names, name)
		}
	}
	return names
}

func readSpecification(t *testing.T, files fs.FS, name string, v any) {
	t.Helper()
	b, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// runSpecification returns the cases that fail: "<operator>: <description>". Each
// of them must have been announced: by a flag that says what is wrong with it.
func runSpecification(t *testing.T, files fs.FS, name string, engine unleashflags.Engine) (passed int, failed []string) {
	t.Helper()
	var spec specification
	readSpecification(t, files, name, &spec)
	o := newFakeServer(t, string(spec.State)).options()
	o.Engine = engine
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	feeds := &feedRecorder{Flags: source}
	s := newService(t, provider.New(feeds, newBucket(t), &provider.Options{NoCache: true}))
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err != nil {
		t.Fatal(err)
	}
	judge := func(c specificationCase, diff string) {
		if diff == "" {
			passed++
			return
		}
		trouble, operator := feeds.trouble(c.ToggleName), ""
		if m := unknownOperator.FindStringSubmatch(trouble); m != nil {
			operator = m[1]
		}
		failed = append(failed, operator+": "+c.Description)
		if operator == "" || !strings.Contains(trouble, strconv.Quote(c.ToggleName)) {
			t.Errorf("%s: %s: wrong in silence (-want +got)\n%s\ntrouble of flag %q: %q", name, c.Description, diff, c.ToggleName, trouble)
		}
	}
	for _, c := range spec.Tests {
		var want bool
		if err := json.Unmarshal(c.ExpectedResult, &want); err != nil {
			t.Fatal(err)
		}
		judge(c, cmp.Diff(want, s.specified(c)))
	}
	for _, c := range spec.VariantTests {
		var want specificationVariant
		if err := json.Unmarshal(c.ExpectedResult, &want); err != nil {
			t.Fatal(err)
		}
		judge(c, cmp.Diff(want, s.specifiedVariant(c, want)))
	}
	if len(failed) > 0 { // and the service hears of it
		eventually(t, "an ERROR event for "+name, func() bool { return len(s.seen(openfeature.ProviderError)) > 0 })
		if e := s.seen(openfeature.ProviderError); len(e) != 1 || !unknownOperator.MatchString(e[0].message) {
			t.Errorf("%s: ERROR events = %v, want one that names an operator", name, e)
		}
	}
	return passed, failed
}

// caller is the context of a case as a service says it with OpenFeature: the
// user is the targeting key, properties are attributes.
func (c specificationCase) caller() openfeature.EvaluationContext {
	user, attributes := "", map[string]any{}
	for key, value := range c.Context {
		switch key {
		case "userId":
			user = value.(string)
		case "properties":
			for name, v := range value.(map[string]any) {
				attributes[name] = v
			}
		default:
			attributes[key] = value
		}
	}
	return openfeature.NewEvaluationContext(user, attributes)
}

func (s *service) specified(c specificationCase) bool {
	v, _ := s.BooleanValue(context.Background(), c.ToggleName, false, c.caller())
	return v
}

// specifiedVariant asks for the type that the case wants and turns the answer
// into Unleash's words.
func (s *service) specifiedVariant(c specificationCase, want specificationVariant) specificationVariant {
	ctx, got := context.Background(), specificationVariant{}
	var value any
	var d openfeature.EvaluationDetails
	switch typ := want.typ(); typ {
	case "json":
		a, _ := s.ObjectValueDetails(ctx, c.ToggleName, nil, c.caller())
		d, value = a.EvaluationDetails, a.Value
	case "number":
		a, _ := s.FloatValueDetails(ctx, c.ToggleName, -1, c.caller())
		d, value = a.EvaluationDetails, a.Value
	default:
		a, _ := s.StringValueDetails(ctx, c.ToggleName, "the default", c.caller())
		d, value = a.EvaluationDetails, a.Value
	}
	if d.ErrorCode == openfeature.FlagNotFoundCode {
		return specificationVariant{Name: "disabled"}
	}
	got.Name = d.Variant
	got.Enabled = d.Variant != "disabled"
	got.Feature, _ = d.FlagMetadata["featureEnabled"].(bool)
	if typ, ok := d.FlagMetadata["payloadType"].(string); ok {
		text := fmt.Sprint(value)
		if typ == "json" {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(value)
			text = strings.TrimSpace(b.String())
		}
		got.Payload = &struct{ Type, Value string }{typ, text}
	}
	return got
}

func (v specificationVariant) typ() string {
	if v.Payload == nil {
		return ""
	}
	return v.Payload.Type
}

// feedRecorder looks at what the source hands over.
type feedRecorder struct {
	provider.Flags
	mu   sync.Mutex
	last *provider.Feed
}

func (r *feedRecorder) Start(h provider.Handler) error {
	give := h.Feed
	h.Feed = func(f *provider.Feed) {
		r.mu.Lock()
		r.last = f
		r.mu.Unlock()
		give(f)
	}
	return r.Flags.Start(h)
}

// trouble is what the newest feed says of a flag.
func (r *feedRecorder) trouble(flag string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.last.Flags {
		if f.Name == flag {
			return f.Trouble
		}
	}
	return ""
}
