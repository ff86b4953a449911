package wording_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/wording"
)

func ExampleCounted() {
	fmt.Println(wording.Counted(1, "flag waits", "flags wait"))
	fmt.Println(wording.Counted(0, "flag waits", "flags wait"))
	// Output:
	// 1 flag waits
	// 0 flags wait
}

func ExampleFew() {
	fmt.Println(wording.Few(strings.Split("abcdefghij", "")))
	fmt.Println(wording.Few(strings.Split("abcdefghijkl", "")))
	// Output:
	// a, b, c, d, e, f, g, h, i, j
	// a, b, c, d, e, f, g, h, i, j and 2 more
}

func ExampleMoment() {
	fmt.Println(wording.Moment(time.Date(2026, 11, 3, 10, 12, 59, 0, time.FixedZone("CET", 3600))))
	// Output: 2026-11-03 09:12 UTC
}

func ExampleLine() {
	fmt.Println(wording.Line(" two\nlines\r\n\t\x1b[31m\u202ered\u200b\u2028end "))
	// Output: two lines [31mred end
}

func TestMarkdownIsText(t *testing.T) {
	for in, want := range map[string]string{
		"support.triage":       "support.triage",
		"a|b\nc\r":             "a&#124;b c ",
		"@acme/ai fixes #12":   "&#64;&#8203;acme/ai fixes &#35;12",
		"<img src=x>":          "&lt;img src=x&gt;",
		"[x](https://a.dev)":   "&#91;x&#93;(https&#58;//a.dev)",
		"www.example.com":      "www&#46;example.com",
		"`a` *b* _c_ ~d~ \\|$": "&#96;a&#96; &#42;b&#42; &#95;c&#95; &#126;d&#126; &#92;&#124;&#36;",
	} {
		if got := wording.Markdown(in); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", in, got, want)
		}
	}
}
