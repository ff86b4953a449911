package unleashflags_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

// manyRefresh is the interval of each of many instances.
const manyRefresh = time.Second

// countedS3 is the real bucket behind a proxy that counts requests.
func countedS3(t *testing.T) (*store.Bucket, *faultproxy.Proxy) {
	t.Helper()
	u, err := url.Parse(teststack.S3(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	proxy, err := faultproxy.New(q.Get("endpoint"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	q.Set("endpoint", proxy.URL())
	q.Set("prefix", teststack.Prefix(t)+"/")
	u.RawQuery = q.Encode()
	bucket, err := cloud.Open(context.Background(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bucket.Close() })
	return bucket, proxy
}

// instance is one of many services.
type instance struct {
	*service
	uses string // the glob
	gate *gate
}

// many starts fifty instances: thirty use both prompts many.a and many.b, ten
// many.a alone, ten another one.
func (r *realServer) many(bucket provider.Blobs, cacheDir string) (list []*instance) {
	r.t.Helper()
	for i := range 50 {
		uses := []string{"many.*", "many.*", "many.*", "many.a", "other.*"}[i%5]
		in := &instance{uses: uses, gate: newGate(bucket)}
		in.service = serve(r.t, unleashflags.Options{
			URL: r.url, Token: r.prod, RefreshInterval: manyRefresh, Timeout: realTimeout, AppName: r.prefix + "many",
		}, in.gate, &provider.Options{FlagPrefix: r.prefix, Prompts: []string{uses}, CacheDir: cacheDir})
		list = append(list, in)
	}
	return list
}

func (in *instance) usesPrompt(name string) bool {
	return in.uses == name || strings.HasPrefix(name, strings.TrimSuffix(in.uses, "*")) && strings.HasSuffix(in.uses, "*")
}

// reach waits until every instance that uses the prompt serves ref and returns
// when the last one did, counted from now, and how many there are.
func (r *realServer) reach(list []*instance, ref prompts.Ref) (last time.Duration, users int) {
	r.t.Helper()
	acknowledged := time.Now()
	var waiting []*instance
	for _, in := range list {
		if in.usesPrompt(ref.Name) {
			waiting = append(waiting, in)
		}
	}
	users = len(waiting)
	eventually(r.t, ref.String()+" is served by all", func() bool {
		kept := waiting[:0]
		for _, in := range waiting {
			if a, _ := in.object(r.prefix+ref.Name, user("user-0")); a.Value != ref.String() {
				kept = append(kept, in)
				continue
			}
			last = time.Since(acknowledged)
		}
		waiting = kept
		return len(waiting) == 0
	})
	return last, users
}

// fetched adds up GETs of a version, and fails for an instance with more than
// most, or exactly that many when exact, and for one that does not use it.
func fetched(t *testing.T, list []*instance, ref prompts.Ref, exact bool) (sum int) {
	t.Helper()
	for i, in := range list {
		n := in.gate.count(ref.Digest)
		sum += n
		most := 0
		if in.usesPrompt(ref.Name) {
			most = 1
		}
		if n > most || exact && n != most {
			t.Errorf("instance %d, which uses %s: %d GETs of %s, want %d", i, in.uses, n, ref.Name, most)
		}
	}
	return sum
}

// Fifty instances, one server, one bucket: a new version costs each instance one
// GET for each prompt that it uses, and a kill reaches all of them.
func TestRealMany(t *testing.T) {
	for _, disk := range []bool{false, true} {
		t.Run(map[bool]string{false: "without disk", true: "shared disk"}[disk], func(t *testing.T) {
			r := newRealServer(t)
			bucket, s3 := countedS3(t)
			first := map[string]prompts.Ref{}
			for _, name := range []string{"many.a", "many.b", "other.c"} {
				first[name] = publish(t, bucket, name, r.prefix+"1")
				r.flag(name, ours("stable", 1000, 100, first[name]))
			}
			r.inFeed("many.a", "many.b", "other.c")
			dir := ""
			if disk {
				dir = t.TempDir()
			}
			list := r.many(bucket, dir)
			total := func(ref prompts.Ref) int {
				sum := fetched(t, list, ref, !disk)
				hex := strings.TrimPrefix(string(ref.Digest), "sha256:")
				if n := s3.Count("GET", hex, ""); n != sum {
					t.Errorf("S3 saw %d GETs of %s, the instances made %d", n, ref.Name, sum)
				}
				return sum
			}
			for name, ref := range first {
				_, users := r.reach(list, ref)
				t.Logf("start: %d GETs of %s by %d instances", total(ref), name, users)
			}
			next := publish(t, bucket, "many.a", r.prefix+"2")
			id := r.add("many.a", ours("candidate", 500, 100, next))
			last, users := r.reach(list, next)
			t.Logf("publish: %d GETs by %d instances, the last one after %v", total(next), users, last.Round(time.Millisecond))
			r.set("many.a", id, "/disabled", true)
			last, _ = r.reach(list, first["many.a"])
			t.Logf("kill: the last one of %d after %v", users, last.Round(time.Millisecond))
			for _, ref := range first {
				total(ref)
			}
			total(next)
		})
	}
}

// inFeed waits until the server's feed has these flags as the Admin API has them:
// it is up to a second late, and may have a flag of which only the name was made.
func (r *realServer) inFeed(flags ...string) {
	r.t.Helper()
	type state struct {
		Name       string
		Enabled    bool
		Strategies []struct{ Disabled bool }
	}
	made := map[string]string{}
	as := func(s state) string {
		list := slices.DeleteFunc(s.Strategies, func(one struct{ Disabled bool }) bool { return one.Disabled })
		return fmt.Sprintf("on %t, %d strategies", s.Enabled, len(list))
	}
	for _, name := range flags {
		var s state
		path := features + "/" + url.PathEscape(r.prefix+name) + "/environments/production"
		if err := json.Unmarshal(r.call("GET", path, r.admin, nil), &s); err != nil {
			r.t.Fatal(err)
		}
		made[r.prefix+name] = as(s)
	}
	eventually(r.t, "the feed has the new flags", func() bool {
		var feed struct{ Features []state }
		if err := json.Unmarshal(r.call("GET", "/api/client/features", r.prod, nil), &feed); err != nil {
			r.t.Fatal(err)
		}
		there := 0
		for _, s := range feed.Features {
			if want, ours := made[s.Name]; ours && want == as(s) {
				there++
			}
		}
		return there == len(made)
	})
}

// abyss is a bucket in which one blob is never found nor missed, whatever a
// context says.
type abyss struct {
	provider.Blobs
	mu     sync.Mutex
	digest prompts.Digest
	hung   int
	free   chan struct{}
}

func (a *abyss) Get(ctx context.Context, digest string) ([]byte, error) {
	a.mu.Lock()
	hangs := digest == string(a.digest)
	if hangs {
		a.hung++
	}
	a.mu.Unlock()
	if hangs {
		<-a.free
	}
	return a.Blobs.Get(ctx, digest)
}

func (a *abyss) waits() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hung > 0
}

// A kill of one flag is seen while the new version of another one hangs.
func TestRealKillWhileAnotherHangs(t *testing.T) {
	r := newRealServer(t)
	bucket := newBucket(t)
	a1, a2 := publish(t, bucket, "kill.a", r.prefix+"1"), publish(t, bucket, "kill.a", r.prefix+"2")
	b1, b2 := publish(t, bucket, "hang.b", r.prefix+"1"), publish(t, bucket, "hang.b", r.prefix+"2")
	ids := r.flag("kill.a", ours("candidate", 500, 100, a2), ours("stable", 1000, 100, a1))
	r.flag("hang.b", ours("stable", 1000, 100, b1))
	r.inFeed("kill.a", "hang.b")
	blobs := &abyss{Blobs: bucket, digest: b2.Digest, free: make(chan struct{})}
	s := serve(t, unleashflags.Options{URL: r.url, Token: r.prod, RefreshInterval: 250 * time.Millisecond, Timeout: realTimeout}, blobs,
		&provider.Options{FlagPrefix: r.prefix, Prompts: []string{"kill.*", "hang.*"}})
	t.Cleanup(func() { close(blobs.free) }) // before Shutdown waits for it
	is := func(flag string, ref prompts.Ref) bool {
		a, _ := s.object(r.prefix+flag, user("user-0"))
		return a.Value == ref.String()
	}
	if !is("kill.a", a2) || !is("hang.b", b1) {
		t.Fatal("not as asked at the start")
	}
	r.add("hang.b", ours("candidate", 500, 100, b2))
	eventually(t, "the other flag's version hangs", blobs.waits)
	r.set("kill.a", ids[0], "/disabled", true)
	acknowledged := time.Now()
	eventually(t, "the kill is seen", func() bool { return is("kill.a", a1) })
	t.Logf("the kill is seen after %v, while a blob hangs", time.Since(acknowledged).Round(time.Millisecond))
	if !is("hang.b", b1) {
		t.Error("the flag whose version hangs does not keep what it had")
	}
}
