package importer

import (
	"strings"
	"testing"

	evalsuite "github.com/promptflag/promptflag/evalkit/suite"
)

// TestSuitesLoad gives what is written to who reads it.
func TestSuitesLoad(t *testing.T) {
	loaded := 0
	for _, file := range fixtures(t) {
		r := importFixture(t, file)
		for _, f := range r.Files {
			if !strings.HasSuffix(f.Path, ".eval.toml") {
				continue
			}
			loaded++
			if _, err := evalsuite.Load(folder(r), "prompts", "prompts/"+f.Path); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if loaded < 5 {
		t.Errorf("%d suites, want at least 5", loaded)
	}
}
