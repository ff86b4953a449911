package faultproxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/promptflag/promptflag/internal/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const text = `{"version":2,"features":[{"name":"a"},{"name":"b"}]}`

// world is a server, a proxy in front of it and a client.
type world struct {
	t       *testing.T
	proxy   *faultproxy.Proxy
	client  *http.Client
	mu      sync.Mutex
	headers []http.Header // what the server got
	hosts   []string
}

func newWorld(t *testing.T, o *faultproxy.Options) *world {
	t.Helper()
	w := &world{t: t, client: &http.Client{Transport: &http.Transport{}}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.headers, w.hosts = append(w.headers, r.Header), append(w.hosts, r.Host)
		w.mu.Unlock()
		rw.Header().Set("Etag", `"real"`)
		rw.Header().Set("X-Amz-Checksum-Crc32", "abc")
		if r.Header.Get("If-None-Match") == `"real"` {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		if r.Method == http.MethodPost {
			_, _ = io.Copy(rw, r.Body)
			return
		}
		_, _ = io.WriteString(rw, text)
	}))
	p, err := faultproxy.New(server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	w.proxy = p
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		w.client.CloseIdleConnections()
		server.Close()
	})
	return w
}

func (w *world) set(rules ...faultproxy.Rule) {
	w.t.Helper()
	if err := w.proxy.Set(rules...); err != nil {
		w.t.Fatal(err)
	}
}

// get returns status, body and header of one request, or an error.
func (w *world) get(ctx context.Context, path string, header ...string) (int, string, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.proxy.URL()+path, nil)
	if err != nil {
		return 0, "", nil, err
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), resp.Header, err
}

func (w *world) want(path string, code int, body string, header ...string) http.Header {
	w.t.Helper()
	gotCode, gotBody, h, err := w.get(w.t.Context(), path, header...)
	if err != nil || gotCode != code || gotBody != body {
		w.t.Errorf("GET %s = %d %q, %v; want %d %q", path, gotCode, gotBody, err, code, body)
	}
	return h
}

func TestPass(t *testing.T) {
	w := newWorld(t, nil)
	w.want("/a/b", 200, text)
	w.want("/a/b", 304, "", "If-None-Match", `"real"`)
	resp, err := w.client.Post(w.proxy.URL()+"/c", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "hello" {
		t.Errorf("POST = %q", body)
	}
	for _, host := range w.hosts {
		if "http://"+host != w.proxy.URL() {
			t.Errorf("the server saw Host %q, want the proxy's", host)
		}
	}
	if h := w.headers[0].Get("X-Forwarded-For"); h != "" {
		t.Errorf("X-Forwarded-For %q was added", h)
	}
	for _, c := range []struct {
		method, path, fault string
		want                int
	}{{"", "", "", 3}, {"GET", "", "", 2}, {"GET", "/a", "pass", 2}, {"", "/c", "", 1}, {"POST", "/a", "", 0}, {"", "", "hang", 0}} {
		if got := w.proxy.Count(c.method, c.path, c.fault); got != c.want {
			t.Errorf("Count(%q, %q, %q) = %d, want %d", c.method, c.path, c.fault, got, c.want)
		}
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t, nil)
	for _, code := range []int{401, 403, 404, 500, 503} {
		w.set(faultproxy.All(faultproxy.Status(code)))
		w.want("/", code, fmt.Sprintf("%d %s\n", code, http.StatusText(code)))
	}
	w.set(faultproxy.All(faultproxy.Status(304)))
	w.want("/", 304, "")
	w.set(faultproxy.All(faultproxy.TooMany(3 * time.Second)))
	if h := w.want("/", 429, "429 Too Many Requests\n"); h.Get("Retry-After") != "3" {
		t.Errorf("Retry-After = %q", h.Get("Retry-After"))
	}
	w.set(faultproxy.All(faultproxy.Body("text/html", "<html>")))
	if h := w.want("/", 200, "<html>"); h.Get("Content-Type") != "text/html" {
		t.Errorf("Content-Type = %q", h.Get("Content-Type"))
	}
	if len(w.headers) != 0 {
		t.Error("the server was asked")
	}
	w.set()
	w.want("/", 200, text)
}

// Stop refuses, also on connections that are open, and the port is the same after it.
func TestStop(t *testing.T) {
	w := newWorld(t, nil)
	for range 5 {
		w.want("/", 200, text)
		w.set(faultproxy.All(faultproxy.Stop()))
		if _, _, _, err := w.get(t.Context(), "/"); err == nil {
			t.Fatal("answered while stopped")
		}
		addr := strings.TrimPrefix(w.proxy.URL(), "http://")
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			t.Fatal("connected while stopped")
		}
		if l, err := net.Listen("tcp", addr); err == nil && runtime.GOOS != "windows" {
			l.Close()
			t.Fatal("somebody else could have the port while the proxy is stopped")
		}
		w.set()
	}
	if err := w.proxy.Set(faultproxy.Rule{Path: "x", Fault: faultproxy.Stop()}); err == nil {
		t.Error("Stop for some requests: no error")
	}
	w.want("/", 200, text)
}

// waitFor waits for a condition.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestHang(t *testing.T) {
	w := newWorld(t, nil)
	w.set(faultproxy.All(faultproxy.Hang()))
	ctx, cancel := context.WithCancel(t.Context())
	type result struct {
		code int
		err  error
	}
	patient, impatient := make(chan result), make(chan result)
	ask := func(ctx context.Context, to chan result) {
		code, _, _, err := w.get(ctx, "/")
		to <- result{code, err}
	}
	go ask(t.Context(), patient)
	go ask(ctx, impatient)
	waitFor(t, "both hang", func() bool { return w.proxy.Count("", "", "hang") == 2 })
	cancel()
	if r := <-impatient; r.err == nil {
		t.Errorf("answered %d while hanging", r.code)
	}
	w.set(faultproxy.All(faultproxy.Status(404))) // goes by the new rules
	if r := <-patient; r.code != 404 || r.err != nil {
		t.Errorf("released = %d, %v; want 404", r.code, r.err)
	}

	w.set(faultproxy.All(faultproxy.Hang()))
	go ask(t.Context(), patient)
	waitFor(t, "another hangs", func() bool { return w.proxy.Count("", "", "hang") >= 3 })
	w.set(faultproxy.All(faultproxy.Stop()))
	if r := <-patient; r.err == nil {
		t.Errorf("answered %d by a stopped proxy", r.code)
	}
}

func TestTruncate(t *testing.T) {
	w := newWorld(t, nil)
	w.set(faultproxy.All(faultproxy.Truncate()))
	code, body, h, err := w.get(t.Context(), "/", "If-None-Match", `"real"`)
	if code != 200 || err == nil || body != text[:len(text)/2] || h.Get("Content-Length") != fmt.Sprint(len(text)) {
		t.Errorf("GET = %d %q %v, %v; want half of it and an error", code, body, h, err)
	}
}

func TestSlow(t *testing.T) {
	w := newWorld(t, nil)
	w.set(faultproxy.All(faultproxy.Slow(time.Millisecond)))
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.proxy.URL(), nil)
	resp, err := w.client.Do(req) // headers come at once
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	most := make([]byte, len(text)-1)
	if _, err := io.ReadFull(resp.Body, most); err != nil || string(most) != text[:len(text)-1] {
		t.Errorf("body begins with %q, %v", most, err)
	}
	w.set() // cuts what is under way
	if rest, err := io.ReadAll(resp.Body); err == nil || len(rest) > 0 {
		t.Errorf("the last byte came: %q, %v", rest, err)
	}
}

// An edited body has a tag of its own, under which it is found again and the
// real one is not.
func TestEdit(t *testing.T) {
	w := newWorld(t, nil)
	w.set(faultproxy.All(faultproxy.Edit("empty", func([]byte) []byte { return []byte("{}") })))
	tag := w.want("/", 200, "{}", "If-None-Match", `"real"`).Get("Etag")
	w.want("/", 304, "", "If-None-Match", tag)
	w.set(faultproxy.All(faultproxy.Flip()))
	_, body, h, err := w.get(t.Context(), "/")
	if err != nil || len(body) != len(text) || body == text || h.Get("X-Amz-Checksum-Crc32") != "" {
		t.Errorf("flipped = %q %v, %v", body, h, err)
	}
	w.set()
	if h := w.want("/", 200, text, "If-None-Match", tag); h.Get("X-Amz-Checksum-Crc32") == "" {
		t.Error("a checksum was taken from an answer that is passed on")
	}
	if n := w.proxy.Count("", "", "empty"); n != 2 {
		t.Errorf("%d requests with the fault empty, want 2", n)
	}
}

func TestFilter(t *testing.T) {
	w := newWorld(t, &faultproxy.Options{Filter: func(path string, body []byte) []byte {
		if path != "/features" {
			return body
		}
		return bytes.ReplaceAll(body, []byte(`,{"name":"b"}`), nil)
	}})
	const part = `{"version":2,"features":[{"name":"a"}]}`
	h := w.want("/features", 200, part)
	w.want("/features", 304, "", "If-None-Match", h.Get("Etag"))
	w.want("/other", 200, text)
	w.set(faultproxy.All(faultproxy.Edit("upper", bytes.ToUpper)))
	w.want("/features", 200, strings.ToUpper(part))
}

func TestRules(t *testing.T) {
	w := newWorld(t, nil)
	w.set(
		faultproxy.Rule{Path: "/blobs/1", Fault: faultproxy.Status(404)},
		faultproxy.Rule{Method: "POST", Fault: faultproxy.Status(403)},
		faultproxy.Rule{Path: "/features", Fault: faultproxy.Status(429)},
		faultproxy.Rule{Path: "/features", Fault: faultproxy.Status(503)},
	)
	w.want("/features", 429, "429 Too Many Requests\n") // the first rule that fits
	w.want("/blobs/1", 404, "404 Not Found\n")
	w.want("/blobs/2", 200, text)
	resp, err := w.client.Post(w.proxy.URL()+"/register", "text/plain", nil)
	if err != nil || resp.StatusCode != 403 {
		t.Fatalf("POST = %v, %v; want 403", resp, err)
	}
	resp.Body.Close()
}

// Close ends what hangs and what drips, while rules change.
func TestClose(t *testing.T) {
	w := newWorld(t, nil)
	w.set(faultproxy.Rule{Path: "hang", Fault: faultproxy.Hang()}, faultproxy.Rule{Path: "slow", Fault: faultproxy.Slow(time.Millisecond)})
	var asking sync.WaitGroup
	for i := range 20 {
		asking.Go(func() { _, _, _, _ = w.get(t.Context(), []string{"/hang", "/slow", "/"}[i%3]) })
	}
	waitFor(t, "all are there", func() bool { return w.proxy.Count("", "", "") == 20 })
	if err := w.proxy.Close(); err != nil {
		t.Error(err)
	}
	asking.Wait()
	if err := w.proxy.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := w.proxy.Set(); err == nil {
		t.Error("Set after Close: no error")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, target := range []string{"", "127.0.0.1:80", "https://127.0.0.1", "http://"} {
		if p, err := faultproxy.New(target, nil); err == nil {
			p.Close()
			t.Errorf("New(%q): no error", target)
		}
	}
}
