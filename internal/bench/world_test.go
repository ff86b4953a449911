//go:build unix

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
	unleashcontext "github.com/Unleash/unleash-client-go/v4/context"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// never is an interval at which nothing happens while we measure.
const never = 365 * 24 * time.Hour

// caller is whom costs are measured with: a targeting key and two attributes.
// It gets the stable version of prompt 0.
func caller() openfeature.EvaluationContext {
	return openfeature.NewEvaluationContext("user-3", map[string]any{"tenantId": "globex", "plan": "pro"})
}

// flagServer is the part of a flag server that a provider talks to.
type flagServer struct {
	url   string
	http  *http.Server
	feed  atomic.Pointer[taggedFeed]
	polls atomic.Int64
}

type taggedFeed struct {
	body []byte
	tag  string
}

func serveFlags(body []byte) (*flagServer, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &flagServer{url: "http://" + l.Addr().String()}
	s.set(body)
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve)}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

func (s *flagServer) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	s.polls.Add(1)
	feed := s.feed.Load()
	if r.Header.Get("If-None-Match") == feed.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Etag", feed.tag)
	_, _ = w.Write(feed.body)
}

// set makes body the feed.
func (s *flagServer) set(body []byte) {
	s.feed.Store(&taggedFeed{body, fmt.Sprintf("%q", prompts.DigestOf(body))})
}

func (s *flagServer) close() { _ = s.http.Close() }

// service is a service that uses the provider.
type service struct {
	api    *openfeature.EvaluationAPI
	client *openfeature.Client
}

// newService returns when the provider is ready.
func newService(ctx context.Context, p openfeature.FeatureProvider) (*service, error) {
	s := &service{api: isolated.NewAPI()}
	if err := s.api.SetProviderAndWait(ctx, p); err != nil {
		return nil, errors.Join(err, s.api.Shutdown(context.Background()))
	}
	s.client = s.api.NewClient()
	return s, nil
}

func (s *service) close() { _ = s.api.Shutdown(context.Background()) }

// flagOptions are o for the given server, without polls and reports unless o
// says how often.
func flagOptions(o unleashflags.Options, url string) unleashflags.Options {
	o.URL, o.Token = url, "default:production.bench"
	if o.RefreshInterval == 0 {
		o.RefreshInterval = never
	}
	if o.MetricsInterval == 0 {
		o.MetricsInterval = never
	}
	return o
}

// providerOptions are those of a provider that uses no disk: figures about the
// disk say so with withDisk.
func providerOptions() *provider.Options {
	return &provider.Options{NoCache: true}
}

// newProvider is the provider on a flag server and blobs.
func newProvider(o unleashflags.Options, blobs provider.Blobs, po *provider.Options) (*provider.Provider, error) {
	source, err := unleashflags.New(o)
	if err != nil {
		return nil, err
	}
	return provider.New(source, blobs, po), nil
}

// open serves the feed of c and starts a service on it.
func (e engine) open(ctx context.Context, c *corpus, po *provider.Options) (*service, error) {
	server, err := serveFlags(c.feed())
	if err != nil {
		return nil, err
	}
	defer server.close() // one poll is all there is
	p, err := newProvider(flagOptions(e.options(), server.url), c, po)
	if err != nil {
		return nil, err
	}
	return newService(ctx, p)
}

// check asks for all flags once: each must answer its stable version, except
// where the answer is the candidate.
func (s *service) check(ctx context.Context, c *corpus) error {
	for i, flag := range c.flags {
		v, err := s.client.ObjectValue(ctx, flag, nil, caller())
		if err != nil {
			return err
		}
		p, ok := v.(*prompts.Prompt)
		if !ok || p.Ref() != c.refs[i] && p.Ref() != c.candidate() {
			return fmt.Errorf("flag %s answers %v", flag, v)
		}
	}
	return nil
}

// object is a subject: n evaluations of one flag.
func (s *service) object(ctx context.Context, name, flag string) Subject {
	ec := caller()
	return Subject{name, func(n int) {
		for range n {
			v, err := s.client.ObjectValue(ctx, flag, nil, ec)
			if _, ok := v.(*prompts.Prompt); !ok || err != nil {
				panic(fmt.Sprintf("measured call of %s: %v, %v", flag, v, err))
			}
		}
	}}
}

// trivial is the least that a provider can do: it has the answer.
type trivial struct {
	openfeature.NoopProvider
	answer openfeature.InterfaceResolutionDetail
}

func (p *trivial) ObjectEvaluation(context.Context, string, any, openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	return p.answer
}

// newTrivial returns a service on a trivial provider with three metadata keys.
func newTrivial(ctx context.Context, c *corpus) (*service, error) {
	p, err := prompts.Decode(artifactOf(c.flags[0], 0, stableVersion))
	if err != nil {
		return nil, err
	}
	d := openfeature.InterfaceResolutionDetail{Value: p}
	d.Variant, d.Reason = p.Version(), openfeature.SplitReason
	d.FlagMetadata = openfeature.FlagMetadata{"promptName": p.Name(), "promptVersion": string(p.Digest()), "flagSetId": "default/production"}
	return newService(ctx, &trivial{answer: d})
}

// raw is the Unleash client as it is sold, on the same feed.
type raw struct {
	*unleash.Client
	backup string // the folder that it writes to
}

func newRaw(feed []byte) (*raw, error) {
	backup, err := os.MkdirTemp("", "promptflag-bench-")
	if err != nil {
		return nil, err
	}
	client, err := unleash.NewClient(
		unleash.WithUrl("http://unleash.invalid/api/"), unleash.WithAppName("bench"),
		unleash.WithRefreshInterval(never), unleash.WithDisableMetrics(true),
		unleash.WithBackupPath(backup), unleash.WithStorage(&unleash.BootstrapStorage{Reader: bytes.NewReader(feed)}),
		unleash.WithHttpClient(&http.Client{Transport: unchanged{}}), unleash.WithListener(&unleash.NoopListener{}),
	)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(backup))
	}
	client.WaitForReady()
	return &raw{client, backup}, nil
}

func (r *raw) close() {
	_ = r.Close()
	_ = os.RemoveAll(r.backup)
}

// unchanged answers the client's poll: what it has is the newest.
type unchanged struct{}

func (unchanged) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotModified, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, Header: http.Header{}, Body: http.NoBody}, nil
}

func rawContext() unleashcontext.Context {
	return unleashcontext.Context{UserId: "user-3", Properties: map[string]string{"tenantId": "globex", "plan": "pro"}}
}

// variant is a subject: GetVariant with one context for all calls, or with a
// context made for each, as whoever has a caller must.
func (r *raw) variant(name, flag string, perCall bool) Subject {
	reused := rawContext()
	return Subject{name, func(n int) {
		for range n {
			ec := reused
			if perCall {
				ec = rawContext()
			}
			if v := r.GetVariant(flag, unleash.WithVariantContext(ec)); !v.Enabled {
				panic("measured call of " + flag + ": no variant")
			}
		}
	}}
}
