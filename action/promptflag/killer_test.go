package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// killer stands in front of the servers that a process talks to. It lets one
// request through at a time and, when the servers have answered a certain one,
// ends the process instead of handing the answer on.
type killer struct {
	unleash, s3 *httptest.Server
	github      *httptest.Server // nil where the world has none

	mu    sync.Mutex // held over a whole request
	after int        // the call that is the last; 0: none is
	calls []string
	cmd   *exec.Cmd
	dead  bool
}

// newKiller configures w so that its process meets the servers through it.
func newKiller(t *testing.T, w *world) *killer {
	k := &killer{}
	bucket, err := url.Parse(w.bucket)
	if err != nil {
		t.Fatal(err)
	}
	q := bucket.Query()
	k.unleash, k.s3 = k.before(t, w.unleash.URL), k.before(t, q.Get("endpoint"))
	q.Set("endpoint", k.s3.URL)
	bucket.RawQuery = q.Encode()
	w.configure(k.unleash.URL, bucket.String())
	if w.hub != nil {
		hub := httptest.NewServer(w.hub)
		t.Cleanup(hub.Close)
		k.github = k.before(t, hub.URL)
		w.env["GITHUB_API_URL"] = k.github.URL
		w.merged()
	}
	return k
}

func (k *killer) before(t *testing.T, target string) *httptest.Server {
	to, err := url.Parse(target)
	if err != nil || to.Host == "" {
		t.Fatalf("target %q: %v", target, err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // it is part of what S3 requests sign
	}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.dead {
			panic(http.ErrAbortHandler)
		}
		// A request that was begun is finished, whether its sender lives or not.
		got := httptest.NewRecorder()
		forward.ServeHTTP(got, r)
		k.calls = append(k.calls, r.Method+" "+r.URL.Path)
		if len(k.calls) == k.after {
			k.dead = true
			k.cmd.Process.Kill()
			panic(http.ErrAbortHandler)
		}
		for name, values := range got.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(got.Code)
		w.Write(got.Body.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

// run starts the process and ends it after that many calls; 0: not at all. It
// returns what was printed, and whether the process was killed.
func (k *killer) run(t *testing.T, cmd *exec.Cmd, after int) (printed string, killed bool) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	k.mu.Lock()
	k.after, k.calls, k.cmd, k.dead = after, nil, cmd, false
	err := cmd.Start()
	k.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil && !k.dead {
		t.Fatalf("%v: %v\n%s\n%s", cmd.Args, err, out.String(), strings.Join(k.calls, "\n"))
	}
	return out.String(), k.dead
}

// alive lets everything through from now on.
func (k *killer) alive() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.after, k.dead = 0, false
}
