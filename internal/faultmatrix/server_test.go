//go:build unix

package faultmatrix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/internal/teststack"
)

type object = map[string]any

const (
	projectPath = "/api/admin/projects/default"
	environment = "production"
	feedPath    = "/api/client/features"
)

// server is the running Unleash: its Admin API, and its feed as services see it.
type server struct {
	teststack.Server
	http *http.Client
	seed maphash.Seed

	mu    sync.Mutex
	tag   string
	asked time.Time
	feed  *feed             // the newest
	known map[uint64]*feed  // by hash of the body, the last few
	mine  map[string]string // flag -> parent, "" if none; to be archived
}

// feed is a body of the feed, taken apart.
type feed struct {
	rest     object // all but the features
	features []feature
}

type feature struct {
	Name       string
	Enabled    bool
	Strategies []object
	raw        json.RawMessage
}

func newServer(t *testing.T) *server {
	s := &server{
		Server: teststack.Unleash(t), http: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
		seed: maphash.MakeSeed(), known: map[uint64]*feed{}, mine: map[string]string{},
	}
	t.Cleanup(func() {
		if err := s.remove(context.Background()); err != nil {
			t.Error(err)
		}
		s.http.CloseIdleConnections()
	})
	return s
}

// call makes one request and decodes the answer into out, unless that is nil.
func (s *server) call(ctx context.Context, method, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", s.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s %s", method, path, resp.Status, answer)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

func featurePath(flag string) string { return projectPath + "/features/" + url.PathEscape(flag) }

func environmentPath(flag string) string { return featurePath(flag) + "/environments/" + environment }

// create makes a flag with its strategies, ON or OFF.
func (s *server) create(ctx context.Context, flag string, on bool, parent string, strategies ...object) error {
	if err := s.call(ctx, http.MethodPost, projectPath+"/features", object{"name": flag, "type": "kill-switch"}, nil); err != nil {
		return err
	}
	s.mu.Lock()
	s.mine[flag] = parent
	s.mu.Unlock()
	for _, st := range strategies {
		if err := s.call(ctx, http.MethodPost, environmentPath(flag)+"/strategies", st, nil); err != nil {
			return err
		}
	}
	if parent != "" {
		if err := s.call(ctx, http.MethodPost, featurePath(flag)+"/dependencies", object{"feature": parent, "enabled": true}, nil); err != nil {
			return err
		}
	}
	if !on {
		return nil
	}
	return s.turn(ctx, flag, true)
}

// turn switches the environment of a flag.
func (s *server) turn(ctx context.Context, flag string, on bool) error {
	return s.call(ctx, http.MethodPost, environmentPath(flag)+"/"+map[bool]string{true: "on", false: "off"}[on], object{}, nil)
}

// patch replaces values in the strategy of a flag that has a role.
func (s *server) patch(ctx context.Context, flag, role string, values object) error {
	var list []object
	if err := s.call(ctx, http.MethodGet, environmentPath(flag)+"/strategies", object{}, &list); err != nil {
		return err
	}
	for _, st := range list {
		if st["parameters"].(object)["promptflag"] != role {
			continue
		}
		var ops []object
		for path, value := range values {
			ops = append(ops, object{"op": "replace", "path": path, "value": value})
		}
		return s.call(ctx, http.MethodPatch, environmentPath(flag)+"/strategies/"+st["id"].(string), ops, nil)
	}
	return fmt.Errorf("flag %s has no strategy in role %s", flag, role)
}

func (s *server) archive(ctx context.Context, flag string) error {
	return s.call(ctx, http.MethodDelete, featurePath(flag), object{}, nil)
}

// revive takes a flag out of the archive, where it was switched OFF.
func (s *server) revive(ctx context.Context, flag string) error {
	if err := s.call(ctx, http.MethodPost, "/api/admin/archive/revive/"+url.PathEscape(flag), object{}, nil); err != nil {
		return err
	}
	return s.turn(ctx, flag, true)
}

// remove archives all flags that were made. They are not deleted: Unleash 7 ends
// when a flag goes while it still writes down that it was archived.
func (s *server) remove(ctx context.Context) error {
	var names []string
	for flag, parent := range s.mine {
		names = append(names, flag)
		if parent != "" {
			if err := s.call(ctx, http.MethodDelete, featurePath(flag)+"/dependencies", object{}, nil); err != nil {
				return err
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return s.call(ctx, http.MethodPost, projectPath+"/archive", object{"features": names}, nil)
}

// shows waits until the feed of services has what ok looks for among the
// flags with a prefix. The server's feed is up to a second behind its Admin API.
func (s *server) shows(ctx context.Context, prefix string, ok func(flags map[string]feature) bool) error {
	return eventually(ctx, 50*time.Millisecond, func() error {
		f, err := s.newest(ctx)
		if err != nil {
			return err
		}
		flags := map[string]feature{}
		for _, one := range f.features {
			if name, mine := strings.CutPrefix(one.Name, prefix); mine {
				flags[name] = one
			}
		}
		if !ok(flags) {
			return fmt.Errorf("the server's feed does not show the change of %s", prefix)
		}
		return nil
	})
}

// newest is the feed as of a moment ago.
func (s *server) newest(ctx context.Context) (*feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.asked) < 50*time.Millisecond {
		return s.feed, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+feedPath, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", s.ProductionToken)
	if s.tag != "" {
		req.Header.Set("If-None-Match", s.tag)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusOK:
		s.tag, s.feed = resp.Header.Get("Etag"), s.parse(body)
	case resp.StatusCode != http.StatusNotModified:
		return nil, fmt.Errorf("feed: %s %s", resp.Status, body)
	}
	s.asked = time.Now()
	return s.feed, nil
}

// parse takes a body apart, once for all who see the same one. s.mu is held.
func (s *server) parse(body []byte) *feed {
	key := maphash.Bytes(s.seed, body)
	if f := s.known[key]; f != nil {
		return f
	}
	var wire struct{ Features []json.RawMessage }
	f := &feed{}
	if json.Unmarshal(body, &wire) != nil || json.Unmarshal(body, &f.rest) != nil {
		return f
	}
	delete(f.rest, "features")
	for _, raw := range wire.Features {
		one := feature{raw: raw}
		if json.Unmarshal(raw, &one) == nil {
			f.features = append(f.features, one)
		}
	}
	if len(s.known) > 20 {
		clear(s.known)
	}
	s.known[key] = f
	return f
}

// only is a filter of proxies: of the feed, the flags with a prefix. Other tests
// make and delete flags on the same server; what they do is not a row's business.
func (s *server) only(prefix string) func(path string, body []byte) []byte {
	return func(path string, body []byte) []byte {
		if path != feedPath {
			return body
		}
		s.mu.Lock()
		f := s.parse(body)
		s.mu.Unlock()
		return f.keep(func(name string) bool { return strings.HasPrefix(name, prefix) })
	}
}

// keep is the body with some features.
func (f *feed) keep(wanted func(name string) bool) []byte {
	out := object{}
	for k, v := range f.rest {
		out[k] = v
	}
	list := []json.RawMessage{}
	for _, one := range f.features {
		if wanted(one.Name) {
			list = append(list, one.raw)
		}
	}
	out["features"] = list
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // cannot be: it was decoded from JSON
	}
	return body
}
