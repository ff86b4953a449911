package evalkit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
)

// Numbers that could say more than was measured.

// TestWorseIsNotSurer: the lower bound of what is a little less than perfect is
// not above that of what is.
func TestWorseIsNotSurer(t *testing.T) {
	const check = "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"ok\"\n[gate.pass_rate]\nmin_lower = 0.92\n"
	for name, tt := range map[string]struct{ head, more string }{
		"repeats":  {"repeat = 3\n", ""},
		"clusters": {"", `,"cluster":"%d"`},
	} {
		for _, flaw := range []bool{false, true} {
			var cases strings.Builder
			for i := range 40 {
				more := tt.more
				if more != "" {
					more = fmt.Sprintf(more, i/2)
				}
				fmt.Fprintf(&cases, `{"vars":{"q":"%d"}%s}`+"\n", i, more)
			}
			model := answerer(func(r chat.Request) (string, error) {
				if _, q := of(r); flaw && q == "7" && r.Repeat == 0 {
					return "no", nil
				}
				return "ok", nil
			})
			r := run(t, loadFiles(t, tt.head+check, cases.String()), evalkit.Services{Model: model})
			if r.Verdict != evalkit.Inconclusive || r.Arms[0].PassRate.Lower > 0.915 {
				t.Errorf("%s, flaw %v: %s: %s; summary %+v", name, flaw, r.Verdict, r.Reason, r.Arms[0].PassRate)
			}
		}
	}
}

