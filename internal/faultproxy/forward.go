package faultproxy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds an answer that is changed on the way.
const maxBody = 64 << 20

func noLog() *log.Logger { return log.New(io.Discard, "", 0) }

// newForward passes requests on as they are, Host header included.
func newForward(target *url.URL, transport http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // SetURL would make it the target's
		},
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      noLog(),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				panic(http.ErrAbortHandler) // nobody waits for it, or it was cut
			}
			http.Error(w, "fault proxy: "+err.Error(), http.StatusBadGateway)
		},
		ModifyResponse: func(resp *http.Response) error {
			if change, ok := resp.Request.Context().Value(changeKey{}).(func(*http.Response) error); ok {
				return change(resp)
			}
			return nil
		},
	}
}

// changeKey is where the context of a request has what becomes of its answer.
type changeKey struct{}

func (p *Proxy) handle(w http.ResponseWriter, r *http.Request) {
	for {
		fault, epoch := p.choose(r.Method, r.URL.Path)
		switch fault.kind {
		case hang:
			select {
			case <-epoch.ctx.Done():
				if p.isClosed() {
					panic(http.ErrAbortHandler)
				}
				continue
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		case stop: // it came in while listening ended
			panic(http.ErrAbortHandler)
		case answer:
			for name, values := range fault.header {
				w.Header()[name] = values
			}
			w.WriteHeader(fault.code)
			_, _ = io.WriteString(w, fault.body)
		case truncate, slow:
			p.drip(w, r, fault, epoch)
		default:
			p.pass(w, r, fault)
		}
		return
	}
}

func (p *Proxy) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// pass forwards a request, with the answer's body filtered and edited.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, f Fault) {
	if p.filter == nil && f.edit == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	tag := r.Header.Get("If-None-Match")
	out := r.Clone(context.WithValue(r.Context(), changeKey{}, func(resp *http.Response) error {
		return p.change(resp, f, tag)
	}))
	decodable(out)
	if f.edit != nil {
		out.Header.Del("If-None-Match") // of an edited body, which the server does not know
	}
	p.forward.ServeHTTP(w, out)
}

// decodable asks for a body as it is. Signed requests of S3 clients ask for that
// by themselves.
func decodable(r *http.Request) {
	if r.Header.Get("Accept-Encoding") == "gzip" {
		r.Header.Del("Accept-Encoding")
	}
}

// change edits the body of an answer; tag is what the client has already.
func (p *Proxy) change(resp *http.Response, f Fault, tag string) error {
	if resp.StatusCode != http.StatusOK || resp.Request.Method == http.MethodHead {
		return nil
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" {
		return fmt.Errorf("the answer is encoded with %q", e)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	resp.Body.Close()
	if err != nil {
		return err
	}
	if p.filter != nil {
		body = p.filter(resp.Request.URL.Path, body)
	}
	if f.edit != nil {
		body = f.edit(body)
		for name := range resp.Header {
			if strings.HasPrefix(name, "X-Amz-Checksum") {
				resp.Header.Del(name)
			}
		}
		sum := sha256.Sum256(body)
		edited := `"` + hex.EncodeToString(sum[:16]) + `"`
		resp.Header.Set("Etag", edited)
		if tag == edited {
			resp.StatusCode, resp.Status, body = http.StatusNotModified, "", nil
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.TransferEncoding = nil
	resp.Header.Del("Content-Length")
	if resp.StatusCode == http.StatusOK {
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return nil
}

// drip sends a whole answer's headers and a part of its body.
func (p *Proxy) drip(w http.ResponseWriter, r *http.Request, f Fault, e *epoch) {
	whole := &recorder{header: http.Header{}}
	out := r.Clone(r.Context())
	out.Header.Del("If-None-Match")
	p.pass(whole, out, Pass())
	body := whole.body.Bytes()
	if len(body) == 0 { // nothing to cut
		panic(http.ErrAbortHandler)
	}
	for name, values := range whole.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(whole.code)
	send := http.NewResponseController(w)
	if f.kind == truncate {
		_, _ = w.Write(body[:len(body)/2])
		_ = send.Flush()
		panic(http.ErrAbortHandler)
	}
	_ = send.Flush()
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for i := 0; ; {
		select {
		case <-tick.C:
			if i < len(body)-1 {
				_, _ = w.Write(body[i : i+1])
				_ = send.Flush()
				i++
			}
		case <-e.ctx.Done():
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header  { return r.header }
func (r *recorder) WriteHeader(code int) { r.code = code }
func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return r.body.Write(b)
}
