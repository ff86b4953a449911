package evaluate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHold: a folder of results belongs to one runner until that is closed.
func TestHold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	one, two := &Runner{Dir: dir, Answers: NewAnswers(noEndpoints, os.Getenv, Live, nil, nil)}, &Runner{Dir: dir}
	for range 2 {
		if err := one.hold(); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.hold(); !errors.Is(err, ErrPlace) || !strings.Contains(err.Error(), "another promptflag is evaluating into "+dir) {
		t.Errorf("the second: %v", err)
	}
	one.Close()
	if err := two.hold(); err != nil {
		t.Errorf("after the first: %v", err)
	}
	if err := (&Runner{Dir: filepath.Join(dir, lockFile, "c")}).hold(); !errors.Is(err, ErrPlace) {
		t.Errorf("below a file: %v", err)
	}
}
