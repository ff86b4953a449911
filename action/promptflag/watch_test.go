package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
	unleashcontext "github.com/Unleash/unleash-client-go/v4/context"

	"github.com/promptflag/promptflag/prompts"
)

// feedWatch evaluates the feed that services get, over and over, with the client
// that they use: what a flag serves has to be in the bucket, and a flag that is
// on has to serve something.
type feedWatch struct {
	*testing.T
	request *http.Request

	mu      sync.Mutex
	worlds  map[*world]*watched
	samples int

	quit, ended chan struct{}
}

// watched is what was seen of a world.
type watched struct {
	live  []string        // flags that were on from the beginning
	seen  map[string]bool // of these, those that the feed has had
	blobs map[string]bool // that are there
}

func watchFeed(t *testing.T, server, token string) *feedWatch {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/api/client/features", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	f := &feedWatch{T: t, request: req, worlds: map[*world]*watched{}, quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-f.quit:
				return
			case <-tick.C:
				f.sample()
			}
		}
	}()
	return f
}

func (f *feedWatch) add(w *world, live []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.worlds[w] = &watched{live: live, seen: map[string]bool{}, blobs: map[string]bool{}}
}

func (f *feedWatch) remove(w *world) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.worlds, w)
}

// stop returns how often the feed was evaluated.
func (f *feedWatch) stop() int {
	close(f.quit)
	<-f.ended
	return f.samples
}

// kept answers the client's poll: what it has is the newest.
type kept struct{}

func (kept) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotModified, ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{}, Body: http.NoBody}, nil
}

func (f *feedWatch) sample() {
	res, err := http.DefaultClient.Do(f.request)
	if err != nil {
		f.Errorf("feed: %v", err)
		return
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		f.Errorf("feed: %d, %v", res.StatusCode, err)
		return
	}
	client, err := unleash.NewClient(
		unleash.WithUrl("http://unleash.invalid/api/"), unleash.WithAppName("watch"), unleash.WithDisableMetrics(true),
		unleash.WithRefreshInterval(time.Hour), unleash.WithBackupPath(f.TempDir()), unleash.WithListener(&unleash.NoopListener{}),
		unleash.WithStorage(&unleash.BootstrapStorage{Reader: bytes.NewReader(body)}), unleash.WithHttpClient(&http.Client{Transport: kept{}}),
	)
	if err != nil {
		f.Errorf("feed: %v", err)
		return
	}
	client.WaitForReady()
	defer client.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.samples++
	for w, seen := range f.worlds {
		for _, name := range seen.live {
			on := client.IsEnabled(w.prefix + name)
			if seen.seen[name] && !on {
				f.Errorf("feed: %s is not on any more", name)
			}
			seen.seen[name] = seen.seen[name] || on
		}
		for _, name := range w.names {
			if client.IsEnabled(w.prefix + name) {
				f.serves(w, seen, client, name)
			}
		}
	}
}

// serves asks for a flag as a caller without an id, and as some users.
func (f *feedWatch) serves(w *world, seen *watched, client *unleash.Client, name string) {
	for i := range 20 {
		caller := unleashcontext.Context{}
		if i > 0 {
			caller.UserId = fmt.Sprint("user-", i)
		}
		v := client.GetVariant(w.prefix+name, unleash.WithVariantContext(caller))
		ref, err := prompts.ParseRef(v.Payload.Value)
		if !v.Enabled || err != nil || ref.Name != name {
			f.Errorf("feed: %s serves %q to user %q (%v)", name, v.Payload.Value, caller.UserId, err)
			return
		}
		key := "blobs/sha256/" + strings.TrimPrefix(string(ref.Digest), "sha256:")
		if seen.blobs[key] {
			continue
		}
		if seen.blobs[key], err = w.objects.Exists(f.Context(), key); err != nil || !seen.blobs[key] {
			f.Errorf("feed: %s serves %s, which is not in the bucket (%v)", name, ref, err)
		}
	}
}
