package prompts

import (
	"strings"
	"testing"
)

const hexA = "3f9a2c1b04de00000000000000000000000000000000000000000000000000aa"

func TestDigest(t *testing.T) {
	d := DigestOf([]byte("abc")) // FIPS 180-2, appendix B.1
	if want := Digest("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); d != want {
		t.Errorf("DigestOf(abc) = %s, want %s", d, want)
	}
	if got := d.Version(); got != "ba7816bf8f01" {
		t.Errorf("Version() = %s, want ba7816bf8f01", got)
	}
	if got := Digest("").Version(); got != "" {
		t.Errorf("Version() of no digest = %q, want none", got)
	}
	if got, err := ParseDigest(string(d)); err != nil || got != d {
		t.Errorf("ParseDigest = %s, %v, want %s", got, err, d)
	}
	for _, s := range []string{"", "sha256:", hexA, "sha256:" + hexA[1:], "sha256:" + hexA + "0", "SHA256:" + hexA,
		"sha256:" + strings.ToUpper(hexA), "sha512:" + hexA, "sha256:" + hexA[:63] + "g", " sha256:" + hexA, strings.Repeat("x", 1000)} {
		if got, err := ParseDigest(s); err == nil || len(err.Error()) > 400 {
			t.Errorf("ParseDigest(%q) = %s, %v, want a short error", s, got, err)
		}
	}
}

func TestRef(t *testing.T) {
	const s = "support.triage@sha256:" + hexA
	ref, err := ParseRef(s)
	if err != nil || ref != (Ref{"support.triage", "sha256:" + hexA}) {
		t.Fatalf("ParseRef(%s) = %#v, %v", s, ref, err)
	}
	if ref.String() != s || ref.Version() != "3f9a2c1b04de" || ref.Digest.Hex() != hexA {
		t.Errorf("ref is %s, %s, %s", ref, ref.Version(), ref.Digest.Hex())
	}
	for _, s := range []string{"", "@", "support.triage", "support.triage@" + hexA, "@sha256:" + hexA, "A@sha256:" + hexA, "a@b@sha256:" + hexA, s + "\n"} {
		if got, err := ParseRef(s); err == nil {
			t.Errorf("ParseRef(%q) = %v, want an error", s, got)
		}
	}
}

func TestValidName(t *testing.T) {
	for _, s := range []string{"a", "0", "support.triage", "a-b_c.d1", "a.b.c", strings.Repeat("a", 100)} {
		if err := ValidName(s); err != nil {
			t.Errorf("ValidName(%q) = %v, want nil", s, err)
		}
	}
	for _, s := range []string{"", ".", "a.", ".a", "a..b", "A", "a b", "a/b", "-a", "_a", "a._b", "a@b", "ä", "a\n", strings.Repeat("a", 101)} {
		if ValidName(s) == nil {
			t.Errorf("ValidName(%q) = nil, want an error", s)
		}
	}
}
