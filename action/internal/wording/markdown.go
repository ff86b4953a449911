package wording

import "strings"

// markup is what Markdown or HTML would take as more than text.
var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;",
	"[", "&#91;", "]", "&#93;", "@", "&#64;&#8203;", "#", "&#35;", "\r", " ", "\n", " ", "\\", "&#92;", "~", "&#126;", ":", "&#58;", "$", "&#36;",
	"www.", "www&#46;",
)

// Markdown makes text safe inside a line, or a table, of GitHub-flavoured Markdown:
// it shows as it is and mentions nobody (GitHub looks for mentions in the rendered
// text, so a space of no width parts the @ from the name).
func Markdown(text string) string { return markup.Replace(text) }
