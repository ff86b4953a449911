package unleashflags

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/Unleash/unleash-client-go/v4/api"

	"github.com/promptflag/promptflag/provider"
)

// poller is the transport under the Unleash client: the client's loop asks it
// for the feed at every interval, and it asks the server or the file. Prompts
// that a new feed names are loaded before the client gets to see it. Failures
// are reported to the provider and are "not modified" for the client, which
// would otherwise stop asking for up to eleven intervals.
type poller struct{ e *engine }

// generation is one feed on its way to being visible.
type generation struct {
	flags   []*provider.Flag
	body    []byte
	tag     string
	visible func()
}

func (p poller) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	resp := &http.Response{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: req, Header: http.Header{}, Body: http.NoBody,
	}
	<-p.e.begun
	if p.e.pending != nil {
		p.e.pending = nil
		p.e.handler.Failed(errors.New("poll flags: the Unleash client could not read the feed; see its error in the log"))
	}
	switch gen, err := p.e.poll(req.Context()); {
	case err == nil:
		p.e.pending = gen
		resp.StatusCode = http.StatusOK
		resp.Body = io.NopCloser(bytes.NewReader(gen.body))
	case errors.Is(err, errUnchanged):
		p.e.handler.Current()
		resp.StatusCode = http.StatusNotModified
	default:
		if req.Context().Err() != nil { // closing
			return nil, req.Context().Err()
		}
		p.e.handler.Failed(err)
		resp.StatusCode = http.StatusNotModified
	}
	return resp, nil
}

// poll returns the next generation, ready to be handed to the client.
func (e *engine) poll(ctx context.Context) (gen *generation, err error) {
	defer func() {
		if v := recover(); v != nil {
			gen, err = nil, fmt.Errorf("poll flags: panic: %v", v)
		}
	}()
	body, tag, err := e.feed.fetch(ctx, e.tag)
	if err != nil {
		return nil, err
	}
	wire, err := decodeFeed(body)
	if err != nil {
		return nil, fmt.Errorf("poll flags: %w", err)
	}
	gen = &generation{tag: tag}
	for _, f := range wire.Features {
		plain, err := encode(f)
		if err != nil {
			return nil, fmt.Errorf("poll flags: %w", err)
		}
		flag := f.neutral(sha256.Sum256(plain))
		if flag.IsPrompt() {
			f.mark()
		}
		gen.flags = append(gen.flags, flag)
	}
	if gen.body, err = encode(wire); err != nil {
		return nil, fmt.Errorf("poll flags: %w", err)
	}
	gen.visible = e.handler.Load(ctx, &provider.Feed{Set: e.src.setID(wire.Query), Flags: gen.flags})
	return gen, ctx.Err()
}

// setID is "<project>/<environment>": as configured, else as the server
// understood the token, else as the token says.
func (s *Source) setID(raw json.RawMessage) string {
	var q wireQuery
	_ = json.Unmarshal(raw, &q)
	project, environment := s.opt.Project, s.opt.Environment
	scope, _, _ := strings.Cut(s.opt.Token, ".")
	tokenProject, tokenEnvironment, _ := strings.Cut(scope, ":")
	if project == "" && len(q.Project) > 0 {
		project = strings.Join(q.Project, "+")
	}
	if project == "" && tokenEnvironment != "" {
		project = tokenProject
	}
	if environment == "" {
		environment = q.Environment
	}
	if environment == "" {
		environment = tokenEnvironment
	}
	return project + "/" + environment
}

// storage is where the client keeps its flags: in memory, no backup file. The
// client calls Reset when it has decoded a body, and Get for parents only: the
// flag that is evaluated comes along with the call.
type storage struct{ e *engine }

func (storage) Init(string, string) {}
func (storage) Load() error         { return nil }
func (storage) Persist() error      { return nil }
func (storage) List() []any         { return nil }

func (s storage) Get(name string) (any, bool) {
	parents := s.e.parents.Load()
	if parents == nil {
		return nil, false
	}
	f, ok := (*parents)[name]
	return f, ok
}

// Reset makes the pending generation visible.
func (s storage) Reset(data map[string]any, _ bool) error {
	e, gen := s.e, s.e.pending
	if gen == nil {
		return nil
	}
	e.pending = nil
	flags, parents := make(map[string]*provider.Flag, len(gen.flags)), map[string]any{}
	for _, f := range gen.flags {
		feature, ok := data[f.Name].(api.Feature)
		if !ok {
			continue
		}
		f.Compiled = e.compile(f, feature)
		flags[f.Name] = f
		for _, parent := range f.Parents {
			if pf, ok := data[parent]; ok {
				parents[parent] = pf
			}
		}
	}
	e.parents.Store(&parents)
	e.src.flags.Store(&flags)
	e.tag = gen.tag
	gen.visible()
	return nil
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
