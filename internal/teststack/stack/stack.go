//go:build linux || darwin

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptflag/promptflag/internal/teststack"
)

// Names of the servers in Options.Only.
const (
	Unleash = "unleash"
	S3      = "s3"
	GCS     = "gcs"
	Azure   = "azure"
	Aimock  = "aimock"
	GitHub  = "github"
	Act     = "act"
)

// Options say what to install or start.
type Options struct {
	Unleash int       // major version, 7 or 8
	Only    []string  // names of servers; empty: all
	Cache   string    // folder of installed servers; "": .work of the repository
	Log     io.Writer // progress, one line each; nil: none
}

func (o Options) wants(server string) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, server)
}

func (o Options) check() error {
	if _, ok := unleashTrees[o.Unleash]; !ok {
		return fmt.Errorf("-unleash %d: have 7 and 8", o.Unleash)
	}
	for _, name := range o.Only {
		if !slices.Contains([]string{Unleash, S3, GCS, Azure, Aimock, GitHub, Act}, name) {
			return fmt.Errorf("-only %s: have unleash, s3, gcs, azure, aimock, github and act", name)
		}
	}
	return nil
}

func (o Options) logf(format string, args ...any) {
	if o.Log != nil {
		fmt.Fprintf(o.Log, "teststack: "+format+"\n", args...)
	}
}

// Stack is a set of running servers.
type Stack struct {
	o     Options
	cache cache
	group *group
	env   []string
}

// Start installs what is missing and starts the servers at the same time. If
// one does not start, the others are stopped and the error holds the end of
// its log.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if err := Install(ctx, o); err != nil {
		return nil, err
	}
	c, err := openCache(o.Cache)
	if err != nil {
		return nil, err
	}
	g, err := newGroup()
	if err != nil {
		return nil, err
	}
	s := &Stack{o: o, cache: c, group: g, env: []string{teststack.EnvStack + "=require"}}
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Stack) startAll(ctx context.Context) error {
	begin := time.Now()
	starters := []struct {
		name  string
		start func(context.Context) ([]string, error)
	}{
		{Unleash, s.startUnleash}, {S3, s.startS3}, {GCS, s.startGCS}, {Azure, s.startAzure}, {Aimock, s.startAimock},
		{GitHub, s.startGitHub}, {Act, s.findAct},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		ready []string
	)
	for _, st := range starters {
		if !s.o.wants(st.name) {
			continue
		}
		wg.Go(func() {
			env, err := st.start(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if len(errs) == 0 || !errors.Is(err, context.Canceled) {
					errs = append(errs, err)
				}
				cancel() // the others need not go on
				return
			}
			s.env = append(s.env, env...)
			ready = append(ready, fmt.Sprintf("%s %.1f s", st.name, time.Since(begin).Seconds()))
		})
	}
	wg.Wait()
	if len(errs) == 0 {
		s.o.logf("ready: %s", strings.Join(ready, ", "))
	}
	return errors.Join(errs...)
}

// Died describes the servers that ended by themselves.
func (s *Stack) Died() []string { return s.group.died() }

// Stop ends all servers and removes their data.
func (s *Stack) Stop() error { return s.group.stop() }
