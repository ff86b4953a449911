package faultproxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Rule says what becomes of some requests. The zero Rule passes all of them on.
type Rule struct {
	Method string // empty: every method
	Path   string // part of the path; empty: every path
	Fault  Fault
}

// All is a rule for every request.
func All(f Fault) Rule { return Rule{Fault: f} }

func (r *Rule) fits(method, path string) bool {
	return (r.Method == "" || r.Method == method) && strings.Contains(path, r.Path)
}

// Fault is one way to fail. The zero Fault is Pass.
type Fault struct {
	kind   kind
	name   string
	code   int
	header http.Header
	body   string
	every  time.Duration
	edit   func([]byte) []byte
}

type kind int

const (
	pass kind = iota
	stop
	hang
	answer
	truncate
	slow
	edit
)

// String is the fault's name, by which Proxy.Count knows it.
func (f Fault) String() string {
	if f.name == "" {
		return "pass"
	}
	return f.name
}

// Pass is no fault.
func Pass() Fault { return Fault{} }

// Stop refuses connections and ends those that are open. It is for all requests:
// Proxy.Set takes it in one rule alone.
func Stop() Fault { return Fault{kind: stop, name: "stop"} }

// Hang takes requests and does not answer; when the rules change they go by the
// new ones.
func Hang() Fault { return Fault{kind: hang, name: "hang"} }

// Status answers with a status code and one line of text, 304 without it.
func Status(code int) Fault {
	f := Fault{kind: answer, name: strconv.Itoa(code), code: code, header: http.Header{}}
	if code != http.StatusNotModified {
		f.header.Set("Content-Type", "text/plain; charset=utf-8")
		f.body = f.name + " " + http.StatusText(code) + "\n"
	}
	return f
}

// TooMany is Status 429 that asks for a pause.
func TooMany(retryAfter time.Duration) Fault {
	f := Status(http.StatusTooManyRequests)
	f.header.Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	return f
}

// Body answers 200 with something else, as a captive portal does.
func Body(contentType, body string) Fault {
	return Fault{kind: answer, name: "body", code: http.StatusOK, header: http.Header{"Content-Type": {contentType}}, body: body}
}

// Truncate sends the server's headers and half of its body, and cuts the connection.
func Truncate() Fault { return Fault{kind: truncate, name: "truncate"} }

// Slow sends the server's headers at once, then a byte of its body every now and
// then, and never the last one.
func Slow(every time.Duration) Fault { return Fault{kind: slow, name: "slow", every: every} }

// Edit passes the server's answers on with another body, in which a conditional
// request finds its tag again. edit gets bodies of answers with 200 only; it may
// be called by several goroutines and does not keep what it gets.
func Edit(name string, change func(body []byte) []byte) Fault {
	return Fault{kind: edit, name: name, edit: change}
}

// Flip passes on bodies with one byte changed, as a damaged object has: checksums
// that the server knows of the object are left out.
func Flip() Fault {
	return Edit("flip", func(body []byte) []byte {
		out := append([]byte(nil), body...)
		if len(out) > 0 {
			out[len(out)/2] ^= 0x01
		}
		return out
	})
}
