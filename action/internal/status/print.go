package status

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/wording"
)

// Print writes the entries for people. now is for ages.
func Print(w io.Writer, entries []Entry, now time.Time) error {
	var b strings.Builder
	for n, e := range entries {
		if n > 0 {
			b.WriteString("\n")
		}
		b.WriteString(e.Prompt + " in " + e.Environment + stateWord(e) + "\n")
		tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		off := e.Exists && !e.Enabled
		row(tab, "candidate", e.Candidate, off, now)
		row(tab, "stable", e.Stable, false, now)
		tab.Flush()
		if e.OffServes != "" {
			serves := "would serve"
			if off {
				serves = "serves"
			}
			fmt.Fprintf(&b, "  OFF %s %s%s\n", serves, e.OffServes, forHowLong(e.Stable, now))
		}
		if e.KillTarget != "" && !off {
			fmt.Fprintf(&b, "  killing the candidate serves %s\n", e.KillTarget)
		}
		for _, note := range e.Notes {
			b.WriteString("  " + note + "\n")
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n"))
	return err
}

func stateWord(e Entry) string {
	switch {
	case !e.Exists:
		return ""
	case e.Enabled:
		return ": ON"
	}
	return ": OFF, everybody gets stable"
}

// row is the line of a version. While the environment is OFF nobody gets the
// candidate, whatever is dialled.
func row(w io.Writer, role string, v *Version, off bool, now time.Time) {
	if v == nil {
		return
	}
	share := fmt.Sprintf("%d %%", v.Percent)
	if v.Disabled {
		share = "held"
	}
	if v.Constrained {
		share += " of some"
	}
	if off && !v.Disabled {
		share = "0 %, dialled to " + share
	}
	since := "since an unknown time"
	if v.Since != nil {
		since = Age(now.Sub(*v.Since)) + ", since " + wording.Moment(*v.Since)
	}
	if v.Exposures != nil {
		since += fmt.Sprintf(", %d exposures in the last hour or two", *v.Exposures)
	}
	fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", role, v.Version, share, since)
	fmt.Fprintf(w, "  \t\t\t%s\n", origin(v))
	if how := v.Placed.words(); how != "" {
		fmt.Fprintf(w, "  \t\t\t%s\n", how)
	}
}

// origin is the commit that a version came with, and who published it.
func origin(v *Version) string {
	var parts []string
	switch {
	case v.Commit != "":
		parts = append(parts, commit(v.Commit, v.Subject))
	case v.Subject != "":
		parts = append(parts, strconv.Quote(v.Subject))
	case v.Actor == "":
		parts = append(parts, "commit unknown")
	}
	if v.Actor != "" {
		parts = append(parts, "by "+v.Actor)
	}
	if v.Author != "" && v.Author != v.Actor {
		parts = append(parts, "written by "+v.Author)
	}
	return strings.Join(parts, " ")
}

func commit(hash, subject string) string {
	text := fmt.Sprintf("commit %.12s", hash)
	if subject != "" {
		text += " " + strconv.Quote(subject)
	}
	return text
}

// words say how a version got its role again. That a promoted one became stable
// with the publish after it is how things go.
func (p *Placed) words() string {
	if p == nil {
		return ""
	}
	text := ""
	switch action := plan.Action(p.Action); {
	case action == plan.ActionRestore && p.Commit == "":
		text = "rolled back"
	case action == plan.ActionRestore:
		text = "restored with " + commit(p.Commit, p.Subject)
	case action == plan.ActionAdopt:
		text = "adopted"
	case action == plan.ActionCandidate:
		text = "candidate again"
	default:
		return ""
	}
	if p.Actor != "" {
		text += " by " + p.Actor
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

func forHowLong(v *Version, now time.Time) string {
	if v == nil || v.Since == nil {
		return ", stable since an unknown time"
	}
	return ", stable for " + Age(now.Sub(*v.Since))
}

// Age is a duration in the largest unit that tells something.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
