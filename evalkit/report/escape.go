package report

import (
	"regexp"
	"strings"
	"unicode"
)

// code is text as a code span of Markdown, on one line: nothing in it is markup,
// a link, a mention or a reference, for all of them pass over code. The fence is
// longer than any run of backticks in it.
func code(text string) string {
	text = strings.ReplaceAll(line(text), "##[", "## [")
	if text == "" {
		return "–"
	}
	longest, run := 0, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// cell makes Markdown fit for a cell of a table. A bar ends a cell even in
// code, and how a backslash before it is read differs, so it becomes another.
func cell(markdown string) string { return strings.ReplaceAll(markdown, "|", "¦") }

// dull is a word that Markdown and GitHub leave alone wherever it stands but at
// the begin of a line.
var dull = regexp.MustCompile(`^[\pL\pM\pN.,;:%()=−–+/'’"±≥≤…?!✓✗-]+$|^\$[0-9.,]+;?$`)

// linked is what GitHub makes more of by itself: an address, a reference to an
// issue, an emoji's name, which a colon of ours may end.
var linked = regexp.MustCompile(`(?i)www\.|gh-[0-9]|:.`)

// commit is a number that GitHub may find a commit by.
var commit = regexp.MustCompile(`(?i)[0-9a-f]{7,}`)

// prose is a sentence that is ours, with names in it that are not: words that
// Markdown could read as more than a word become code, and so does what could
// begin a list or a heading.
func prose(text string) string {
	words := strings.Fields(line(text))
	for i := 0; i < len(words); i++ {
		// Numbers in brackets, as intervals are written, need only one backslash.
		plain := strings.Trim(strings.TrimRight(words[i], ",;."), "[]")
		if plain == "" || !dull.MatchString(plain) || linked.MatchString(plain) ||
			commit.MatchString(plain) && strings.ContainsFunc(plain, unicode.IsLetter) ||
			i == 0 && !unicode.IsLetter([]rune(plain)[0]) && !unicode.IsNumber([]rune(plain)[0]) {
			words[i] = code(words[i])
			continue
		}
		words[i] = figures(words[i])
	}
	if len(words) > 0 && listItem.MatchString(words[0]) {
		words[0] = code(words[0])
	}
	return strings.Join(words, " ")
}

// figures are numbers as this package writes them, with the brackets of intervals.
func figures(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "[", `\[`), "]", `\]`)
}

var listItem = regexp.MustCompile(`^[0-9]+[.)]$`)

// preformatted is text as a block of HTML in Markdown, which is not read as
// Markdown until its end, and its end cannot be in it.
func preformatted(text string) string {
	return "<pre>\n" + markup(text) + "\n</pre>\n"
}

// markup is text for HTML between tags. It is not a command to a CI system
// that prints the source.
func markup(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "##[", "##&#91;").Replace(visible(text))
	return colons.ReplaceAllString(text, "$1&#58;&#58;")
}

var colons = regexp.MustCompile(`(?m)^(\s*)::`)
