package unleashflags_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	unleash "github.com/Unleash/unleash-client-go/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// Hazards 7, 8, 9, 13 and 15: what is kept, shared and taken for a feed.

const backupFile = "unleash-repo-schema-v1-bare.json"

// inTemp keeps a client's backup where it is by default.
func inTemp() unleash.ConfigOption { return unleash.WithBackupPath(os.TempDir()) }

// leave runs a client on a server until it has kept the feed.
func leave(t *testing.T, body string) {
	t.Helper()
	c := bare(t, newFakeServer(t, body).URL, inTemp())
	c.WaitForReady()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// away is where no server listens, and none will.
const away = "http://127.0.0.1:1"

func development(feed object) {
	_, list := feature(feed, "support.reply")
	setRef(list[0], "of development")
}

func processSharedBackup(t *testing.T, say func(string, ...any)) {
	leave(t, feedWith(t, development))
	production := bare(t, away, inTemp())
	info, err := os.Stat(filepath.Join(os.TempDir(), backupFile))
	if err != nil {
		t.Fatal(err)
	}
	if payload(production, "support.reply") == "of development" {
		say("production answers development's version, mode %s", info.Mode())
	}
}

// Two environments of one server, one app name, one cache directory.
func oursBackup(t *testing.T) {
	tmp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, tmp)
	}
	f := newFakeServer(t, fixtureFeed(t))
	other := feedWith(t, func(feed object) {
		_, list := feature(feed, "support.reply")
		setRef(list[0], ref(t, "support.reply.2"))
		feed["query"] = object{"project": []string{"default"}, "environment": "development"}
	})
	both := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "default:development.") {
			f.serve(w, r)
			return
		}
		_, _ = w.Write([]byte(other))
	}))
	dir := t.TempDir()
	options := func(environment string) (unleashflags.Options, *provider.Options) {
		o := f.options()
		o.URL, o.AppName, o.Token = both.URL, "bare", "default:"+environment+".s3cr3t"
		return o, &provider.Options{CacheDir: dir}
	}
	run := func(environment string) got {
		o, po := options(environment)
		s := serve(t, o, newBucket(t), po)
		a, _ := s.object("support.reply", user("u"))
		if err := s.api.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := run("development"); a.Value != ref(t, "support.reply.2") {
		t.Fatalf("development = %v", a)
	}
	both.CloseClientConnections()
	status := func(code int) { f.set(func() { f.status = code }) }
	status(http.StatusServiceUnavailable) // production's server is down, and it was never there before
	o, po := options("production")
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, newBucket(t), po)
	if err := p.Init(openfeature.EvaluationContext{}); err == nil {
		t.Error("production starts with what development kept")
	}
	p.Shutdown()
	status(0)
	if a := run("production"); a.Value != ref(t, "support.reply.1") {
		t.Fatalf("production = %v", a)
	}
	both.Close()
	for environment, want := range map[string]string{"production": "support.reply.1", "development": "support.reply.2"} {
		if a := run(environment); a.Value != ref(t, want) {
			t.Errorf("%s without a server = %v, want %s", environment, a, want)
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, e := d.Info(); err == nil && e == nil && path != dir && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			t.Errorf("%s: mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(tmp, "*unleash*")); len(files) > 0 {
		t.Errorf("in the temporary directory: %v", files)
	}
}

func processSegmentsInBackup(t *testing.T, say func(string, ...any)) {
	body := feedWith(t, func(feed object) {
		withSegment(feed)
		_, list := feature(feed, "support.triage")
		setRef(list[2], "stable")
		setRollout(list[1], "0")
	})
	c := bare(t, newFakeServer(t, body).URL, inTemp())
	c.WaitForReady()
	before := payload(c, "support.triage")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	say("before: %q, after: %q", before, payload(bare(t, away, inTemp()), "support.triage"))
}

func oursSegmentsKept(t *testing.T) {
	o, po := kept(t, feedWith(t, withSegment), nil)
	s := serve(t, o, noBlobs{}, po)
	for tenant, want := range map[string]string{"acme": "support.triage.3", "globex": "support.triage.1"} {
		if a, _ := s.object("support.triage", user("user-0", "tenantId", tenant)); a.Value != ref(t, want) {
			t.Errorf("%s = %v, want %s", tenant, a, want)
		}
	}
}

func processBackupWins(t *testing.T, say func(string, ...any)) {
	leave(t, feedWith(t, func(feed object) { _, list := feature(feed, "support.reply"); setRef(list[0], "old") }))
	given := feedWith(t, func(feed object) { _, list := feature(feed, "support.reply"); setRef(list[0], "new") })
	c := bootstrap(t, given, inTemp())
	say("given new, answers %s", payload(c, "support.reply"))
}

// bundleOf is what `promptflag bundle` writes.
func bundleOf(t *testing.T, body string, keys ...string) fs.FS {
	out := fstest.MapFS{"feed.json": {Data: []byte(body)}}
	for _, key := range keys {
		b, r := artifact(t, key)
		out["blobs/sha256/"+strings.TrimPrefix(string(r.Digest), "sha256:")] = &fstest.MapFile{Data: b}
	}
	return out
}

func oursBundle(t *testing.T) {
	tmp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, tmp)
	}
	c := bare(t, newFakeServer(t, feedWith(t, development)).URL, inTemp())
	c.WaitForReady()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(tmp, backupFile)); err != nil {
		t.Fatal(err)
	}
	o := unleashflags.Options{URL: away, Token: testToken, AppName: "bare"}
	s := serve(t, o, noBlobs{}, &provider.Options{Baseline: bundleOf(t, fixtureFeed(t), "support.reply.1")})
	if a, _ := s.object("support.reply", user("u")); a.Value != ref(t, "support.reply.1") {
		t.Errorf("answer = %v, want the bundle's", a)
	}
}

func bareHeader(t *testing.T) {
	mine := http.Header{"X-Mine": {"1"}}
	c := bare(t, newFakeServer(t, fixtureFeed(t)).URL, unleash.WithCustomHeaders(mine), unleash.WithAppName("one"))
	defer c.Close()
	if got := mine["Unleash-Appname"]; len(got) != 1 || got[0] != "one" || len(mine) < 3 {
		t.Errorf("not reproduced: %v", mine)
	}
}

// headerLog is a transport that keeps the headers of requests.
type headerLog struct {
	http.RoundTripper
	mu   sync.Mutex
	seen map[string]map[string]bool // connection ids by app name
}

func (l *headerLog) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	app := r.Header.Get("Unleash-Appname")
	if l.seen[app] == nil {
		l.seen[app] = map[string]bool{}
	}
	l.seen[app][r.Header.Get("Unleash-Connection-Id")] = true
	l.mu.Unlock()
	return l.RoundTripper.RoundTrip(r)
}

func oursHeader(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	log := &headerLog{RoundTripper: transport, seen: map[string]map[string]bool{}}
	shared := &http.Client{Transport: log}
	before := *shared
	for _, app := range []string{"one", "two"} {
		o := f.options()
		o.AppName, o.HTTPClient = app, shared
		s := serve(t, o, newBucket(t), nil)
		eventually(t, "a report", func() bool {
			_, _ = s.object("support.reply", user("u"))
			f.mu.Lock()
			defer f.mu.Unlock()
			return len(f.posts["/api/client/metrics"]) > 0
		})
	}
	if shared.Transport != before.Transport || shared.Timeout != before.Timeout || shared.Jar != before.Jar {
		t.Error("the caller's http.Client was changed")
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	ids := map[string]bool{}
	for app, list := range log.seen {
		if len(list) != 1 {
			t.Errorf("%s has %d connection ids, want one", app, len(list))
		}
		for id := range list {
			ids[id] = true
		}
	}
	if len(log.seen) != 2 || len(ids) != 2 {
		t.Errorf("requests by app name and connection: %v", log.seen)
	}
}

func bareEmpty(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	c := bare(t, f.URL)
	defer c.Close()
	c.WaitForReady()
	if payload(c, "support.reply") == "" {
		t.Fatal("no answer before")
	}
	f.set(func() { f.body = "{}" })
	eventually(t, "not reproduced: the flag is gone", func() bool { return payload(c, "support.reply") == "" })
}

func oursEmpty(t *testing.T) {
	f := newFakeServer(t, fixtureFeed(t))
	s := serve(t, f.options(), newBucket(t), nil)
	ctx := context.Background()
	polled := func() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.heads) }
	for _, body := range []string{"{}", `{"version":2`, `[]`, `{"version":2,"features":[]}`} {
		f.set(func() { f.body = body })
		n := polled()
		eventually(t, "three polls", func() bool { return polled() > n+3 })
		values := map[string]any{}
		for _, flag := range []string{"support.reply", "support.triage", "support.greet"} {
			a, _ := s.object(flag, user("user-0"))
			values[flag] = a.Value
		}
		values["checkout.beta"], _ = s.BooleanValue(ctx, "checkout.beta", false, user("u", "tenantId", "acme"))
		want := map[string]any{
			"support.reply": ref(t, "support.reply.1"), "support.triage": ref(t, "support.triage.1"),
			"support.greet": ref(t, "support.greet.1"), "checkout.beta": true,
		}
		if diff := cmp.Diff(want, values); diff != "" {
			t.Errorf("after %s (-want +got)\n%s", body, diff)
		}
	}
	f.set(func() { f.body = fixtureFeed(t) })
	eventually(t, "as before", func() bool {
		a, _ := s.object("support.triage", user("user-3"))
		return a.Reason == "SPLIT" && s.State() == openfeature.ReadyState
	})
}
