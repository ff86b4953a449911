package importer

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/evalkit/assert"
	evalsuite "github.com/promptflag/promptflag/evalkit/suite"
	"github.com/promptflag/promptflag/prompts"
)

var noType = regexp.MustCompile(`^there is no type "(.+?)"`)

// missing are types with a judge or embeddings that assertions do not have yet.
// There is nothing to allow for once they are there.
func missing(kind string) bool {
	return (judged(kind) || embedded(kind)) && !slices.ContainsFunc(assert.Kinds(), func(k assert.Kind) bool { return k.Name == kind })
}

// TestSuitesLoad gives what is written to who reads it.
func TestSuitesLoad(t *testing.T) {
	suites := 0
	for _, file := range fixtures(t) {
		r := importFixture(t, file)
		for _, f := range r.Files {
			if !strings.HasSuffix(f.Path, ".eval.toml") {
				continue
			}
			suites++
			_, err := evalsuite.Load(folder(r), "prompts", "prompts/"+f.Path)
			var found prompts.Findings
			if err != nil && !errors.As(err, &found) {
				t.Errorf("%s: %v", file, err)
			}
			for _, finding := range found {
				if m := noType.FindStringSubmatch(finding.Message); m != nil && missing(m[1]) {
					t.Logf("%s: not there yet: %v", file, finding)
				} else {
					t.Errorf("%s: %v", file, finding)
				}
			}
		}
	}
	if suites < 5 {
		t.Errorf("%d suites, want at least 5", suites)
	}
}

// TestKnown compares what is carried over with what there is.
func TestKnown(t *testing.T) {
	for _, k := range assert.Kinds() {
		if k.Name == "model-graded-factuality" {
			continue // carried over under its other name
		}
		if k.Name != "expr" && !known(k.Name) {
			t.Errorf("%s is a type of assertions, and is not carried over", k.Name)
		}
		if k.Judge != judged(k.Name) || k.Embedder != embedded(k.Name) {
			t.Errorf("%s asks a judge: %t, embeddings: %t; the importer says %t and %t", k.Name, k.Judge, k.Embedder, judged(k.Name), embedded(k.Name))
		}
	}
	for _, kind := range carried() {
		if !missing(kind) && !slices.ContainsFunc(assert.Kinds(), func(k assert.Kind) bool { return k.Name == kind }) {
			t.Errorf("%s is carried over, and is no type of assertions", kind)
		}
	}
}
