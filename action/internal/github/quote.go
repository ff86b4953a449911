package github

import (
	"fmt"
	"io"
)

// Quote makes the runner take what is written to the returned writer as text,
// also lines that look like its commands, until EndQuote. token ends the
// quote: nobody may know it before. Annotations stay commands.
func (r *Runner) Quote(token string) io.Writer {
	r.quote = token
	fmt.Fprintf(r.out, "::stop-commands::%s\n", token)
	return r.out
}

// EndQuote ends what Quote began.
func (r *Runner) EndQuote() {
	r.out.endLine()
	fmt.Fprintf(r.out, "::%s::\n", r.quote)
	r.quote = ""
}

// command writes commands that count, also in the middle of quoted text.
func (r *Runner) command(write func()) {
	r.out.endLine()
	if token := r.quote; token != "" {
		r.EndQuote()
		defer r.Quote(token)
	}
	write()
}

// lineWriter knows whether it is inside of a line: a command starts one.
type lineWriter struct {
	w      io.Writer
	inLine bool
}

func (l *lineWriter) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if n > 0 {
		l.inLine = p[n-1] != '\n'
	}
	return n, err
}

func (l *lineWriter) endLine() {
	if l.inLine {
		io.WriteString(l, "\n")
	}
}
