package comment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/bar"
	"github.com/promptflag/promptflag/prompts"
)

// openPrompts is up to how many prompts are shown one below the other; more of
// them are folded under a table.
const openPrompts = 3

// minLimit is what the parts that are never left out need.
const minLimit = 4000

// Markdown writes the text. It has at most limit bytes, which is at most as many
// characters as GitHub counts; less than 4,000 means 4,000.
func Markdown(in Input, limit int) string {
	limit = max(limit, minLimit)
	in.Prompts = slices.Clone(in.Prompts)
	slices.SortStableFunc(in.Prompts, func(a, b Prompt) int {
		if a.rank() != b.rank() {
			return a.rank() - b.rank()
		}
		return strings.Compare(a.Name, b.Name)
	})
	c := &composer{Input: in, limit: limit}
	c.end = c.footer()
	c.room = limit - len(c.end) - 300 // for what was left out
	c.block(c.title())
	c.block(c.notRun())
	c.block(c.moved())
	c.block(c.findings())
	if len(in.Prompts) > 1 {
		c.summary()
	}
	c.block(c.reach())
	if len(in.Prompts) > 1 {
		c.block("### How to undo it\n\n- " + strings.Join(in.undo(in.Prompts), "\n- ") + "\n\n")
	}
	c.block(c.notes())
	sections := c.sections()
	return c.top.String() + sections + c.leftOut() + c.end
}

// composer puts the text together.
type composer struct {
	Input
	limit, room int
	top         strings.Builder
	end         string
	left        []string // what was left out, in words
}

// block takes a part of the top, unless there is no room for it.
func (c *composer) block(text string) bool {
	if len(text) > c.room {
		return false
	}
	c.room -= len(text)
	c.top.WriteString(text)
	return true
}

// title is the verdict in plain words.
func (c *composer) title() string {
	v := c.Verdict()
	text := map[Verdict]string{
		Pass:         "Passed: measured, and the team's rules are kept",
		Fail:         "Failed: do not merge this as it is",
		Inconclusive: "Could not tell: nobody knows yet whether this is better or worse",
		NotEvaluated: "Not evaluated: nobody measured whether this is better or worse",
	}[v]
	switch errs := len(c.Findings.Errors()); {
	case errs > 0:
		text = "Failed: " + counted(errs, "mistake has", "mistakes have") + " to be mended first"
	case len(c.Prompts) == 0:
		text = "No prompt changes"
	case v == NotEvaluated && c.still():
		text = "Nothing to measure: no text that users get changes"
	case v == Pass && len(bar.Loosening(c.Moves)) > 0:
		text = "Passed, but the rules that judge it got easier"
	case v == Fail && !slices.ContainsFunc(c.Prompts, func(p Prompt) bool { return p.Report != nil && p.verdict() == Fail }):
		text = "Failed: it will not be published as it is"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n", v.sign(), text)
	if s := c.counts(); s != "" {
		b.WriteString(s + "\n\n")
	}
	return b.String()
}

// still: no prompt has anything that could be measured.
func (c *composer) still() bool {
	return !slices.ContainsFunc(c.Prompts, func(p Prompt) bool { return p.Kind != Removed && p.Kind != About })
}

// counts is "3 prompts change: 1 failed, 2 passed."
func (c *composer) counts() string {
	if len(c.Prompts) == 0 {
		return "Nothing of this pull request reaches users of a prompt."
	}
	count := map[string]int{}
	order := []string{Fail.word(), Inconclusive.word(), NotEvaluated.word(), Pass.word(), "with nothing to measure"}
	for _, p := range c.Prompts {
		word := p.verdict().word()
		if p.Report == nil && p.verdict() == Pass {
			word = "with nothing to measure"
		}
		count[word]++
	}
	var parts []string
	for _, word := range order {
		if n := count[word]; n > 0 {
			parts = append(parts, thousands(n)+" "+word)
		}
	}
	text := "This pull request touches **" + counted(len(c.Prompts), "prompt", "prompts") + "**, instructions that services give to an AI model"
	if len(c.Prompts) > 1 && !c.still() {
		text += ": " + strings.Join(parts, ", ")
	}
	text += ". "
	switch v := c.Verdict(); {
	case len(c.Findings.Errors()) > 0:
		text += "What is listed below has to be mended first."
	case v == Fail:
		text += "What failed will not be published, even if it is merged."
	case v == Inconclusive:
		if c.PublishInconclusive {
			text += "It would be published all the same: the team's settings allow that."
		} else {
			text += "What could not be told will not be published until it can be."
		}
	case v == NotEvaluated:
		if len(c.NotRun) == 0 && !c.still() {
			text += "What has no evaluation is published without one."
		}
	}
	return strings.TrimSpace(text)
}

// notRun says plainly what nobody did.
func (c *composer) notRun() string {
	if len(c.NotRun) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("### ⚠️ What was not done\n\n")
	for _, s := range c.NotRun {
		b.WriteString("- " + prose(s) + "\n")
	}
	return b.String() + "\n"
}

// maxMoves and maxFindings bound the lists at the top.
const (
	maxMoves    = 20
	maxFindings = 15
)

// moved is how the rules get easier; what makes them harder follows folded.
func (c *composer) moved() string {
	loose := bar.Loosening(c.Moves)
	var tight []bar.Move
	for _, m := range c.Moves {
		if !m.Loosens {
			tight = append(tight, m)
		}
	}
	var b strings.Builder
	if len(loose) > 0 {
		b.WriteString("### ⚠️ The bar moved\n\nThis pull request changes not only prompts but also **the rules that judge them**. With the rules of before, the verdict could be another one:\n\n")
		b.WriteString(moveList(loose))
	}
	if len(tight) > 0 {
		b.WriteString("<details><summary>Rules that get stricter (" + thousands(len(tight)) + ")</summary>\n\n" + moveList(tight) + "</details>\n\n")
	}
	return b.String()
}

func moveList(list []bar.Move) string {
	var b strings.Builder
	for i, m := range list {
		if i == maxMoves {
			b.WriteString("- and " + thousands(len(list)-i) + " more\n")
			break
		}
		about := m.Prompt
		if about == "" {
			about = m.File
		}
		b.WriteString("- " + code(about) + " " + prose(m.Sentence) + "\n")
	}
	return b.String() + "\n"
}

// findings are what check says: mistakes first.
func (c *composer) findings() string {
	errs := c.Findings.Errors()
	var rest prompts.Findings
	for _, f := range c.Findings {
		if f.Severity == prompts.Warning {
			rest = append(rest, f)
		}
	}
	var b strings.Builder
	if len(errs) > 0 {
		b.WriteString("### Mistakes\n\n" + findingList(errs))
	}
	if len(rest) > 0 {
		b.WriteString("<details><summary>Warnings (" + thousands(len(rest)) + "), none of which stops this</summary>\n\n" + findingList(rest) + "</details>\n\n")
	}
	return b.String()
}

func findingList(list prompts.Findings) string {
	var b strings.Builder
	for i, f := range list {
		if i == maxFindings {
			b.WriteString("- and " + thousands(len(list)-i) + " more\n")
			break
		}
		place := f.File
		if f.Line > 0 {
			place += fmt.Sprintf(":%d", f.Line)
		}
		b.WriteString("- " + code(place) + " " + prose(f.Message))
		if f.Hint != "" {
			b.WriteString(". To do: " + prose(f.Hint))
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}

// summary is a row for each prompt, as long as they take no more than half. What
// is the same for all of them is said once.
func (c *composer) summary() {
	most, nobody := c.mostly(), false
	head, rule := "| | Prompt | What changes | Is it better? | Cost of 1,000 calls |", "| :--- | :--- | :--- | :--- | :--- |"
	others := false
	for _, p := range c.Prompts {
		switch who := c.usersShort(p); who {
		case most:
		case blockedShort:
			nobody = true
		default:
			others = true
		}
	}
	if most != "" {
		text := "**When this is merged**"
		if others {
			text += ", where the table says nothing else"
		}
		text += ": " + strings.ReplaceAll(most, "<br>", "; ") + "."
		if nobody {
			text += " Nobody gets what failed or could not be judged."
		}
		c.block(text + "\n\n")
	}
	if others {
		head, rule = head+" Who gets it when merged |", rule+" :--- |"
	}
	c.block(head + "\n" + rule + "\n")
	least := c.limit / 2
	for i, p := range c.Prompts {
		verdict := p.sign()
		if verdict != "" {
			verdict += p.verdict().word()
		}
		what := p.what()
		if n := len(p.unaccepted()); n > 0 {
			what += "; ❌ **breaks callers**"
		}
		row := fmt.Sprintf("| %s | %s | %s | %s | %s |", verdict, code(p.Name), what, p.better(false), p.cost())
		if who := c.usersShort(p); others && who != most {
			row += " " + who + " |"
		} else if others {
			row += " |"
		}
		if c.room-len(row) < least || !c.block(row+"\n") {
			c.block(fmt.Sprintf("| | and %s more | | | |\n", thousands(len(c.Prompts)-i)))
			c.left = append(c.left, counted(len(c.Prompts)-i, "row of the table", "rows of the table"))
			break
		}
	}
	c.block("\n")
}

// mostly is what a merge does with most of the prompts; "" when it is different
// things.
func (c *composer) mostly() string {
	count, most := map[string]int{}, ""
	for _, p := range c.Prompts {
		who := c.usersShort(p)
		if count[who]++; count[who] > count[most] {
			most = who
		}
	}
	if 2*count[most] <= len(c.Prompts) {
		return ""
	}
	return most
}

// reach says which prompts a changed partial is part of.
func (c *composer) reach() string {
	var b strings.Builder
	for i, p := range c.Partials {
		if i == maxMoves {
			b.WriteString("- and " + thousands(len(c.Partials)-i) + " more\n")
			break
		}
		b.WriteString("- " + code(p.File) + " changed. It is part of " + counted(len(p.Prompts), "prompt", "prompts") + ", each of which gets a new version: " + some(p.Prompts, 10) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "**Shared texts**\n\n" + b.String() + "\n"
}

func (c *composer) notes() string {
	var b strings.Builder
	for i, s := range c.Notes {
		if i == maxMoves {
			break
		}
		b.WriteString("- " + prose(s) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "**Good to know**\n\n" + b.String() + "\n"
}

// leftOut says what the limit did not allow.
func (c *composer) leftOut() string {
	if len(c.left) == 0 {
		return ""
	}
	text := "Left out here, because a comment can only be so long: " + strings.Join(c.left, ", ") + ".\n\n"
	if len(text) > 280 {
		text = "Much was left out here, because a comment can only be so long.\n\n"
	}
	return text
}

func (c *composer) footer() string {
	text := "<sub>promptflag"
	if len(c.Head) >= 12 && len(c.Base) >= 12 {
		text += ", commit " + code(c.Head[:12]) + " against " + code(c.Base[:12])
	}
	if to := link("All answers and reports are in the files of this run", c.RunURL); strings.HasPrefix(to, "[") {
		text += ". " + to
	}
	return text + "</sub>\n"
}
