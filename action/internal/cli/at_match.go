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
	// read are the flags of feeds that were asked about before: the same strategies
	// are asked about for every user.
	read map[string]map[string]*provider.Flag
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
	return unleashClient{source, map[string]map[string]*provider.Flag{}}, source.Start(quiet)
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
	known, err := c.decode(body)
	if err != nil {
		return nil, err
	}
	attributes := openfeature.FlattenedContext{}
	for k, v := range caller {
		attributes[k] = v
	}
	attributes[openfeature.TargetingKey] = caller["userId"]
	out := make([]history.Match, len(strategies))
	for i := range out {
		f := known[fmt.Sprintf("s%d", i)]
		if f == nil {
			return nil, fmt.Errorf("ask Unleash's client: it does not take strategy %d", i+1)
		}
		m := c.source.Variant(f, attributes)
		out[i] = history.Match{On: m.On, Payload: m.Variant.Payload.Value, Trouble: f.Trouble}
	}
	return out, nil
}

func (c unleashClient) decode(body []byte) (map[string]*provider.Flag, error) {
	if known, ok := c.read[string(body)]; ok {
		return known, nil
	}
	feed, err := c.source.Decode(body)
	if err != nil {
		return nil, err
	}
	if feed.Use != nil {
		feed.Use()
	}
	known := make(map[string]*provider.Flag, len(feed.Flags))
	for _, f := range feed.Flags {
		known[f.Name] = f
	}
	c.read[string(body)] = known
	return known, nil
}
