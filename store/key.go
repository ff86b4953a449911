package store

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxKey     = 900 // bytes; S3 and Azure allow 1024, a prefix of the bucket's owner needs room
	maxSegment = 240 // bytes; file systems allow 255
)

// ValidKey reports why key cannot name an object on every backend, nil if it
// can. Keys are segments of ASCII letters, digits and "._~+=@-", separated by
// single slashes. A segment does not start or end with a dot, so no key climbs
// out of a directory or collides with temporary files. Device names of Windows
// (con, nul, aux.json) are keys too; only a [Dir] on Windows refuses them.
func ValidKey(key string) error {
	if err := validKey(key); err != nil {
		return fmt.Errorf("key %.100q: %w", key, err)
	}
	return nil
}

func validKey(key string) error {
	if key == "" {
		return errors.New("empty")
	}
	if len(key) > maxKey {
		return fmt.Errorf("%d bytes, at most %d are allowed", len(key), maxKey)
	}
	for segment := range strings.SplitSeq(key, "/") {
		if err := validSegment(segment); err != nil {
			return err
		}
	}
	return nil
}

func validSegment(s string) error {
	switch {
	case s == "":
		return errors.New("empty segment (leading, trailing or double slash)")
	case len(s) > maxSegment:
		return fmt.Errorf("segment of %d bytes, at most %d are allowed", len(s), maxSegment)
	case s[0] == '.' || s[len(s)-1] == '.':
		return errors.New("a segment starts or ends with a dot")
	}
	return keyBytes(s)
}

// ValidPrefix is ValidKey for the start of a key, which may be empty or end
// anywhere. Backends need it for List.
func ValidPrefix(prefix string) error {
	if len(prefix) > maxKey {
		return fmt.Errorf("prefix %.100q: longer than a key", prefix)
	}
	whole, last := cutLast(prefix)
	if whole != "" {
		if err := validKey(whole); err != nil {
			return fmt.Errorf("prefix %.100q: %w", prefix, err)
		}
	} else if strings.HasPrefix(prefix, "/") {
		return fmt.Errorf("prefix %.100q: leading slash", prefix)
	}
	if err := keyBytes(last); err != nil || strings.HasPrefix(last, ".") {
		return fmt.Errorf("prefix %.100q: cannot start a key", prefix)
	}
	return nil
}

// cutLast splits at the last slash: "a/b/c" is "a/b", "c"; "c" is "", "c".
func cutLast(key string) (dir, base string) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return "", key
	}
	return key[:i], key[i+1:]
}

func keyBytes(s string) error {
	for _, c := range []byte(s) {
		if !isAlnum(c) && strings.IndexByte("._~+=@-", c) < 0 {
			return fmt.Errorf("character %q is not allowed", rune(c))
		}
	}
	return nil
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isLowerHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
