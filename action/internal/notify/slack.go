package notify

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slack takes 50 blocks, and 3,000 characters in one.
const (
	maxSections = 20
	maxSection  = 3000
	maxReason   = 400
	maxWord     = 100
)

type slackText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim bool   `json:"verbatim"` // names of people and channels are not looked for
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

// slackMessage is one message about all events: text for notifications and old
// clients, blocks for reading.
func slackMessage(events []Event) ([]byte, error) {
	m := struct {
		Text   string       `json:"text"`
		Blocks []slackBlock `json:"blocks"`
	}{Text: "promptflag: " + headline(events[0])}
	if more := len(events) - 1; more > 0 {
		m.Text += fmt.Sprintf(", and %d more", more)
	}
	section := func(text string) {
		m.Blocks = append(m.Blocks, slackBlock{"section", slackText{"mrkdwn", text, true}})
	}
	for i, e := range events {
		if i == maxSections && len(events) > maxSections+1 {
			section(fmt.Sprintf("… and %d more", len(events)-i))
			break
		}
		section(slackSection(e))
	}
	return json.Marshal(m)
}

func slackSection(e Event) string {
	lines := []string{"*" + headline(e) + "*"}
	if e.Before != "" || e.After != "" {
		lines = append(lines, strings.TrimSpace(word(e.Before)+" → "+word(e.After)))
	}
	by := ""
	if e.Actor != "" {
		by = "by " + word(e.Actor)
	}
	if e.Reason != "" {
		by = strings.TrimSpace(by + ": " + text(e.Reason, maxReason))
		by = strings.TrimPrefix(by, ": ")
	}
	if link := link(e.URL); link != "" {
		lines = append(lines, link)
	}
	if by != "" {
		lines = append(lines, by)
	}
	// Escapes count; the end is what is least missed.
	for len(lines) > 1 && utf8.RuneCountInString(strings.Join(lines, "\n")) > maxSection {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// headline says what happened in one line.
func headline(e Event) string {
	what, ok := map[string]string{
		Published: "Published", Promoted: "Promoted", RolledBack: "Rolled back", Drift: "Drift", GateFailed: "Gate failed",
	}[e.Kind]
	if !ok {
		what = word(e.Kind)
	}
	for _, part := range []string{e.Prompt, e.Version} {
		if part != "" {
			what += " " + word(part)
		}
	}
	if e.Environment != "" {
		what += " in " + word(e.Environment)
	}
	return what
}

// link shows a page; an address that is none is left out.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(raw) > 1000 || strings.ContainsAny(raw, "<>| \n\t") {
		return ""
	}
	return "<" + escape(raw) + "|details>"
}

func word(s string) string { return text(s, maxWord) }

// text is what people wrote: one line, of a limited length, without meaning to
// Slack.
func text(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		case r == '`' || r == '*' || r == '~':
			return '\''
		}
		return r
	}, s)
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	return escape(s)
}

// escape does what Slack asks for: these three and no more.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
