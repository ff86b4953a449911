package unleashflags

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/promptflag/promptflag/provider"
)

// maxFeed bounds the body of a feed.
const maxFeed = 64 << 20

// errUnchanged is a fetch of what is known already.
var errUnchanged = errors.New("unchanged")

// fetcher gets the body of the feed. It returns errUnchanged when the feed
// still has the given tag.
type fetcher interface {
	fetch(ctx context.Context, tag string) (body []byte, newTag string, err error)
}

// fileFeed reads the embedded document.
type fileFeed struct{ dir, environment, project string }

func (f fileFeed) fetch(_ context.Context, tag string) ([]byte, string, error) {
	doc, err := readDocument(f.dir, f.environment)
	if err != nil {
		return nil, "", fmt.Errorf("read flags: %w", err)
	}
	sum := sha256.Sum256(doc)
	newTag := hex.EncodeToString(sum[:])
	if newTag == tag {
		return nil, tag, errUnchanged
	}
	body, err := project(doc, f.environment, f.project)
	if err != nil {
		return nil, "", fmt.Errorf("read flags: %s.json: %w", f.environment, err)
	}
	return body, newTag, nil
}

// server is the Unleash server.
type server struct {
	base   *url.URL // ends with /api/
	header http.Header
	client *http.Client
	opt    *Options
}

func newServer(s *Source, connectionID string) *server {
	h := http.Header{}
	h.Set("Authorization", s.opt.Token)
	h.Set("User-Agent", "promptflag")
	h.Set("Unleash-Appname", s.opt.AppName)
	h.Set("Unleash-Instanceid", s.opt.InstanceID)
	h.Set("Unleash-Connection-Id", connectionID)
	h.Set("Unleash-Sdk", s.opt.Engine.About().SDK)
	client := s.opt.HTTPClient
	if client == nil {
		t := http.DefaultTransport
		if standard, ok := t.(*http.Transport); ok { // else the service has wrapped it
			t = standard.Clone()
		}
		client = &http.Client{Transport: t}
	}
	return &server{base: s.base, header: h, client: client, opt: &s.opt}
}

// close gives up the connections of a client of our own.
func (v *server) close() {
	if v.opt.HTTPClient == nil {
		v.client.CloseIdleConnections()
	}
}

// fetch asks for the feed. Unleash-Client-Spec is not sent: without it the
// server writes segments into their strategies itself.
func (v *server) fetch(ctx context.Context, tag string) ([]byte, string, error) {
	u := v.base.JoinPath("client", "features")
	if v.opt.Project != "" {
		u.RawQuery = url.Values{"project": {v.opt.Project}}.Encode()
	}
	ctx, cancel := context.WithTimeout(ctx, v.opt.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", fmt.Errorf("fetch flags: %w", err)
	}
	req.Header = v.header.Clone()
	req.Header.Set("Unleash-Interval", strconv.FormatInt(v.opt.RefreshInterval.Milliseconds(), 10))
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("fetch flags: %w", err)
	}
	defer drain(resp.Body)
	switch {
	case resp.StatusCode == http.StatusNotModified && tag != "":
		return nil, tag, errUnchanged
	case resp.StatusCode != http.StatusOK:
		return nil, "", fmt.Errorf("fetch flags from %s: %w", u, statusError(resp.StatusCode))
	}
	body, err := readAll(resp.Body)
	if err != nil {
		return nil, "", fmt.Errorf("fetch flags: %w", err)
	}
	return body, resp.Header.Get("Etag"), nil
}

// post sends one of the client's two reports.
func (v *server) post(ctx context.Context, path string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, v.opt.Timeout)
	defer cancel()
	u := v.base.JoinPath("client", path)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = v.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Unleash-Interval", strconv.FormatInt(v.opt.MetricsInterval.Milliseconds(), 10))
	resp, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer drain(resp.Body)
	if resp.StatusCode >= 300 {
		return fmt.Errorf("post %s: %w", u, statusError(resp.StatusCode))
	}
	return nil
}

func statusError(code int) error {
	text := fmt.Sprintf("%d %s", code, http.StatusText(code))
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s: %w: the server refuses the token; a service needs a backend (client) token of its environment, neither an admin nor a personal one", text, provider.ErrRefused)
	case http.StatusNotFound:
		return fmt.Errorf("%s: no Unleash client API there; check the URL", text)
	}
	return errors.New(text)
}

func readAll(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxFeed+1))
	if err == nil && len(body) > maxFeed {
		err = errTooLarge
	}
	return body, err
}

// drain lets the connection be used again, unless much is left to read.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}
