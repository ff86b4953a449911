package purge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// readsAtOnce bounds the recorded answers that are read at a time.
const readsAtOnce = 16

// deleteRecorded deletes the recorded answers whose question holds all of the
// text that the version's messages always have. The next version, which lacks
// the secret, lacks a part of it, so its answers stay.
func (in Input) deleteRecorded(ctx context.Context, b *store.Bucket) (deleted int, err error) {
	if in.Artifact == nil {
		return 0, nil
	}
	texts := fixedTexts(in.Artifact)
	if len(texts) == 0 {
		return 0, nil
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for _, place := range []string{store.RecordedObjects, store.PullObjects} {
		for o, err := range b.Objects(ctx, place, "") {
			if err != nil {
				err = errors.Join(err, group.Wait())
				return deleted, err
			}
			group.Go(func() error {
				data, err := b.Removable(ctx, o.Key)
				if errors.Is(err, store.ErrNotFound) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("look for the text in recorded answers: %w", err)
				}
				if !asks(data, texts) {
					return nil
				}
				if err := b.Remove(ctx, o.Key); err != nil {
					return err
				}
				mu.Lock()
				deleted++
				mu.Unlock()
				return nil
			})
		}
	}
	err = group.Wait() // before deleted is read
	return deleted, err
}

// asks reports whether the messages of a recorded question hold all texts.
func asks(data []byte, texts []string) bool {
	var doc struct {
		Request struct {
			Messages any `json:"messages"`
		} `json:"request"`
	}
	if json.Unmarshal(data, &doc) != nil {
		return false
	}
	var all strings.Builder
	gather(doc.Request.Messages, &all)
	for _, text := range texts {
		if !strings.Contains(all.String(), text) {
			return false
		}
	}
	return true
}

// gather writes all strings of a JSON value, one behind the other.
func gather(v any, to *strings.Builder) {
	switch v := v.(type) {
	case string:
		to.WriteString(v)
		to.WriteByte(0)
	case []any:
		for _, e := range v {
			gather(e, to)
		}
	case map[string]any:
		for _, e := range v {
			gather(e, to)
		}
	}
}

// fixedTexts are the parts of a version's messages that every rendering has:
// what is outside of tags and sections.
func fixedTexts(p *prompts.Prompt) (texts []string) {
	messages, _ := p.Structure()["messages"].([]any)
	for _, m := range messages {
		message, _ := m.(map[string]any)
		var contents []string
		switch c := message["content"].(type) {
		case string:
			contents = append(contents, c)
		case []any:
			for _, part := range c {
				if fields, ok := part.(map[string]any); ok {
					if text, ok := fields["text"].(string); ok {
						contents = append(contents, text)
					}
				}
			}
		}
		for _, c := range contents {
			texts = append(texts, outside(c)...)
		}
	}
	return texts
}

// outside returns the text of a template that is in no tag and no section.
func outside(template string) (texts []string) {
	depth := 0
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" && depth == 0 {
			texts = append(texts, text)
		}
	}
	for {
		before, rest, found := strings.Cut(template, "{{")
		add(before)
		if !found {
			return texts
		}
		tag, after, found := strings.Cut(rest, "}}")
		if !found {
			return texts
		}
		switch {
		case strings.HasPrefix(tag, "#"), strings.HasPrefix(tag, "^"):
			depth++
		case strings.HasPrefix(tag, "/"):
			depth = max(0, depth-1)
		}
		template = strings.TrimPrefix(after, "}") // of a tag with three braces
		if !strings.HasPrefix(tag, "{") {
			template = after
		}
	}
}
