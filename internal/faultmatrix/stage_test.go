//go:build unix

package faultmatrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

// matrix is what all rows share.
type matrix struct {
	t      *testing.T
	server *server
	s3URL  *url.URL // of a part of the bucket
	s3Host string   // http://host:port
	bucket *store.Bucket
	prefix string // of all flags

	mu     sync.Mutex
	shared bool // the flags of rows that change none are there
	rows   int
	done   map[int]line    // of the rows that went well
	took   []time.Duration // from the end of a fault until all was as asked
	polls  [3]int          // how many cells needed 0, 1 and 2 polls for it
}

func newMatrix(t *testing.T) *matrix {
	m := &matrix{t: t, server: newServer(t), prefix: teststack.Prefix(t), done: map[int]line{}}
	u, err := url.Parse(teststack.S3(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	m.s3Host = q.Get("endpoint")
	q.Set("prefix", strings.TrimSuffix(m.prefix, ".")+"/")
	u.RawQuery = q.Encode()
	m.s3URL = u
	if m.bucket, err = cloud.Open(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.bucket.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, prompt := range []string{canary, simple, dark, spare, child} {
		for _, v := range versions() {
			if v == "hello" || v == "another's" || v == "5" { // 5 is published nowhere
				continue
			}
			if _, _, err := m.bucket.Put(t.Context(), artifact(prompt, v)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// create makes the flags of a row.
func (m *matrix) create(ctx context.Context, prefix string, withChild bool) error {
	s := m.server
	err := errors.Join(
		s.create(ctx, prefix+plain, true, "", object{
			"name": "flexibleRollout", "constraints": []any{}, "parameters": object{"rollout": "100", "stickiness": "default", "groupId": plain},
		}),
		s.create(ctx, prefix+canary, true, "", candidate(canary, "2"), stable(canary, "1")),
		s.create(ctx, prefix+simple, true, "", stable(simple, "1")),
		s.create(ctx, prefix+dark, false, "", stable(dark, "1")),
		s.create(ctx, prefix+spare, true, "", stable(spare, "1")),
	)
	want := 5
	if withChild {
		want++
		err = errors.Join(err, s.create(ctx, prefix+child, true, prefix+plain, stable(child, "1")))
	}
	if err != nil {
		return err
	}
	return s.shows(ctx, prefix, func(flags map[string]feature) bool {
		on := 0
		for _, f := range flags {
			if f.Enabled {
				on++
			}
		}
		return len(flags) == want && on == want-1
	})
}

// stage is one row that runs.
type stage struct {
	*matrix
	row    *row
	prefix string // of the row's flags
	cells  []*cell
	files  *syscall.Rlimit // of this process, before it was changed
}

func (m *matrix) stage(t *testing.T, r *row, number int) *stage {
	t.Helper()
	st := &stage{matrix: m, row: r, prefix: m.prefix + "shared."}
	ctx := t.Context()
	if r.own {
		st.prefix = fmt.Sprintf("%s%d.", m.prefix, number)
		if err := m.create(ctx, st.prefix, r.child); err != nil {
			t.Fatal(err)
		}
	} else {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.shared {
			if err := m.create(ctx, st.prefix, false); err != nil {
				t.Fatal(err)
			}
			m.shared = true
		}
	}
	for s := range starts {
		if _, ok := r.want[s]; !ok {
			continue
		}
		c, err := st.cell(s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.close(); err != nil {
				t.Error(err)
			}
		})
		st.cells = append(st.cells, c)
	}
	return st
}

// cell makes the proxies of one process.
func (st *stage) cell(s start, dir string) (*cell, error) {
	c := &cell{start: s, prefix: st.prefix, probes: probes(st.row.child), token: st.server.ProductionToken, dir: dir + "/cache",
		refresh: refresh, pollTimeout: pollTimeout, fetch: &atomic.Int64{}}
	c.fetch.Store(int64(fetchTimeout))
	if st.row.fetchFails {
		c.refresh = fetchPace
		c.fetch.Store(int64(fetchPace))
	}
	if f := st.row.unleash.String(); f == "hang" || f == "slow" {
		c.pollTimeout = hungTimeout
	}
	var err error
	if c.unleash, err = faultproxy.New(st.server.URL, &faultproxy.Options{Filter: st.server.only(st.prefix)}); err != nil {
		return nil, err
	}
	if c.s3, err = faultproxy.New(st.s3Host, nil); err != nil {
		return nil, errors.Join(err, c.unleash.Close())
	}
	u := *st.s3URL
	q := u.Query()
	q.Set("endpoint", c.s3.URL())
	u.RawQuery = q.Encode()
	c.bucketURL = u.String()
	return c, nil
}

// makeBundle is what `promptflag bundle` writes: the feed and what it names.
func (st *stage) makeBundle(ctx context.Context, c *cell) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.unleash.URL()+feedPath, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", c.token)
	resp, err := st.server.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("feed for the bundle: %s %w", resp.Status, err)
	}
	bundle := fstest.MapFS{"feed.json": {Data: body}}
	for _, one := range [][2]string{{canary, "1"}, {canary, "2"}, {simple, "1"}, {dark, "1"}, {spare, "1"}, {child, "1"}} {
		data := artifact(one[0], one[1])
		bundle["blobs/sha256/"+strings.TrimPrefix(string(prompts.DigestOf(data)), "sha256:")] = &fstest.MapFile{Data: data}
	}
	c.bundle = bundle
	return nil
}

// each does f for all cells at the same time.
func (st *stage) each(f func(c *cell) error) error {
	errs := make([]error, len(st.cells))
	var wg sync.WaitGroup
	for i, c := range st.cells {
		wg.Go(func() {
			if err := f(c); err != nil {
				errs[i] = fmt.Errorf("%s: %w", c.start, err)
				if c.service != nil {
					errs[i] = fmt.Errorf("%w; logged:\n%s", errs[i], c.service.log)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
