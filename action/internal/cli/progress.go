package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far an evaluation is: a bar on a terminal, a line now and
// then elsewhere.
type progress struct {
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
	if p.terminal && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.shown = false
}
