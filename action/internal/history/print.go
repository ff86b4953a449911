package history

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

// Stamp prints a time to the second, which tells what was first, in UTC.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Clean keeps what somebody wrote on one line, without control characters and
// without marks that turn the direction of writing.
func Clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '?'
	}, text))
}

// Print writes entries for people in the order given, those of one operation
// together.
func Print(w io.Writer, entries []Entry) error {
	var b strings.Builder
	for i := 0; i < len(entries); {
		n := i + 1
		for n < len(entries) && entries[i].Operation != "" && entries[n].Operation == entries[i].Operation &&
			entries[n].Time.Equal(entries[i].Time) && entries[n].Environment == entries[i].Environment {
			n++
		}
		block(&b, entries[i:n])
		i = n
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func block(b *strings.Builder, group []Entry) {
	e := group[0]
	fmt.Fprintf(b, "%s  %s  %s\n", Stamp(e.Time), e.Environment, Headline(group))
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	switch {
	case e.Fault != "":
		line("the record cannot be read: %s", Clean(e.Fault))
	case !e.Finished:
		line("started, not finished: nobody knows how far it came")
	}
	if e.Source == Promptflag && e.Detail != "" && e.Fault == "" {
		line("%s", Clean(e.Detail))
	}
	if e.After != nil && e.Finished && (e.Before == nil || *e.Before != *e.After) {
		line("%s", served(*e.After))
	}
	if who := Origin(e); who != "" {
		line("%s", who)
	}
	if e.Reason != "" {
		line("reason: %s", Clean(e.Reason))
	}
}

// Headline says what an entry, or those of one operation, did.
func Headline(group []Entry) string {
	e := group[0]
	if e.Source != Promptflag {
		what := e.Detail
		if what == "" {
			what = e.Action
		}
		by := "by hand"
		if e.Source == Unrecorded {
			by = "promptflag, of which there is no record"
		}
		return Clean(what) + " (" + by + ", " + Clean(orUnknown(e.Account)) + ")"
	}
	var words []string
	for _, e := range group {
		word := e.word()
		if v := plan.Version(e.Ref); v != "" {
			word += " " + v
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// word is what became of the version of a record, as plan and the commands say it:
// a version that somebody had rejected before is held, not rolled back again.
func (e Entry) word() string {
	switch plan.Action(e.Action) {
	case plan.ActionCreate:
		return string(plan.Create)
	case plan.ActionReject:
		if b := e.Before; b != nil && b.Candidate == e.Ref && b.CandidateDisabled {
			return string(plan.Held)
		}
		return string(plan.Rollback)
	case plan.ActionReplace:
		return string(plan.Held)
	}
	return e.Action
}

// served is a state in words.
func served(s store.State) string { return cmp.Or(plan.Served(s), "no version is served") }

// Origin says who was behind an entry, and from where it came.
func Origin(e Entry) string {
	var words []string
	add := func(label, text string) {
		if text = Clean(text); text != "" {
			words = append(words, label+text)
		}
	}
	add("by ", e.Actor)
	if e.Author != e.Actor {
		add("written by ", e.Author)
	}
	add("approved by ", strings.Join(e.Approvers, ", "))
	if e.Source == Promptflag && e.Account != "" {
		add("as ", e.Account)
	}
	if e.Subject != "" && e.Subject != e.Reason {
		add("", "“"+Clean(e.Subject)+"”")
	}
	add("commit ", e.Commit[:min(len(e.Commit), 12)])
	add("", e.PullRequest)
	add("", e.Run)
	add("verdict ", e.Verdict)
	return strings.Join(words, ", ")
}
