package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/history"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// unleashClient asks Unleash's own Go client, through the flag source that services
// use, about flags that nobody published.
type unleashClient struct {
	source *unleashflags.Source
}

var _ history.Matcher = unleashClient{}

// newUnleashClient opens a client that follows nothing: the document that it is
// told to read does not exist.
func (s *session) newUnleashClient(environment string) (unleashClient, error) {
	nowhere := "file://" + filepath.ToSlash(filepath.Join("/", "nonexistent", "promptflag-at"))
	source, err := unleashflags.New(unleashflags.Options{
		URL: nowhere, Environment: environment, AppName: "promptflag-at", RefreshInterval: 365 * 24 * time.Hour,
	})
	if err != nil {
		return unleashClient{}, err
	}
	quiet := provider.Handler{Feed: func(*provider.Feed) {}, Current: func() {}, Failed: func(error) {}}
	return unleashClient{source}, source.Start(quiet)
}

func (c unleashClient) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = c.source.Close(ctx)
}

// The feed that a server would give, as far as it matters here.
type (
	atFeed struct {
		Version  int         `json:"version"`
		Features []atFeature `json:"features"`
	}
	atFeature struct {
		Name       string       `json:"name"`
		Type       string       `json:"type"`
		Enabled    bool         `json:"enabled"`
		Strategies []atStrategy `json:"strategies"`
	}
	atStrategy struct {
		Name        string            `json:"name"`
		Constraints []json.RawMessage `json:"constraints"`
		Parameters  map[string]string `json:"parameters"`
		Variants    []flags.Variant   `json:"variants"`
	}
)

// Match implements history.Matcher: a flag for each strategy.
func (c unleashClient) Match(strategies []flags.Strategy, caller map[string]string) ([]history.Match, error) {
	feed := atFeed{Version: 2, Features: []atFeature{}}
	for i, x := range strategies {
		feed.Features = append(feed.Features, atFeature{
			Name: fmt.Sprintf("s%d", i), Type: "kill-switch", Enabled: true,
			Strategies: []atStrategy{{Name: x.Name, Constraints: x.Constraints, Parameters: x.Parameters, Variants: x.Variants}},
		})
	}
	body, err := json.Marshal(feed)
	if err != nil {
		return nil, err
	}
	decoded, err := c.source.Decode(body)
	if err != nil {
		return nil, err
	}
	if decoded.Use != nil {
		decoded.Use()
	}
	if len(decoded.Flags) != len(strategies) {
		return nil, fmt.Errorf("ask Unleash's client: %d strategies, %d answers", len(strategies), len(decoded.Flags))
	}
	attributes := openfeature.FlattenedContext{openfeature.TargetingKey: caller["userId"]}
	for k, v := range caller {
		attributes[k] = v
	}
	byName := map[string]*provider.Flag{}
	for _, f := range decoded.Flags {
		byName[f.Name] = f
	}
	out := make([]history.Match, len(strategies))
	for i := range out {
		f := byName[fmt.Sprintf("s%d", i)]
		if f == nil {
			return nil, fmt.Errorf("ask Unleash's client: it does not take strategy %d", i+1)
		}
		m := c.source.Variant(f, attributes)
		out[i] = history.Match{On: m.On, Payload: m.Variant.Payload.Value, Trouble: f.Trouble}
	}
	return out, nil
}
