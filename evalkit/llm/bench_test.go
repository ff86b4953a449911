package llm

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
)

const (
	benchRequests    = 1000
	benchConcurrency = 32
	benchLatency     = 100 * time.Millisecond
)

// all asks for 1,000 answers from 64 goroutines, twice what the endpoint allows.
func all(b *testing.B, m chat.Model) time.Duration {
	b.Helper()
	begin := time.Now()
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 * benchConcurrency {
		wg.Go(func() {
			for i := range work {
				r := ask()
				r.Repeat = i
				if _, err := m.Complete(context.Background(), r); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range benchRequests {
		work <- i
	}
	close(work)
	wg.Wait()
	return time.Since(begin)
}

// BenchmarkThroughput prints how much of the ideal rate is reached, which is 32
// requests in each 100 ms, with limits and recording; and how long a replay takes.
func BenchmarkThroughput(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(benchLatency)
		_, _ = io.WriteString(w, openaiOK)
	}))
	defer srv.Close()
	e := Endpoint{Family: OpenAI, BaseURL: srv.URL, Concurrency: benchConcurrency, TokensPerMinute: 1 << 30, RequestsPerMinute: 1 << 30}
	c, err := New(e, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	rounds := (benchRequests + benchConcurrency - 1) / benchConcurrency
	ideal := time.Duration(rounds) * benchLatency
	b.Run("call", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			took := all(b, c)
			b.ReportMetric(100*ideal.Seconds()/took.Seconds(), "%ideal")
		}
	})
	for name, mode := range map[string]Mode{"record": Record, "replay": Replay} {
		path := filepath.Join(b.TempDir(), "recorded")
		records, err := OpenDir(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			if mode == Replay {
				m := &model{}
				all(b, NewRecorder(m, nil, OpenAI, records, Record, nil))
			}
			for b.Loop() {
				use := mode
				if mode == Record {
					use = Refresh
				}
				took := all(b, NewRecorder(c, nil, OpenAI, records, use, nil))
				if mode == Record {
					b.ReportMetric(100*ideal.Seconds()/took.Seconds(), "%ideal")
				}
			}
		})
	}
}
