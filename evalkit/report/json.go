package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// JSON writes r, indented, with its schema's version in the member
// promptflagReport. It is ASCII but for letters and signs that a reader sees,
// and no part of it is a command to a CI system that prints it.
func JSON(w io.Writer, r *evalkit.Report) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text) // escapes <, > and &
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("report of %q as JSON: %w", r.Prompt, err)
	}
	// What is hidden stands only in strings, and so does "##[".
	_, err := w.Write(escapeHidden(strings.ReplaceAll(text.String(), "##[", `##\u005b`)))
	return err
}

// escapeHidden writes hidden characters in the notation of JSON's strings.
func escapeHidden(text string) []byte {
	var b bytes.Buffer
	for _, r := range text {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
