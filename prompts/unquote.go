package prompts

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote is the text of a TOML string as written, quotes included.
func unquote(raw string) string {
	var b strings.Builder
	walkString(raw, func(_ int, piece string) bool {
		b.WriteString(piece)
		return true
	})
	return b.String()
}

// offsetIn is the offset inside raw, a TOML string as written, of byte i of its text.
func offsetIn(raw string, i int) int {
	at := len(raw)
	walkString(raw, func(offset int, piece string) bool {
		if i < len(piece) {
			at = offset
			if len(piece) > 1 && strings.HasPrefix(raw[offset:], piece) {
				at += i // plain text; an escape is one place
			}
			return false
		}
		i -= len(piece)
		return true
	})
	return at
}

// walkString calls yield with each piece of the string's text and the offset
// where it is written, until yield returns false. Malformed escapes are passed
// on as they are: the TOML library has refused them.
func walkString(raw string, yield func(offset int, piece string) bool) {
	if raw == "" {
		return
	}
	quote := raw[:1]
	var end int
	i, multi := 1, false
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(raw, triple) && len(raw) >= 6 {
		i, multi = 3, true
		if strings.HasPrefix(raw[i:], "\n") {
			i++
		}
		end = max(i, len(strings.TrimSuffix(raw, triple)))
	} else {
		end = max(i, len(strings.TrimSuffix(raw, quote)))
	}
	for i < end {
		n := strings.IndexByte(raw[i:end], '\\')
		if quote == "'" || n < 0 {
			n = end - i
		}
		if n > 0 {
			if !yield(i, raw[i:i+n]) {
				return
			}
			i += n
			continue
		}
		piece, size := unescape(raw[i:end], multi)
		if piece != "" && !yield(i, piece) {
			return
		}
		i += size
	}
}

// unescape decodes the escape at the start of s and returns its length.
func unescape(s string, multi bool) (piece string, size int) {
	if len(s) < 2 {
		return s, len(s)
	}
	switch s[1] {
	case 'b':
		return "\b", 2
	case 't':
		return "\t", 2
	case 'n':
		return "\n", 2
	case 'f':
		return "\f", 2
	case 'r':
		return "\r", 2
	case 'e':
		return "\x1b", 2
	case '"', '\\':
		return s[1:2], 2
	case 'x':
		return unescapeRune(s, 2)
	case 'u':
		return unescapeRune(s, 4)
	case 'U':
		return unescapeRune(s, 8)
	case ' ', '\t', '\n':
		if multi { // a backslash before the line's end joins the lines
			return "", len(s) - len(strings.TrimLeft(s[1:], " \t\n"))
		}
	}
	return s[:1], 1
}

func unescapeRune(s string, digits int) (string, int) {
	if len(s) < 2+digits {
		return s, len(s)
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil {
		return s[:1], 1
	}
	return string(utf8.AppendRune(nil, rune(n))), 2 + digits
}
