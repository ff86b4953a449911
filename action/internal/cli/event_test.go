package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/github"
	"github.com/promptflag/promptflag/action/internal/plan"
)

func TestFromEvent(t *testing.T) {
	tests := []struct {
		event, command string
		want           []string
	}{
		{"pull_request", "", []string{"pull"}},
		{"merge_group", "", []string{"pull", "--queue"}},
		{"push", "", []string{"publish"}},
		{"push", " \n", []string{"publish"}},
		{"schedule", "", []string{"drift"}},
		{"pull_request_target", "", nil},
		{"workflow_dispatch", "", nil},
		{"workflow_dispatch", "rollback x --reason 'not good'", []string{"rollback", "x", "--reason", "not good"}},
		{"workflow_dispatch", "rollback 'x", nil},
	}
	for _, tt := range tests {
		p := Process{Getenv: func(k string) string {
			return map[string]string{"GITHUB_EVENT_NAME": tt.event, "INPUT_COMMAND": tt.command}[k]
		}}
		got, err := p.fromEvent()
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("fromEvent %s %q (-want +got):\n%s", tt.event, tt.command, diff)
		}
		if usage := (usageError{}); (err != nil) != (tt.want == nil) || err != nil && !errors.As(err, &usage) {
			t.Errorf("fromEvent %s %q: error %v", tt.event, tt.command, err)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                 nil,
		"  status  a ":                     {"status", "a"},
		"promptflag status":                {"status"},
		`dial a 5 --reason "it's $(good)"`: {"dial", "a", "5", "--reason", "it's $(good)"},
		`x ''`:                             {"x", ""},
		"a\nb\tc;d":                        {"a", "b", "c;d"},
		`--reason='a b'c`:                  {"--reason=a bc"},
	} {
		got, err := splitWords(in)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("splitWords(%q): %v (-want +got):\n%s", in, err, diff)
		}
	}
}

// TestWaits: a flag that waits for a person is exit 1, but not when something
// failed besides.
func TestWaits(t *testing.T) {
	stop := &plan.Problem{Message: "not ours", Hint: "do"}
	if !waits(errors.Join(stop, stop)) || waits(errors.Join(stop, errors.New("down"))) || waits(errors.New("down")) {
		t.Error("waits does not tell a stop from a failure")
	}
}

// TestOutputOfPlan: what stays as it is does not fill the output, and a plan
// that is too long still makes valid JSON with the number of changes.
func TestOutputOfPlan(t *testing.T) {
	items := func(n int) *plan.Plan {
		p := &plan.Plan{Items: make([]plan.Item, 5000)}
		for i := range p.Items {
			p.Items[i] = plan.Item{Prompt: "p", Kind: plan.Unchanged, Why: strings.Repeat("x", 200)}
			if i < n {
				p.Items[i].Kind, p.Items[i].Steps = plan.Canary, make([]plan.Step, 1)
			}
		}
		return p
	}
	for n, long := range map[int]bool{0: false, 3: false, 5000: true} {
		line, err := outputOf(items(n))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Items   []plan.Item
			Changes int
			TooLong bool
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || strings.ContainsAny(line, "\r\n") || len(line) > github.MaxOutput {
			t.Errorf("%d changes: %d bytes, %v", n, len(line), err)
		}
		if got.Changes != n || got.TooLong != long || got.Items == nil || !long && len(got.Items) != n {
			t.Errorf("%d changes: output says %d, %d items, too long %v", n, got.Changes, len(got.Items), got.TooLong)
		}
	}
}
