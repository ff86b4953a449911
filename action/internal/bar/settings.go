package bar

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/wording"
	"github.com/promptflag/promptflag/prompts"
)

// Settings is one state of promptflag.toml.
type Settings struct {
	*config.Config
	// Values is the file as it is written, see prompts.Document.
	Values map[string]any
}

// File compares two states of promptflag.toml.
func File(old, now Settings) []Move {
	m := &moves{file: config.FileName}
	m.flag("require_suite: every prompt has to have an evaluation", old.Gate.RequireSuite, now.Gate.RequireSuite)
	m.flag("on_inconclusive: what could not be told is not published", !old.Gate.PublishInconclusive, !now.Gate.PublishInconclusive)
	m.severities(old, now)
	m.ignores(old.Check.Ignore, now.Check.Ignore)
	if names := old.Check.Names; len(names) > 0 && !slices.Equal(names, now.Check.Names) {
		m.looser("changes which names prompts may have from %s to %s", list(names), list(now.Check.Names))
	}
	for _, e := range now.Environments {
		if was, ok := old.Lookup(e.Name); ok {
			m.environment(was, e, old.Values, now.Values)
		}
	}
	for _, model := range slices.Sorted(maps.Keys(old.Evaluation.Prices)) {
		a, b := old.Evaluation.Prices[model], now.Evaluation.Prices[model]
		if _, ok := now.Evaluation.Prices[model]; ok && (b.Input < a.Input || b.Output < a.Output) {
			m.looser("lowers the price of %s, by which costs are judged, from $%s and $%s to $%s and $%s per million tokens",
				short(model), plain(a.Input), plain(a.Output), plain(b.Input), plain(b.Output))
		}
	}
	return m.all
}

func (m *moves) flag(what string, old, now bool) {
	switch {
	case old && !now:
		m.looser("takes back %s", what)
	case now && !old:
		m.tighter("asks for %s", what)
	}
}

func (m *moves) environment(old, now config.Environment, oldFile, newFile map[string]any) {
	if old.Percent != now.Percent {
		text := fmt.Sprintf("starts new versions in %s for %d %% of users instead of %d %%", now.Name, now.Percent, old.Percent)
		m.all = append(m.all, Move{m.prompt, m.file, now.Percent > old.Percent, text})
	}
	a, b := protection(oldFile, now.Name), protection(newFile, now.Name)
	m.number(&a.approvals, &b.approvals, true, plain, "", "how many people have to approve before "+now.Name+" from %s to %s", "")
	m.flag("require_codeowner: an owner of the files has to approve before "+now.Name, a.codeowner, b.codeowner)
	m.flag(`publish = "manual": nothing reaches `+now.Name+" by a merge alone", a.manual, b.manual)
	if gone := missing(a.freeze, b.freeze); gone > 0 {
		m.looser("removes or changes %s in which nothing is published to %s", wording.Counted(gone, "window of time", "windows of time"), now.Name)
	}
	if more := missing(b.freeze, a.freeze); more > 0 {
		m.tighter("adds %s in which nothing is published to %s", wording.Counted(more, "window of time", "windows of time"), now.Name)
	}
}

// protected is what an environment asks before a version goes out.
type protected struct {
	approvals         float64
	codeowner, manual bool
	freeze            []string
}

// protection reads what is written: a number or switch of the environment counts
// before that of the file, windows of both count.
func protection(file map[string]any, environment string) (p protected) {
	environments, _ := file["environments"].(map[string]any)
	own, _ := environments[environment].(map[string]any)
	for _, t := range []map[string]any{file, own} {
		if n, ok := t["require_approvals"].(int64); ok {
			p.approvals = float64(n)
		}
		if is, ok := t["require_codeowner"].(bool); ok {
			p.codeowner = is
		}
		windows, _ := t["freeze"].([]any)
		for _, w := range windows {
			p.freeze = append(p.freeze, string(canonical(w)))
		}
	}
	p.manual = own["publish"] == "manual"
	return p
}

func missing(from, in []string) (n int) {
	in = slices.Clone(in)
	for _, s := range from {
		if i := slices.Index(in, s); i >= 0 {
			in = slices.Delete(in, i, i+1)
			continue
		}
		n++
	}
	return n
}

var ranks = []prompts.Severity{prompts.Note, prompts.Warning, prompts.Error}

// severities compares what rules are overridden to. What holds without an
// override is not known here, so taking one away may go either way.
func (m *moves) severities(old, now Settings) {
	for _, id := range either(old.Check.Severity, now.Check.Severity) {
		a, b := old.Check.Severity[id], now.Check.Severity[id]
		if a == b {
			continue
		}
		text := fmt.Sprintf("makes findings of %s %s instead of %s", id, severity(b), severity(a))
		tighter := b == prompts.Error || a != "" && b != "" && slices.Index(ranks, b) > slices.Index(ranks, a)
		m.all = append(m.all, Move{m.prompt, m.file, !tighter, text})
	}
}

func severity(s prompts.Severity) string {
	if s == "" {
		return "what they are by default"
	}
	return string(s)
}

func (m *moves) ignores(old, now []config.Ignore) {
	same := func(a, b config.Ignore) bool { return a.Rule == b.Rule && slices.Equal(a.Prompts, b.Prompts) }
	for _, e := range now {
		if !slices.ContainsFunc(old, func(o config.Ignore) bool { return same(o, e) }) {
			m.looser("ignores the rule %s for %s: %s", e.Rule, list(e.Prompts), short(e.Reason))
		}
	}
	for _, e := range old {
		if !slices.ContainsFunc(now, func(o config.Ignore) bool { return same(o, e) }) {
			m.tighter("no longer ignores the rule %s for %s", e.Rule, list(e.Prompts))
		}
	}
}

func list(patterns []string) string {
	if len(patterns) == 0 {
		return "all"
	}
	var c named
	for _, p := range patterns {
		c.add(p)
	}
	return c.list()
}

// Definitions compares what a prompt's file says about rules. old is nil for a
// prompt that is new.
func Definitions(old, now *prompts.Definition) []Move {
	m := &moves{prompt: now.Prompt.Name(), file: now.File}
	var was map[string]string
	if old != nil {
		was = old.Ignore
	}
	for _, id := range slices.Sorted(maps.Keys(now.Ignore)) {
		if _, ok := was[id]; !ok && old != nil {
			m.looser("ignores the rule %s: %s", id, short(strings.TrimSpace(now.Ignore[id])))
		}
	}
	return m.all
}
