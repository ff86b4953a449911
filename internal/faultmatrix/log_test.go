//go:build unix

package faultmatrix

import (
	"log/slog"
	"sync"
)

// logTail keeps the last that a provider logged, for the message of a cell that
// fails.
type logTail struct {
	mu   sync.Mutex
	text []byte
}

const tailLength = 4000

func (l *logTail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if extra := len(l.text) - tailLength; extra > 0 {
		l.text = append(l.text[:0], l.text[extra:]...)
	}
	return len(b), nil
}

func (l *logTail) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
