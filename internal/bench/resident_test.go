//go:build unix

package bench

import (
	"context"
	"runtime"

	"github.com/promptflag/promptflag/prompts"
)

// memory prints what 10,000 prompts keep resident. It runs on the default
// engine.
func memory(ctx context.Context, r *Report) error {
	c := newCorpus(10000)
	decoded, list, err := Resident(func() ([]*prompts.Prompt, error) { return decodeAll(c) })
	if err != nil {
		return err
	}
	runtime.KeepAlive(list)
	list = nil
	var all, few float64
	for _, w := range []struct {
		out   *float64
		globs []string
	}{{&all, nil}, {&few, three()}} {
		c.gets.Store(0)
		po := providerOptions()
		po.Prompts = w.globs
		bytes, s, err := Resident(func() (*service, error) { return engines()[0].open(ctx, c, po) })
		if err != nil {
			return err
		}
		*w.out = float64(bytes)
		if w.globs == nil {
			err = s.check(ctx, c)
		}
		s.close()
		if err != nil {
			return err
		}
	}
	note("artifacts %.1f MB, feed %.1f MB; resident: decoded %.1f MB, provider %.1f MB", float64(c.rawBytes)/1e6, float64(len(c.feed()))/1e6, float64(decoded)/1e6, all/1e6)
	return printAll(r, "", nil,
		value{"memory_10000", all / float64(c.rawBytes)},
		value{"memory_10000_decoded_only", float64(decoded) / float64(c.rawBytes)},
		value{"used_3_of_10000_heap", few / 1e6},
		value{"used_3_of_10000_blobs", float64(c.gets.Load())},
	)
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
