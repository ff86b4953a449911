package prompts

import (
	"fmt"
	"regexp"
)

// maxName keeps prefix + name within what flag servers and URLs take.
const maxName = 100

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$`)

// ValidName reports why s cannot be the name of a prompt. A name is 1 to 100
// bytes: segments of lower-case letters, digits, '_' and '-' that start with a
// letter or digit, joined by '.'.
func ValidName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("prompt name is empty")
	case len(s) > maxName:
		return fmt.Errorf("prompt name %q is longer than %d bytes", shorten(s), maxName)
	case !namePattern.MatchString(s):
		return fmt.Errorf("prompt name %q: want segments of a-z, 0-9, _ and -, each starting with a letter or digit, joined by dots", s)
	}
	return nil
}
