//go:build unix

package faultmatrix

import (
	"strings"
	"time"

	"github.com/promptflag/promptflag/internal/faultproxy"
)

// faults are those that both servers can have.
func faults() []struct {
	name  string
	fault faultproxy.Fault
} {
	return []struct {
		name  string
		fault faultproxy.Fault
	}{
		{"stopped", faultproxy.Stop()},
		{"hung", faultproxy.Hang()},
		{"401", faultproxy.Status(401)},
		{"403", faultproxy.Status(403)},
		{"404", faultproxy.Status(404)},
		{"429", faultproxy.TooMany(time.Second)},
		{"500", faultproxy.Status(500)},
		{"503", faultproxy.Status(503)},
		{"truncated body", faultproxy.Truncate()},
		{"HTML with 200", faultproxy.Body("text/html", "<!doctype html><title>Sign in</title>")},
		{"other JSON with 200", faultproxy.Body("application/json", `{"message":"welcome"}`)},
		{"slow body", faultproxy.Slow(20 * time.Millisecond)},
	}
}

// noServer is what cells show while there is no feed.
func noServer(name string) map[start]outcome {
	refused := strings.Contains(name, "401") || strings.Contains(name, "403")
	event := "STALE"
	if refused {
		event = "ERROR"
	}
	return map[start]outcome{
		warm:    {events: event, token: refused},
		onDisk:  {events: event, token: refused},
		bundled: {answers: answers{"dialled": "1 STALE (asked 2)"}, events: event, token: refused},
		empty: {
			answers: healthy(false).all("default PROVIDER_NOT_READY"), events: initFails,
			excuse: "no feed: nobody knows which versions there are",
		},
	}
}

// unleashRows are faults of the flag server.
func unleashRows() (rows []*row) {
	for _, f := range faults() {
		rows = append(rows, &row{where: "Unleash", what: f.name, unleash: f.fault, want: noServer(f.name)})
	}
	vanished := answers{"dialled": "1 STALE", "others": "1 STALE", "simple": "1 STALE", "off": "1 STALE"}
	unknown := healthy(false).all("default FLAG_NOT_FOUND")
	return append(rows,
		&row{
			where: "Unleash", what: "empty features",
			refeed: func(*stage) faultproxy.Fault { return faultproxy.Edit("empty", emptyFeed) },
			want: map[start]outcome{
				warm:    {answers: vanished, events: "CHANGED ERROR"},
				onDisk:  {answers: vanished, events: "ERROR"},
				bundled: {answers: vanished.with("plain", "default FLAG_NOT_FOUND"), events: "ERROR", excuse: plainForgotten},
				empty:   {answers: unknown, excuse: "a feed without flags, and nothing that knows of others"},
			},
		},
		&row{
			where: "Unleash", what: "all features but one lost",
			refeed: func(st *stage) faultproxy.Fault { return faultproxy.Edit("shrunken", st.onlySimple) },
			want: map[start]outcome{
				warm:    {answers: vanished.without("simple"), events: "CHANGED ERROR"},
				onDisk:  {answers: vanished.without("simple"), events: "ERROR"},
				bundled: {answers: vanished.without("simple").with("plain", "default FLAG_NOT_FOUND"), excuse: plainForgotten}, // no event: the bundle may be old
				empty:   {answers: unknown.without("simple"), excuse: "a feed with one flag, and nothing that knows of others"},
			},
		})
}

const plainForgotten = "a live feed without the plain flag, which no earlier feed had"

func emptyFeed([]byte) []byte { return []byte(`{"version":2,"features":[]}`) }

// onlySimple takes all flags but one out of a feed.
func (st *stage) onlySimple(body []byte) []byte {
	st.server.mu.Lock()
	f := st.server.parse(body)
	st.server.mu.Unlock()
	return f.keep(func(name string) bool { return name == st.prefix+simple })
}

// bucketRows are faults of the bucket, while new versions are published: a
// candidate 4 and a stable version 3, of which only the bucket has the bytes.
func bucketRows() (rows []*row) {
	instead := answers{"dialled": "1 STALE (asked 4)", "simple": "1 STALE (asked 3)"}
	nothing := outcome{
		answers: healthy(false).all("default GENERAL").with("plain", "on"), events: "ERROR",
		excuse: "the bucket alone has the bytes",
	}
	list := faults()
	list = append(list, struct {
		name  string
		fault faultproxy.Fault
	}{"corrupt blobs", faultproxy.Flip()})
	for _, f := range list {
		rows = append(rows, &row{
			where: "S3, new versions", what: f.name, own: true, fetchFails: true, s3: f.fault, before: (*stage).publish, asked: answers{"dialled": "4 SPLIT", "simple": "3 STATIC"},
			want: map[start]outcome{
				warm:    {answers: instead, events: "CHANGED ERROR"},
				onDisk:  {answers: instead, events: "ERROR"},
				bundled: {answers: instead, events: "ERROR"},
				empty:   nothing,
			},
		})
	}
	return rows
}

// bothRows are faults of both servers at the same time.
func bothRows() (rows []*row) {
	for _, f := range faults() {
		rows = append(rows, &row{where: "both", what: f.name, unleash: f.fault, s3: f.fault, want: noServer(f.name)})
	}
	return rows
}

// with is a with one answer more; without is a with one less.
func (a answers) with(label, text string) answers {
	out := answers{label: text}
	for l, other := range a {
		if l != label {
			out[l] = other
		}
	}
	return out
}

func (a answers) without(label string) answers {
	out := a.with(label, "")
	delete(out, label)
	return out
}
