package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// progress shows how far an evaluation is, a bar on a terminal and a line now and
// then elsewhere, and what went wrong with records. Several goroutines may use it.
type progress struct {
	mu       sync.Mutex
	warnings int
	w        io.Writer
	terminal bool
	now      func() time.Time
	last     time.Time
	shown    bool
}

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 10 * time.Second
	barWidth  = 30
)

func newProgress(s *session) *progress {
	p := &progress{w: s.Stderr, now: s.Now}
	if f, ok := s.Stderr.(*os.File); ok && s.runner == nil && s.Getenv("CI") == "" && s.Getenv("TERM") != "dumb" {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.last = p.now()
	return p
}

func (p *progress) step(prompt string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	every := lineEvery
	if p.terminal {
		every = barEvery
	}
	now := p.now()
	if now.Sub(p.last) < every && (done < total || !p.shown) {
		return
	}
	p.last, p.shown = now, true
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %d of %d answers\n", prompt, done, total)
		return
	}
	full := barWidth * done / max(1, total)
	fmt.Fprintf(p.w, "\r%s [%s%s] %d of %d\x1b[K", prompt, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done, total)
}

// end removes the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.terminal && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.shown = false
}

// mostWarnings are enough to know what is wrong: a full disk says the same of
// every answer. How many are lost is in the error at the end.
const mostWarnings = 3

// warn says that an answer could not be recorded.
func (p *progress) warn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.warnings++; p.warnings > mostWarnings+1 {
		return
	}
	p.clear()
	if p.warnings > mostWarnings {
		fmt.Fprintln(p.w, "promptflag: not recorded: more answers")
		return
	}
	fmt.Fprintf(p.w, "promptflag: not recorded: %v\n", err)
}
