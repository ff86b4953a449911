package assert

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/internal/golden"
)

// frozen compares a text with a file that begins with its version: another text
// needs another version.
func frozen(t *testing.T, file, version, text string) {
	t.Helper()
	if old, err := os.ReadFile(file); err == nil && strings.HasPrefix(string(old), version) && string(old) != version+text {
		t.Errorf("%s: the questions have changed: raise questionsVersion, then write them with UPDATE=1", file)
		if os.Getenv("UPDATE") == "1" {
			return
		}
	}
	golden.Compare(t, file, version+text)
}

func TestJudgingHash(t *testing.T) {
	base := Judging{Model: "m"}
	if got, want := base.Hash(), "2acc7acaf149568dbec392dd1637069a698fd8a4bbcf72b184a4166c037f6c7b"; got != want {
		t.Errorf("Hash() = %s, want %s", got, want)
	}
	for name, same := range map[string]Judging{
		"votes":       {Model: "m", Votes: 1},
		"temperature": {Model: "m", Parameters: map[string]any{"temperature": 0.0}},
		"no others":   {Model: "m", Parameters: map[string]any{}},
		"of TOML":     {Model: "m", Parameters: map[string]any{"temperature": int64(0)}},
	} {
		if same.Hash() != base.Hash() {
			t.Errorf("%s: the hash differs from the default's", name)
		}
	}
	seen := map[string]string{base.Hash(): "base"}
	for name, other := range map[string]Judging{
		"model":       {Model: "n"},
		"votes":       {Model: "m", Votes: 3},
		"temperature": {Model: "m", Parameters: map[string]any{"temperature": 1}},
		"parameter":   {Model: "m", Parameters: map[string]any{"seed": 1}},
		"none":        {},
		"no number":   {Model: "m", Parameters: map[string]any{"seed": math.NaN()}},
	} {
		if before, ok := seen[other.Hash()]; ok {
			t.Errorf("%s has the hash of %s", name, before)
		}
		seen[other.Hash()] = name
	}
}
