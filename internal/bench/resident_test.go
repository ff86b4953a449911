//go:build unix

package bench

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// memory prints what 10,000 prompts keep resident. It runs on the default
// engine.
func memory(ctx context.Context, r *Report) error {
	c := newCorpus(10000)
	raw := float64(c.rawBytes)
	before := ReadHeap()
	list, err := decodeAll(c)
	if err != nil {
		return err
	}
	decoded := ReadHeap().Since(before)
	runtime.KeepAlive(list)

	all, rendered, err := resident(ctx, c)
	if err != nil {
		return err
	}
	c.gets.Store(0)
	few, _, err := resident(ctx, c, three()...)
	if err != nil {
		return err
	}
	blobs := c.gets.Load()
	change, err := feedChange(ctx, c)
	if err != nil {
		return err
	}
	note("artifacts %.1f MB, feed %.1f MB; in use: decoded %.1f MB, provider %.1f MB", raw/1e6, float64(len(c.feed()))/1e6, float64(decoded.InUse)/1e6, float64(all.InUse)/1e6)
	return printAll(r, "", nil,
		value{"memory_10000", float64(all.InUse) / raw},
		value{"memory_10000_live", float64(all.Live) / raw},
		value{"memory_10000_rendered", float64(rendered.InUse) / raw},
		value{"memory_10000_decoded_only", float64(decoded.InUse) / raw},
		value{"used_3_of_10000_heap", float64(few.InUse) / 1e6},
		value{"used_3_of_10000_blobs", float64(blobs)},
		value{"used_3_of_10000_feed_change_cpu", 1000 * change},
	)
}

// resident returns the memory of a provider that loaded the prompts of c that
// globs name, all without, and of the same after all were rendered once.
func resident(ctx context.Context, c *corpus, globs ...string) (ready, rendered Heap, err error) {
	po := providerOptions()
	po.Prompts = globs
	before := ReadHeap()
	s, err := engines()[0].open(ctx, c, po)
	if err != nil {
		return ready, rendered, err
	}
	defer s.close()
	ready = ReadHeap().Since(before)
	if len(globs) > 0 {
		return ready, ready, nil
	}
	if err := s.check(ctx, c); err != nil {
		return ready, rendered, err
	}
	for _, flag := range c.flags {
		v, err := s.client.ObjectValue(ctx, flag, nil, caller())
		if err != nil {
			return ready, rendered, err
		}
		if _, err := v.(*prompts.Prompt).Render(map[string]any{"company": "Acme", "ticket": "It is broken."}); err != nil {
			return ready, rendered, err
		}
	}
	return ready, ReadHeap().Since(before), nil
}

// feedChange returns the CPU seconds that a service which uses three prompts
// of c needs to take in a feed in which one flag has changed.
func feedChange(ctx context.Context, c *corpus) (seconds float64, err error) {
	server, err := serveFlags(c.feed())
	if err != nil {
		return 0, err
	}
	defer server.close()
	po := providerOptions()
	po.Prompts = three()
	p, err := newProvider(flagOptions(unleashflags.Options{RefreshInterval: 20 * time.Millisecond}, server.url), c, po)
	if err != nil {
		return 0, err
	}
	s, err := newService(ctx, p)
	if err != nil {
		return 0, err
	}
	defer s.close()
	var all []float64
	for i := range 8 {
		want, percent := c.candidate(), "100" // everybody
		if i%2 == 1 {
			want, percent = c.refs[0], "10"
		}
		body := bytes.Replace(c.feed(), []byte(`"rollout":"10"`), []byte(`"rollout":"`+percent+`"`), 1)
		start := ProcessCPU()
		server.set(body)
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			v, err := s.client.ObjectValue(ctx, c.flags[0], nil, caller())
			if p, ok := v.(*prompts.Prompt); err == nil && ok && p.Ref() == want {
				break
			}
			if time.Now().After(end) {
				return 0, errors.New("a changed feed is not served after a minute")
			}
		}
		all = append(all, (ProcessCPU() - start).Seconds())
	}
	return Median(all), nil
}

func decodeAll(c *corpus) ([]*prompts.Prompt, error) {
	list := make([]*prompts.Prompt, 0, len(c.place))
	for data := range c.all {
		p, err := prompts.Decode(data)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}
