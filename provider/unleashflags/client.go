package unleashflags

import (
	"log/slog"
	"net/http"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
)

// newClient makes an Unleash client that evaluates and does nothing else: each
// call brings the definition along, so the client's own polls, its storage on
// disk and its metrics have no part. Its metrics register with a request that
// NewClient waits for, put a channel and two locks on the path of every
// evaluation, and lose on Close what was counted since the last report.
func newClient(e *engine) (*unleash.Client, error) {
	const never = 365 * 24 * time.Hour
	return unleash.NewClient(
		unleash.WithUrl(e.src.base.String()),
		unleash.WithAppName(e.src.opt.AppName),
		unleash.WithInstanceId(e.src.opt.InstanceID),
		unleash.WithEnvironment(e.src.opt.Environment),
		unleash.WithRefreshInterval(never),
		unleash.WithDisableMetrics(true),
		unleash.WithStorage(storage{e}),
		unleash.WithHttpClient(&http.Client{Transport: unchanged{}}),
		unleash.WithListener(newListener(e.src.log)),
	)
}

// unchanged answers the client's own poll: nothing new.
type unchanged struct{}

func (unchanged) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusNotModified, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: req, Header: http.Header{}, Body: http.NoBody,
	}, nil
}

// storage is where the client looks up the parents of a flag.
type storage struct{ e *engine }

func (storage) Init(string, string)              {}
func (storage) Reset(map[string]any, bool) error { return nil }
func (storage) Load() error                      { return nil }
func (storage) Persist() error                   { return nil }
func (storage) List() []any                      { return nil }

func (s storage) Get(name string) (any, bool) {
	parents := s.e.parents.Load()
	if parents == nil {
		return nil, false
	}
	f, ok := (*parents)[name]
	return f, ok
}

// listener logs what the client has to say, each message once. The client
// calls it on one goroutine, which evaluations wait for when it is slow.
type listener struct {
	log  *slog.Logger
	seen map[string]bool
}

func newListener(log *slog.Logger) *listener { return &listener{log, map[string]bool{}} }

func (l *listener) OnError(err error)   { l.say(err) }
func (l *listener) OnWarning(err error) { l.say(err) }

func (l *listener) say(err error) {
	const most = 100
	if text := err.Error(); !l.seen[text] && len(l.seen) < most {
		l.seen[text] = true
		l.log.Warn("unleash client", "error", text)
	}
}
