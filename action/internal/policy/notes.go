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
		if asks := Needs(e); asks != "" {
			out = append(out, e.Name+" "+asks+".")
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

// Needs are the approvals that an environment asks for: "needs 2 approvals of what
// is merged"; "" for none.
func Needs(e config.Environment) string {
	var asks []string
	if e.RequireApprovals > 0 {
		asks = append(asks, wording.Counted(e.RequireApprovals, "approval", "approvals")+" of what is merged")
	}
	if e.RequireCodeowner {
		asks = append(asks, "the approval of a code owner of each file that changes")
	}
	if len(asks) == 0 {
		return ""
	}
	return "needs " + strings.Join(asks, " and ")
}
