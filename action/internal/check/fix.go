package check

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// Fix makes the changes that findings of one file carry. Overlapping changes
// are made one at a time: the rest waits for the next run. It returns how many
// findings were mended. Line ends stay what they are, unless a finding is about
// them: then LF.
func Fix(src []byte, findings prompts.Findings) (out []byte, mended int) {
	text := strings.ReplaceAll(string(bytes.TrimPrefix(src, []byte("\ufeff"))), "\r\n", "\n")
	even := bytes.Count(src, []byte("\r\n")) == bytes.Count(src, []byte("\n"))
	var fixes []prompts.Fix
	for _, f := range findings {
		if f.Fix == nil {
			continue
		}
		mended++
		if *f.Fix == (prompts.Fix{}) { // the text as it is now mends it
			continue
		}
		fixes = append(fixes, *f.Fix)
	}
	if mended == 0 {
		return src, 0
	}
	slices.SortStableFunc(fixes, func(a, b prompts.Fix) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Text, b.Text)) })
	fixes = slices.Compact(fixes)
	var b strings.Builder
	done := 0
	for _, f := range fixes {
		if f.Start < done || f.End > len(text) {
			mended--
			continue
		}
		b.WriteString(text[done:f.Start])
		if f.Start == len(text) && text != "" && !strings.HasSuffix(text, "\n") && done < len(text) {
			b.WriteByte('\n')
		}
		b.WriteString(f.Text)
		done = f.End
	}
	b.WriteString(text[done:])
	fixed := b.String()
	if crlf := bytes.Contains(src, []byte("\r\n")); crlf && even && !bytes.HasPrefix(src, []byte("\ufeff")) {
		fixed = strings.ReplaceAll(fixed, "\n", "\r\n")
	}
	return []byte(fixed), mended
}
