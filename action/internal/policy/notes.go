package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// Notes are sentences about what the environments ask for before a version goes
// out, for those who are about to merge. They are text of people in part: the
// reason of a freeze.
func Notes(environments []config.Environment, now time.Time) []string {
	var out []string
	for _, e := range environments {
		var asks []string
		if e.RequireApprovals > 0 {
			asks = append(asks, wording.Counted(e.RequireApprovals, "approval", "approvals")+" of what is merged")
		}
		if e.RequireCodeowner {
			asks = append(asks, "the approval of a code owner of each file that changes")
		}
		if len(asks) > 0 {
			out = append(out, fmt.Sprintf("%s needs %s.", e.Name, strings.Join(asks, " and ")))
		}
		if e.Manual() {
			out = append(out, fmt.Sprintf("A merge brings nothing to %s: promptflag promote NAME --from ENVIRONMENT --to %s does.", e.Name, e.Name))
		}
		if r := Frozen(e, now); r != nil {
			out = append(out, r.Message+".")
		}
	}
	return out
}
