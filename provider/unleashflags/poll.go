package unleashflags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/promptflag/promptflag/provider"
)

// run polls until ctx ends.
func (e *engine) run(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(e.src.opt.RefreshInterval)
	defer tick.Stop()
	tag := ""
	for {
		next, err := e.poll(ctx, tag)
		switch {
		case ctx.Err() != nil:
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

// poll hands the newest feed over and returns its tag.
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
	feed, err := e.decode(body)
	if err != nil {
		return "", fmt.Errorf("poll flags: %w", err)
	}
	if ctx.Err() == nil {
		e.handler.Feed(feed)
	}
	return next, nil
}

// decode makes a feed of the body that a server answers with.
func (e *engine) decode(body []byte) (*provider.Feed, error) {
	raw, err := readFeed(body)
	if err != nil {
		return nil, err
	}
	project, environment := e.src.scopeOf(raw.Query)
	list := e.compileAll(raw, environment)
	parents := make(map[string]*compiled, len(list))
	for _, f := range list {
		parents[f.Name], _ = f.Compiled.(*compiled)
	}
	return &provider.Feed{
		Set: project + "/" + environment, Flags: list, Body: body,
		Use: func() { e.parents.Store(&parents) },
	}, nil
}

// scopeOf returns what the flags are of: as configured, else as the server
// understood the token, else as the token says.
func (s *Source) scopeOf(raw json.RawMessage) (project, environment string) {
	var q wireQuery
	_ = json.Unmarshal(raw, &q)
	project, environment = s.opt.Project, s.opt.Environment
	tokenProject, tokenEnvironment, _ := strings.Cut(s.scope(), ":")
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
	return project, environment
}

// scope is what the token is for, "<project>:<environment>"; of a token without
// one, all of it.
func (s *Source) scope() string {
	scope, _, _ := strings.Cut(s.opt.Token, ".")
	return scope
}

// Key is a hash of server, project, environment and the token's scope.
func (s *Source) Key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.base.String(), s.dir, s.opt.Project, s.opt.Environment, s.scope()}, "\x00")))
	return "unleash-" + hex.EncodeToString(sum[:16])
}
