package unleashflags_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
)

// processEnv names the scenario that this binary is to run as a process of its
// own: what hangs for ever or crashes must not be in the process of the tests.
const processEnv = "PROMPTFLAG_TEST_HAZARD"

const verdict = "hazard: "

// TestHazardProcess is the other end of inProcess.
func TestHazardProcess(t *testing.T) {
	run := scenarios()[os.Getenv(processEnv)]
	if run == nil {
		return
	}
	run(t, func(format string, args ...any) { fmt.Printf("\n"+verdict+format+"\n", args...) })
	_, _ = io.Copy(io.Discard, os.Stdin) // until the other process ends this one
}

// scenario shows a hazard: it says what it saw, or crashes.
type scenario func(t *testing.T, say func(format string, args ...any))

// inProcess runs a scenario in another process until it says something, or
// ends by itself, and returns what it printed.
func inProcess(t *testing.T, name string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHazardProcess$")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), append(env, processEnv+"="+name, "TMPDIR="+tmp, "TMP="+tmp, "TEMP="+tmp)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, in
	err = cmd.Start()
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&all, lines.Text())
		if strings.HasPrefix(lines.Text(), verdict) {
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return all.String()
}

// shows runs a scenario that has to print all of these.
func shows(name string, wants ...string) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		env := []string{"GORACE=halt_on_error=1"}
		got := inProcess(t, name, env...)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("not reproduced, no %q in:\n%s", want, got)
			}
		}
	}
}

// waiting returns the stack of a goroutine that waits in this state ("chan send",
// "IO wait" …; "" for any) with all of these functions above it; "" when there is none.
func waiting(state string, functions ...string) string {
	buf := make([]byte, 1<<20)
next:
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		head, _, _ := strings.Cut(g, "\n")
		if !strings.Contains(head, "["+state) {
			continue
		}
		for _, f := range functions {
			if !strings.Contains(g, f) {
				continue next
			}
		}
		return g
	}
	return ""
}

// notModified answers a client's polls: nothing new.
type notModified struct{}

func (notModified) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotModified, ProtoMajor: 1, ProtoMinor: 1, Request: req, Header: http.Header{}, Body: http.NoBody}, nil
}

// bare makes a client as its documentation does; without metrics unless an
// option says otherwise.
func bare(t *testing.T, url string, options ...unleash.ConfigOption) *unleash.Client {
	t.Helper()
	c, err := unleash.NewClient(bareOptions(t, url, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func bareOptions(t *testing.T, url string, options ...unleash.ConfigOption) []unleash.ConfigOption {
	return append([]unleash.ConfigOption{
		unleash.WithUrl(url + "/api/"), unleash.WithAppName("bare"), unleash.WithDisableMetrics(true),
		unleash.WithCustomHeaders(http.Header{"Authorization": {testToken}}), unleash.WithRefreshInterval(10 * time.Millisecond),
		unleash.WithListener(&quietListener{}), unleash.WithBackupPath(t.TempDir()),
	}, options...)
}

// bootstrap is a client that has its flags from a body and polls in vain.
func bootstrap(t *testing.T, body string, options ...unleash.ConfigOption) *unleash.Client {
	t.Helper()
	return bare(t, "http://unleash.invalid", append([]unleash.ConfigOption{
		unleash.WithStorage(&unleash.BootstrapStorage{Reader: strings.NewReader(body)}),
		unleash.WithHttpClient(&http.Client{Transport: notModified{}}),
	}, options...)...)
}

// quietListener counts what the client says.
type quietListener struct{ errors, ready atomic.Int64 }

func (l *quietListener) OnError(error)                          { l.errors.Add(1) }
func (l *quietListener) OnWarning(error)                        {}
func (l *quietListener) OnReady()                               { l.ready.Add(1) }
func (l *quietListener) OnUpdate()                              {}
func (l *quietListener) OnCount(string, bool)                   {}
func (l *quietListener) OnSent(unleash.MetricsData)             {}
func (l *quietListener) OnRegistered(unleash.ClientData)        {}
func (l *quietListener) OnImpression(e unleash.ImpressionEvent) {}

// payload is what a client answers; "" when it is not on for the caller.
func payload(c *unleash.Client, flag string, options ...unleash.VariantOption) string {
	if v := c.GetVariant(flag, options...); v.Enabled {
		return v.Payload.Value
	}
	return ""
}

// feedWith is the fixture's feed after a change.
func feedWith(t *testing.T, change func(feed object)) string {
	t.Helper()
	feed := fixture(t, "testdata/embedded/production.feed.json")
	change(feed)
	b, err := json.Marshal(feed)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// feature finds a flag of a feed, and its strategies.
func feature(feed object, name string) (f object, strategies []object) {
	for _, v := range feed["features"].([]any) {
		if f = v.(object); f["name"] == name {
			for _, s := range f["strategies"].([]any) {
				strategies = append(strategies, s.(object))
			}
			return f, strategies
		}
	}
	panic("no feature " + name)
}

// withSegment writes the constraint of support.triage's tenant strategy as a
// segment, as servers do for clients that know segments.
func withSegment(feed object) {
	_, list := feature(feed, "support.triage")
	feed["segments"] = []any{object{"id": 7, "name": "acme", "constraints": list[0]["constraints"]}}
	list[0]["constraints"], list[0]["segments"] = []any{}, []any{7}
}

// holder is a server before another one that never answers some requests.
type holder struct {
	*httptest.Server
	arrived atomic.Int64 // requests that were held
	held    atomic.Int64 // requests that are held now
	free    sync.Once
	freed   chan struct{}
}

// holding holds the requests that hold picks, until the end of the test or
// until the client goes away.
func (f *fakeServer) holding(t *testing.T, hold func(r *http.Request) bool) *holder {
	h := &holder{freed: make(chan struct{})}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hold(r) {
			f.serve(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices when the client goes away
		h.arrived.Add(1)
		h.held.Add(1)
		defer h.held.Add(-1)
		select {
		case <-h.freed:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		h.release()
		h.Close()
	})
	return h
}

func (h *holder) release() { h.free.Do(func() { close(h.freed) }) }
