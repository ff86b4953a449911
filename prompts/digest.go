package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

const digestPrefix = "sha256:"

// Digest is the identity of an artifact: "sha256:" and 64 lower-case hex digits.
// A Digest from DigestOf or ParseDigest is well formed.
type Digest string

// DigestOf hashes the bytes as they are; it does not canonicalise them.
func DigestOf(artifact []byte) Digest {
	sum := sha256.Sum256(artifact)
	return Digest(digestPrefix + hex.EncodeToString(sum[:]))
}

// ParseDigest accepts exactly the written form of a Digest.
func ParseDigest(s string) (Digest, error) {
	digits, ok := strings.CutPrefix(s, digestPrefix)
	if !ok || len(digits) != 2*sha256.Size || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", fmt.Errorf("digest %q: want sha256:<64 lower-case hex digits>", shorten(s))
	}
	return Digest(s), nil
}

// Hex is the digest without its "sha256:" prefix.
func (d Digest) Hex() string { return strings.TrimPrefix(string(d), digestPrefix) }

// Version is the first 12 hex digits: the short name for people, variant names and metrics.
func (d Digest) Version() string {
	digits := d.Hex()
	return digits[:min(len(digits), 12)]
}

// Ref names one version of one prompt. It is the only thing a flag carries.
type Ref struct {
	Name   string
	Digest Digest
}

// ParseRef parses "name@sha256:<hex>"; both halves are validated.
func ParseRef(s string) (Ref, error) {
	name, digest, ok := strings.Cut(s, "@")
	if !ok {
		return Ref{}, fmt.Errorf("ref %q: want name@sha256:<hex>", shorten(s))
	}
	if err := ValidName(name); err != nil {
		return Ref{}, fmt.Errorf("ref %q: %w", shorten(s), err)
	}
	d, err := ParseDigest(digest)
	if err != nil {
		return Ref{}, fmt.Errorf("ref %q: %w", shorten(s), err)
	}
	return Ref{Name: name, Digest: d}, nil
}

// String is the written form, name@sha256:<hex>.
func (r Ref) String() string { return r.Name + "@" + string(r.Digest) }

// Version is Digest.Version.
func (r Ref) Version() string { return r.Digest.Version() }

// shorten keeps hostile or mistaken input from filling a log line.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
