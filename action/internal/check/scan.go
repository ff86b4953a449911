package check

import (
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/promptflag/promptflag/action/internal/secrets"
	"github.com/promptflag/promptflag/prompts"
)

// scan looks for secrets in files, on all processors.
func scan(fsys fs.FS, names []string, detector *secrets.Detector) prompts.Findings {
	found := make([]prompts.Findings, len(names))
	next := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		group.Go(func() {
			for i := range next {
				// A file that cannot be read now had its finding, or changed a moment ago.
				if src, err := fs.ReadFile(fsys, names[i]); err == nil {
					found[i] = secretsIn(names[i], string(src), detector)
				}
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	group.Wait()
	return slices.Concat(found...)
}

func secretsIn(file, text string, detector *secrets.Detector) (out prompts.Findings) {
	for _, s := range detector.Find(text) {
		start := strings.LastIndexByte(text[:s.Start], '\n') + 1
		out = append(out, prompts.Finding{
			File: file, Line: strings.Count(text[:s.Start], "\n") + 1, Col: utf8.RuneCountInString(strings.TrimPrefix(text[start:s.Start], "\ufeff")) + 1,
			Rule: ruleSecret, Message: fmt.Sprintf("this looks like a secret: %s", s.What), Hint: "revoke it, and take it out of the text",
		})
	}
	return out
}
