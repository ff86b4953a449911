package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What can happen.
const (
	Published  = "published"
	Promoted   = "promoted"
	RolledBack = "rolled_back"
	Drift      = "drift"
	GateFailed = "gate_failed"
)

// Kinds of hooks.
const (
	Slack   = "slack"
	Webhook = "webhook"
)

// Event is one thing that happened. Kind is required; what is empty is left
// out. Nothing of it may be text of a prompt or of a model.
type Event struct {
	Kind        string    `json:"kind"`
	Prompt      string    `json:"prompt,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Version     string    `json:"version,omitempty"` // 12 hex digits
	Before      string    `json:"before,omitempty"`  // what was served, in a few words of ours
	After       string    `json:"after,omitempty"`
	Actor       string    `json:"actor,omitempty"`
	Reason      string    `json:"reason,omitempty"` // of a person
	URL         string    `json:"url,omitempty"`    // a page to look at
	Time        time.Time `json:"time"`
}

// Hook is whom to tell. The fields are those of [[notify]] in promptflag.toml.
type Hook struct {
	Kind         string   // Slack or Webhook
	URLEnv       string   // the environment variable that holds the address
	SecretEnv    string   // the one that holds the key of the signature; Webhook only
	On           []string // kinds of events; empty: all
	Environments []string // empty: all; events without one are for all
}

func (h Hook) wants(e Event) bool {
	return (len(h.On) == 0 || slices.Contains(h.On, e.Kind)) &&
		(e.Environment == "" || len(h.Environments) == 0 || slices.Contains(h.Environments, e.Environment))
}

// Options of Send. Getenv is required.
type Options struct {
	Getenv func(string) string
	// HTTP carries the requests; nil is http.DefaultTransport's. Redirects are
	// not followed.
	HTTP *http.Client
	// Timeout for all hooks together; 0 is 20 s.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Sleep waits between tries, or until ctx ends; nil does that.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Send tells every hook what it wants to know of the events, all hooks at the
// same time, and returns one error for each that could not be told, in the
// order of hooks. They are warnings: the events took place.
func Send(ctx context.Context, o Options, hooks []Hook, events []Event) []error {
	o.Timeout = cmp.Or(o.Timeout, 20*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	client := &http.Client{}
	if o.HTTP != nil {
		*client = *o.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.HTTP = client
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()

	errs := make([]error, len(hooks))
	var wg sync.WaitGroup
	for i, h := range hooks {
		wanted := slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return !h.wants(e) })
		if len(wanted) == 0 {
			continue
		}
		wg.Go(func() {
			if err := o.tell(ctx, h, wanted); err != nil {
				errs[i] = fmt.Errorf("notify the %s hook of %s: %w", h.Kind, h.URLEnv, err)
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// tell sends the events in as few requests as their form allows.
func (o Options) tell(ctx context.Context, h Hook, events []Event) error {
	target, err := address(o.Getenv(h.URLEnv), h.URLEnv)
	if err != nil {
		return err
	}
	if h.Kind == Slack {
		body, err := slackMessage(events)
		if err != nil {
			return err
		}
		return o.post(ctx, target, body, nil)
	}
	if h.SecretEnv == "" {
		return errors.New("no secret_env names its secret")
	}
	secret := o.Getenv(h.SecretEnv)
	if len(secret) < minSecret {
		return fmt.Errorf("the environment variable %s has to hold a secret of at least %d characters", h.SecretEnv, minSecret)
	}
	for batch := range slices.Chunk(events, maxBatch) {
		body, err := document(batch)
		if err != nil {
			return err
		}
		if err := o.post(ctx, target, body, signature(secret, o.Now(), body)); err != nil {
			return err
		}
	}
	return nil
}

// address checks where to send. Errors do not hold it: it is a secret.
func address(raw, name string) (*url.URL, error) {
	if raw == "" {
		return nil, fmt.Errorf("the environment variable %s is not set", name)
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("the environment variable %s does not hold the address of a web page", name)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the address in %s starts with http://, which anybody on the way can read: use https://", name)
	}
	return u, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
