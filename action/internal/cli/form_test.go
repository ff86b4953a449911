package cli

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForm: a field of a form is one word, whatever is in it.
func TestForm(t *testing.T) {
	for name, c := range map[string]struct {
		inputs map[string]string
		want   []string
	}{
		"no fields":               {map[string]string{"COMMAND": "status"}, []string{"status"}},
		"a dial":                  {map[string]string{"COMMAND": "dial", "PROMPT": " support.triage ", "PERCENT": "50"}, []string{"dial", "--", "support.triage", "50"}},
		"a rollback":              {map[string]string{"COMMAND": "rollback", "PROMPT": "a", "TO": "86909ca715ff"}, []string{"rollback", "--to=86909ca715ff", "--", "a"}},
		"who got what":            {map[string]string{"COMMAND": "at", "PROMPT": "a", "TIME": "2026-11-21 10:00", "USER": "--all"}, []string{"at", "--time=2026-11-21 10:00", "--user=--all", "--", "a"}},
		"between environments":    {map[string]string{"COMMAND": "promote", "PROMPT": "a", "FROM": "development", "TO": "production"}, []string{"promote", "--from=development", "--to=production", "--", "a"}},
		"an option for a name":    {map[string]string{"COMMAND": "off", "PROMPT": "--help"}, []string{"off", "--", "--help"}},
		"quotes and new lines":    {map[string]string{"COMMAND": "off", "PROMPT": "a' -e production\n--not-head \"b"}, []string{"off", "--", "a' -e production\n--not-head \"b"}},
		"half typed, half a form": {map[string]string{"COMMAND": "dial support.triage -e production", "PERCENT": "5"}, []string{"dial", "support.triage", "-e", "production", "--", "5"}},
		"fields without command":  {map[string]string{"PROMPT": "a"}, nil},
		"a percentage of what":    {map[string]string{"COMMAND": "dial", "PERCENT": "50"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := Process{Getenv: func(k string) string {
				if k == "GITHUB_EVENT_NAME" {
					return "workflow_dispatch"
				}
				return c.inputs[k[len("INPUT_"):]]
			}}
			got, err := p.fromEvent()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fromEvent (-want +got):\n%s", diff)
			}
			if usage := (usageError{}); (err != nil) != (c.want == nil) || err != nil && !errors.As(err, &usage) {
				t.Errorf("error %v", err)
			}
		})
	}
}
