//go:build unix

package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// changes is how often a flag is changed.
const changes = 30

// propagation prints the time from the flag server's answer to a change until
// a provider serves it, on a real Unleash. Two providers with different
// intervals see the same changes, which come at random times of both intervals.
func propagation(ctx context.Context, r *Report) (err error) {
	a, err := newAdmin()
	if err != nil {
		return err
	}
	c := newCorpus(1)
	if err := a.create(ctx, c); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.remove(ctx)) }()
	fast, err := a.watch(ctx, c, 500*time.Millisecond)
	if err != nil {
		return err
	}
	defer fast.close()
	slow, err := a.watch(ctx, c, 3*time.Second)
	if err != nil {
		return err
	}
	defer slow.close()
	for i := range changes {
		time.Sleep(mathrand.N(slow.interval))
		want, percent := c.candidate(), "100"
		if i%2 == 1 {
			want, percent = c.refs[0], "0"
		}
		if err := a.dial(ctx, percent); err != nil {
			return err
		}
		acknowledged := time.Now()
		for !fast.saw(ctx, i, want, acknowledged) || !slow.saw(ctx, i, want, acknowledged) {
			if time.Since(acknowledged) > time.Minute {
				return fmt.Errorf("change %d is not served after a minute", i)
			}
			time.Sleep(time.Millisecond)
		}
		if i%10 == 9 {
			note("%d changes: 500 ms %.0f, 3 s %.0f ms (medians)", i+1, Median(fast.took), Median(slow.took))
		}
	}
	intervals := time.Since(fast.started).Seconds() / fast.interval.Seconds()
	gets, same := float64(fast.requests.gets.Load()), float64(fast.requests.same.Load())
	note("polls every 500 ms: %.0f in %.1f intervals, %.0f of them 304", gets, intervals, same)
	return printAll(r, "", nil,
		value{"propagation_p99_500ms", Percentile(fast.took, 99)},
		value{"propagation_median_500ms", Median(fast.took)},
		value{"propagation_p99_3s", Percentile(slow.took, 99)},
		value{"propagation_median_3s", Median(slow.took)},
		value{"polls_per_interval", (gets - 1) / intervals}, // without the one that Init waits for
		value{"polls_not_modified_per_interval", same / intervals},
		value{"polls_body_per_change", (gets - same - 1) / changes},
	)
}

// watcher is a service that waits for changes.
type watcher struct {
	*service
	interval time.Duration
	started  time.Time
	requests *requests
	flag     string
	took     []float64 // milliseconds, by change
}

// saw reports whether change i was served, and notes when it was the first time.
func (w *watcher) saw(ctx context.Context, i int, want prompts.Ref, acknowledged time.Time) bool {
	if len(w.took) > i {
		return true
	}
	v, err := w.client.ObjectValue(ctx, w.flag, nil, caller())
	p, ok := v.(*prompts.Prompt)
	if err != nil || !ok || p.Ref() != want {
		return false
	}
	w.took = append(w.took, time.Since(acknowledged).Seconds()*1000)
	return true
}

// requests counts the polls of one provider.
type requests struct{ gets, same atomic.Int64 }

func (q *requests) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if r.Method == http.MethodGet {
		q.gets.Add(1)
		if err == nil && resp.StatusCode == http.StatusNotModified {
			q.same.Add(1)
		}
	}
	return resp, err
}

// admin is the Admin API of a running Unleash, with one flag of ours.
type admin struct {
	url, token, backend string
	prefix              string // of the flag's name
	path                string // of the flag
	candidate           string // id of its candidate strategy
}

func newAdmin() (*admin, error) {
	a := &admin{
		url: os.Getenv(teststack.EnvUnleashURL), token: os.Getenv(teststack.EnvUnleashAdmin), backend: os.Getenv(teststack.EnvUnleashProd),
		prefix: "bench-" + strings.ToLower(rand.Text()[:10]) + ".",
	}
	if a.url == "" || a.token == "" || a.backend == "" {
		return nil, fmt.Errorf("%s and the tokens are not set: run through internal/teststack/cmd/teststack", teststack.EnvUnleashURL)
	}
	return a, nil
}

type object = map[string]any

// call makes one request and decodes the answer into out, unless that is nil.
func (a *admin) call(ctx context.Context, method, path string, body, out any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", a.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
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

const projectFeatures = "/api/admin/projects/default/features"

// create makes the flag of the first prompt of c, the candidate at 0 %.
func (a *admin) create(ctx context.Context, c *corpus) error {
	var feed struct{ Features []object }
	if err := json.Unmarshal(c.feed(), &feed); err != nil {
		return err
	}
	f := feed.Features[0]
	flag := a.prefix + c.flags[0]
	if err := a.call(ctx, http.MethodPost, projectFeatures, object{"name": flag, "type": f["type"]}, nil); err != nil {
		return err
	}
	a.path = projectFeatures + "/" + url.PathEscape(flag)
	for _, s := range f["strategies"].([]any) {
		var made struct{ ID string }
		if err := a.call(ctx, http.MethodPost, a.path+"/environments/production/strategies", s, &made); err != nil {
			return err
		}
		if a.candidate == "" {
			a.candidate = made.ID
		}
	}
	if err := a.dial(ctx, "0"); err != nil {
		return err
	}
	return a.call(ctx, http.MethodPost, a.path+"/environments/production/on", nil, nil)
}

// dial sets the candidate's percentage.
func (a *admin) dial(ctx context.Context, percent string) error {
	return a.call(ctx, http.MethodPatch, a.path+"/environments/production/strategies/"+a.candidate,
		[]object{{"op": "replace", "path": "/parameters/rollout", "value": percent}}, nil)
}

func (a *admin) remove(ctx context.Context) error {
	return a.call(ctx, http.MethodDelete, a.path, nil, nil)
}

// watch starts a service and waits until it serves the flag.
func (a *admin) watch(ctx context.Context, c *corpus, interval time.Duration) (*watcher, error) {
	w := &watcher{interval: interval, started: time.Now(), requests: &requests{}, flag: a.prefix + c.flags[0]}
	o := flagOptions(unleashflags.Options{RefreshInterval: interval, HTTPClient: &http.Client{Transport: w.requests}}, a.url)
	o.Token = a.backend
	po := providerOptions()
	po.FlagPrefix = a.prefix
	p, err := newProvider(o, c, po)
	if err != nil {
		return nil, err
	}
	if w.service, err = newService(ctx, p); err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Minute); !w.saw(ctx, 0, c.refs[0], time.Now()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.close()
			return nil, errors.New("the new flag is not served after a minute")
		}
	}
	w.took = nil
	return w, nil
}

var _ provider.Blobs = counted{}
