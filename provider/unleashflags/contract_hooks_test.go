package unleashflags_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
)

// journal is what hooks saw, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// hook writes into a journal.
type hook struct {
	name   string
	to     *journal
	gives  *openfeature.EvaluationContext // by Before
	fails  error                          // of Before
	spoils error                          // of After
}

func (h hook) Before(_ context.Context, c openfeature.HookContext, hints openfeature.HookHints) (*openfeature.EvaluationContext, error) {
	h.to.add("before %s: %s of %s by %s for %s %v", h.name, c.FlagType(), c.FlagKey(), c.ProviderMetadata().Name, c.EvaluationContext().TargetingKey(), hints.Value("hint"))
	return h.gives, h.fails
}

func (h hook) After(_ context.Context, c openfeature.HookContext, d openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) error {
	h.to.add("after %s: %v %s %s for %s", h.name, d.Value, d.Variant, d.Reason, c.EvaluationContext().TargetingKey())
	return h.spoils
}

func (h hook) Error(_ context.Context, _ openfeature.HookContext, err error, _ openfeature.HookHints) {
	h.to.add("error %s: %v", h.name, err)
}

func (h hook) Finally(_ context.Context, _ openfeature.HookContext, d openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	h.to.add("finally %s: %v %q %s %s %v", h.name, d.Value, d.Variant, d.Reason, d.ErrorCode, slices.Sorted(maps.Keys(d.FlagMetadata)))
}

// Hooks run before: API, client, call; after, error and finally: the other way
// round. Ours has none of its own, and what they see of an answer is all of it.
func TestHookOrder(t *testing.T) {
	b := fakeBackend(t, tckFlags())
	s := b.serve(t, newBucket(t), nil)
	if hooks := s.provider.Hooks(); len(hooks) != 0 {
		t.Errorf("the provider has hooks: %v", hooks)
	}
	var j journal
	changed := another
	s.api.AddHooks(hook{name: "api", to: &j})
	s.AddHooks(hook{name: "client", to: &j, gives: &changed})
	call := func(flag string, def bool, h hook) error {
		h.name, h.to = "call", &j
		_, err := s.BooleanValueDetails(context.Background(), flag, def, user("anna"), openfeature.WithHooks(h), openfeature.WithHookHints(openfeature.NewHookHints(map[string]any{"hint": "here"})))
		return err
	}
	before := func(flag string) []string {
		return []string{
			"before api: bool of " + flag + " by promptflag for anna here",
			"before client: bool of " + flag + " by promptflag for anna here",
			"before call: bool of " + flag + " by promptflag for " + another.TargetingKey() + " here",
		}
	}
	backwards := func(stage, text string) (lines []string) {
		for _, name := range []string{"call", "client", "api"} {
			lines = append(lines, stage+" "+name+": "+text)
		}
		return lines
	}
	for _, tt := range []struct {
		name, flag string
		hook       hook
		want       []string
		err        string // part of what the caller gets; "": none
	}{
		{
			"an answer", "boolean-flag", hook{},
			slices.Concat(before("boolean-flag"), backwards("after", "true on TARGETING_MATCH for "+another.TargetingKey()), backwards("finally", `true "on" TARGETING_MATCH  [featureEnabled flagSetId]`)), "",
		},
		{
			"an error of the provider", "missing-flag", hook{},
			slices.Concat(before("missing-flag"), backwards("error", `error code: FLAG_NOT_FOUND: flag "missing-flag" is not in the feed`), backwards("finally", `false "default" ERROR FLAG_NOT_FOUND [flagSetId]`)), "FLAG_NOT_FOUND",
		},
		{
			"an error of a hook before", "boolean-flag", hook{fails: errors.New("not now")},
			slices.Concat(before("boolean-flag"), backwards("error", "before hook: not now"), backwards("finally", `false ""   []`)), "not now",
		},
		{
			"an error of a hook after", "boolean-flag", hook{spoils: errors.New("too late")},
			slices.Concat(before("boolean-flag"), []string{"after call: true on TARGETING_MATCH for " + another.TargetingKey()}, backwards("error", "after hook: too late"), backwards("finally", `true "on" TARGETING_MATCH  [featureEnabled flagSetId]`)), "too late",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := call(tt.flag, false, tt.hook)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error = %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, j.take()); diff != "" {
				t.Errorf("hooks (-want +got)\n%s", diff)
			}
		})
	}
}

// Hooks see the prompt as its ref: what they print is no text of it.
func TestHookSeesNoText(t *testing.T) {
	s := serve(t, newFlags(t, "production").options(), newBucket(t), nil)
	var j journal
	s.AddHooks(hook{name: "client", to: &j})
	_, _ = s.object("support.reply", user("u"))
	lines := strings.Join(j.take(), "\n")
	if !strings.Contains(lines, ref(t, "support.reply.1")) || strings.Contains(lines, "role") {
		t.Errorf("hooks saw\n%s", lines)
	}
}
