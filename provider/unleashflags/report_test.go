package unleashflags

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptflag/promptflag/provider"
)

// A report on its way when Close begins is waited for: the server has counted it,
// and would count it again.
func TestReportOnItsWayAtClose(t *testing.T) {
	var counted atomic.Int64
	taken, answer := make(chan struct{}, 9), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/client/metrics" {
			return
		}
		var report struct {
			Bucket struct{ Toggles map[string]toggle }
		}
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			t.Error(err)
		}
		counted.Add(report.Bucket.Toggles["f"].Yes)
		taken <- struct{}{}
		<-answer
	}))
	defer server.Close()
	s, err := New(Options{URL: server.URL, Token: "default:production.t", RefreshInterval: time.Hour, MetricsInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(provider.Handler{Feed: func(*provider.Feed) {}, Current: func() {}, Failed: func(error) {}}); err != nil {
		t.Fatal(err)
	}
	r := s.engine.report
	began, quit := make(chan struct{}), r.quit
	r.quit = func() { quit(); close(began) }
	r.counts("f").add(true, "")
	<-taken
	r.counts("f").add(true, "") // goes with the last report
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	<-began
	close(answer)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if n := counted.Load(); n != 2 {
		t.Errorf("the server counted %d, want 2", n)
	}
}
