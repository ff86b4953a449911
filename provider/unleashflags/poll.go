package unleashflags

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Unleash/unleash-client-go/v4/api"

	"github.com/promptflag/promptflag/provider"
)

var errClosed = errors.New("closed")

// run polls until ctx ends.
func (e *engine) run(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(e.src.opt.RefreshInterval)
	defer tick.Stop()
	tag := ""
	for {
		next, err := e.poll(ctx, tag)
		switch {
		case ctx.Err() != nil, errors.Is(err, errClosed):
			return
		case err == nil:
			tag = next
		case errors.Is(err, errUnchanged):
			e.handler.Current()
		default:
			e.handler.Failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// poll makes the newest feed visible and returns its tag. The provider has
// loaded what the feed names before that, or has waited long enough.
func (e *engine) poll(ctx context.Context, tag string) (next string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("poll flags: panic: %v", v)
		}
	}()
	body, next, err := e.feed.fetch(ctx, tag)
	if err != nil {
		return "", err
	}
	wire, err := decodeFeed(body)
	if err != nil {
		return "", fmt.Errorf("poll flags: %w", err)
	}
	list, features := e.compileAll(wire)
	visible := e.handler.Load(ctx, &provider.Feed{Set: e.src.setID(wire.Query), Flags: list})
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	flags, parents := make(map[string]*provider.Flag, len(list)), map[string]any{}
	for _, f := range list {
		flags[f.Name] = f
		for _, parent := range f.Parents {
			parents[parent] = features[parent]
		}
	}
	if !e.show(flags, parents) {
		return "", errClosed
	}
	visible()
	return next, nil
}

// show makes flags the ones that evaluation sees; false after Close.
func (e *engine) show(flags map[string]*provider.Flag, parents map[string]any) bool {
	e.gate.RLock()
	defer e.gate.RUnlock()
	if e.closed {
		return false
	}
	e.parents.Store(&parents)
	e.src.flags.Store(&flags)
	return true
}

// compileAll returns the provider's and the client's view of every flag. A flag
// that the client cannot decode is left out, which the provider reports when
// it was there before; the others are not touched by it.
func (e *engine) compileAll(wire *wireFeed) ([]*provider.Flag, map[string]api.Feature) {
	list := make([]*provider.Flag, 0, len(wire.Features))
	features := make(map[string]api.Feature, len(wire.Features))
	for _, f := range wire.Features {
		text, err := encode(f)
		if err != nil {
			continue // cannot be: it was decoded from JSON
		}
		flag := f.neutral(sha256.Sum256(text))
		if flag.IsPrompt() {
			f.mark()
			text, _ = encode(f)
		}
		var feature api.Feature
		if err := json.Unmarshal(text, &feature); err != nil {
			e.src.log.Error("flag left out: the Unleash client cannot read it", "flag", f.Name, "error", err)
			continue
		}
		flag.Compiled = e.compile(flag, feature)
		features[f.Name] = feature
		list = append(list, flag)
	}
	return list, features
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
