package cli

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// TestReportUntold: a flag that changed meanwhile may wait because something says
// no, or because nobody can tell.
func TestReportUntold(t *testing.T) {
	no := fmt.Errorf("a in e: %w", &plan.Problem{Message: "no", Hint: "h"})
	untold := fmt.Errorf("b in e: %w", &plan.Problem{Message: "unknown", Hint: "h", Untold: true})
	for _, tt := range []struct {
		err  error
		want int
	}{
		{no, exitNo},
		{untold, exitCannotTell},
		{errors.Join(untold), exitCannotTell},
		{errors.Join(no, untold), exitNo},
		{errors.Join(untold, errors.New("the server is away")), exitService},
	} {
		if got := (Process{Stdout: io.Discard, Stderr: io.Discard}).report(tt.err, nil); got != tt.want {
			t.Errorf("%v: exit code %d, want %d", tt.err, got, tt.want)
		}
	}
}
