package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/internal/golden"
)

// The vectors below freeze the artifact, the digest, the reader and the texts of
// findings. UPDATE=1 rewrites what is expected; read it in the diff. A change of
// testdata/golden changes digests that people have published: it is a decision.

// cases lists the files of one folder of vectors; none is a failure.
func cases(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in testdata/%s (%v)", pattern, err)
	}
	return files
}

// base is a vector's name: its file name up to the extension.
func base(file, extension string) string {
	return strings.TrimSuffix(filepath.Base(file), extension)
}

// parseVector parses a file of testdata/golden. A first line "# name: x.y" names the prompt.
func parseVector(t *testing.T, vector string) *Prompt {
	t.Helper()
	src := read(t, filepath.Join("testdata", "golden", vector+".toml"))
	name := "support.triage"
	if first, _, _ := bytes.Cut(src, []byte("\n")); bytes.HasPrefix(first, []byte("# name: ")) {
		name = string(first[len("# name: "):])
	}
	d, err := Parse(vector+".toml", name, src)
	if err != nil {
		t.Fatalf("Parse(%s): %v", vector, err)
	}
	return d.Prompt
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestGoldenArtifacts(t *testing.T) {
	for _, file := range cases(t, "golden/*.toml") {
		vector := base(file, ".toml")
		t.Run(vector, func(t *testing.T) {
			p := parseVector(t, vector)
			golden.Compare(t, filepath.Join("testdata", "golden", vector+".artifact.json"), p.Artifact())
			golden.Compare(t, filepath.Join("testdata", "golden", vector+".digest"), []byte(string(p.Digest())+"\n"))
			again, err := From(p.Structure())
			if err != nil {
				t.Fatalf("From(Structure()): %v", err)
			}
			if again.Ref() != p.Ref() {
				t.Errorf("From(Structure()) = %v, want %v", again, p)
			}
		})
	}
}

// TestGoldenComplete finds expected files whose vector was renamed or lost.
func TestGoldenComplete(t *testing.T) {
	for folder, extensions := range map[string][2]string{
		"golden":   {".artifact.json", ".toml"},
		"findings": {".want", ".toml"},
		"reader":   {".want", ".json"},
	} {
		for _, file := range cases(t, folder+"/*"+extensions[0]) {
			source := filepath.Join("testdata", folder, base(file, extensions[0])+extensions[1])
			if _, err := os.Stat(source); err != nil {
				t.Errorf("%s has no source: %v", file, err)
			}
		}
	}
}

func TestIdentity(t *testing.T) {
	same := [][]string{
		{"minimal", "about_the_team_is_not_identity", "bom_is_stripped"},
		{"variable", "variable_description_is_not_identity"},
		{"multi_line_lf", "crlf_becomes_lf"},
		{"one", "one_as_float_agrees", "one_in_other_spellings_agrees", "key_order_is_not_identity", "dotted_keys_and_inline_tables_agree"},
	}
	for _, group := range same {
		for _, vector := range group[1:] {
			if got, want := parseVector(t, vector).Digest(), parseVector(t, group[0]).Digest(); got != want {
				t.Errorf("digest of %s = %s, want that of %s", vector, got, group[0])
			}
		}
	}
	twin := map[string]string{} // the first vector of its group stands for the others
	for _, group := range same {
		for _, vector := range group {
			twin[vector] = group[0]
		}
	}
	seen := map[Digest]string{}
	for _, file := range cases(t, "golden/*.toml") {
		vector := base(file, ".toml")
		digest := parseVector(t, vector).Digest()
		if other, ok := seen[digest]; ok && (twin[vector] == "" || twin[vector] != twin[other]) {
			t.Errorf("%s and %s have the same digest", vector, other)
		}
		seen[digest] = vector
	}
}

func TestGoldenFindings(t *testing.T) {
	for _, file := range cases(t, "findings/*.toml") {
		vector := base(file, ".toml")
		t.Run(vector, func(t *testing.T) {
			d, err := Parse(vector+".toml", "support.triage", read(t, file))
			var findings Findings
			if !errors.As(err, &findings) || d != nil {
				t.Fatalf("Parse = %v, %v, want only Findings", d, err)
			}
			golden.Compare(t, filepath.Join("testdata", "findings", vector+".want"), []byte(err.Error()+"\n"))
		})
	}
}

func TestGoldenReader(t *testing.T) {
	for _, file := range cases(t, "reader/*.json") {
		vector := base(file, ".json")
		t.Run(vector, func(t *testing.T) {
			data := read(t, file)
			golden.Compare(t, filepath.Join("testdata", "reader", vector+".want"), []byte(outcome(t, data)))
		})
	}
}

func outcome(t *testing.T, data []byte) string {
	p, err := Decode(data)
	switch {
	case errors.Is(err, ErrUnsupported):
		return "unsupported: " + err.Error() + "\n"
	case err != nil:
		return "error: " + err.Error() + "\n"
	}
	if got := p.Digest(); got != DigestOf(data) {
		t.Errorf("Digest = %s, want that of the bytes as they are", got)
	}
	if !bytes.Equal(p.Artifact(), data) {
		t.Errorf("Artifact differs from the bytes read")
	}
	return fmt.Sprintf("%s\nstructure: %s\n", p, marshal(t, p.Structure()))
}
