package llm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// Complete asks for one answer. It implements chat.Model.
func (c *Client) Complete(ctx context.Context, r chat.Request) (chat.Response, error) {
	if r.Model == "" {
		return chat.Response{}, c.badRequest(errors.New("there is no model: write model in the prompt"))
	}
	path, build, read := c.path("/chat/completions", r.Model), openaiRequest, readOpenAI
	if c.endpoint.Family == Anthropic {
		path, build, read = anthropicPath(c.base.Path), anthropicRequest, readAnthropic
	}
	request, err := build(r)
	if err != nil {
		return chat.Response{}, c.badRequest(err)
	}
	var out chat.Response
	out.Latency, err = c.send(ctx, path, request, func(body []byte) (int, error) {
		var err error
		out, err = read(body)
		return out.Usage.Input + out.Usage.Output, err
	})
	if err != nil {
		return chat.Response{}, err
	}
	return out, nil
}

// path is that of the OpenAI dialect, below the base URL.
func (c *Client) path(suffix, model string) string {
	if c.endpoint.Family != Azure {
		return suffix
	}
	return "/openai/deployments/" + url.PathEscape(model) + suffix + "?api-version=" + url.QueryEscape(c.endpoint.APIVersion)
}

// mistakes are all the things for which a request cannot be sent.
type mistakes []error

func (m *mistakes) add(format string, args ...any) { *m = append(*m, fmt.Errorf(format, args...)) }

// err is one line, or nil.
func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	texts := make([]string, len(m))
	for i, err := range m {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// mergeExtra puts parameters.extra into a request. Objects are merged; what is
// there already and differs is a mistake, and so is what would change how we
// read the answer.
func mergeExtra(request map[string]any, extra any, m *mistakes) {
	if extra == nil {
		return
	}
	object, ok := extra.(map[string]any)
	if !ok {
		m.add("parameters.extra is not a table")
		return
	}
	if stream, written := object["stream"]; written && stream != false {
		m.add("parameters.extra.stream: an evaluation reads whole answers")
		return
	}
	merge(request, object, "parameters.extra", m)
}

func merge(into, from map[string]any, path string, m *mistakes) {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		there, written := into[key]
		a, isObject := there.(map[string]any)
		b, areBoth := from[key].(map[string]any)
		switch {
		case !written:
			into[key] = from[key]
		case isObject && areBoth:
			merged := maps.Clone(a) // it may be the caller's
			merge(merged, b, path+"."+name(key), m)
			into[key] = merged
		default:
			m.add("%s.%s: the request has it already", path, name(key))
		}
	}
}

// name is a key as an error can show it.
func name(key string) string {
	if s := identifier(key); s != "" {
		return s
	}
	if len(key) > 40 {
		key = key[:40] + "…"
	}
	return fmt.Sprintf("%q", key)
}
