package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/chat"
)

// endless are the results of n cases, made while they are read: first all
// cases, then the first answers of all, then the second ones, so that nothing of
// a case is together.
type endless struct {
	n, at  int
	buffer bytes.Buffer
	text   string
	peak   *peak
}

func (e *endless) Read(p []byte) (int, error) {
	for e.buffer.Len() == 0 {
		if e.at == 5*e.n {
			return 0, io.EOF
		}
		id := fmt.Sprintf("case-%06d", e.at%e.n)
		l := evalkit.Line{}
		switch round := e.at / e.n; round {
		case 0:
			l.Case = &evalkit.CaseLine{ID: id, Tags: []string{"tag", "other"}, Vars: map[string]any{"input": e.text}, File: "p.cases.jsonl", Line: e.at + 1}
		default:
			l.Sample = &evalkit.Sample{
				Case: id, Arm: []string{"new", "base1"}[round%2], Repeat: (round - 1) / 2, Pass: e.at%7 != 0,
				Output: chat.Response{Text: e.text, Finish: "stop", Latency: time.Second},
			}
		}
		e.at++
		if e.at%(e.n/2) == 0 {
			e.peak.look()
		}
		text, err := json.Marshal(l)
		if err != nil {
			return 0, err
		}
		e.buffer.Write(append(text, '\n'))
	}
	return e.buffer.Read(p)
}

// peak writes to nowhere and looks at the heap now and then.
type peak struct {
	bytes int
	heap  uint64
	next  int
}

func (p *peak) Write(text []byte) (int, error) {
	p.bytes += len(text)
	if p.bytes >= p.next {
		p.next = p.bytes + 1<<20
		p.look()
	}
	return len(text), nil
}

func (p *peak) look() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.heap = max(p.heap, m.HeapAlloc)
}

// TestStream: a run is not held in memory. BIG=1 makes it 100,000 cases.
func TestStream(t *testing.T) {
	n, limit := 1500, uint64(12<<20)
	if os.Getenv("BIG") != "" {
		n, limit = 100_000, 100<<20
	}
	r := example("triage", 10, 0).report
	r.Suite.Cases = n
	text := strings.Repeat("Several words of an answer that is neither long nor short. ", 35) // 2 KB
	p := &peak{}
	open := func(string) (io.ReadCloser, error) {
		return io.NopCloser(&endless{n: n, text: text, peak: p}), nil
	}
	for name, write := range map[string]func(io.Writer) error{
		"HTML":     func(w io.Writer) error { return HTML(w, []*evalkit.Report{r}, open, &HTMLOptions{MaxCases: 500}) },
		"JUnit":    func(w io.Writer) error { return JUnit(w, []*evalkit.Report{r}, open) },
		"Markdown": func(w io.Writer) error { return Markdown(w, r, open, nil) },
	} {
		*p = peak{}
		p.look()
		before := p.heap
		start := time.Now()
		if err := write(p); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s of %d cases: %d MB of heap, %d KB written, %.1f s", name, n, (p.heap-before)>>20, p.bytes>>10, time.Since(start).Seconds())
		if p.heap-before > limit {
			t.Errorf("%s of %d cases: %d MB of heap, want at most %d", name, n, (p.heap-before)>>20, limit>>20)
		}
	}
}
