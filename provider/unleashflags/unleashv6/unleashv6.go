// Package unleashv6 is another engine for package unleashflags: Unleash's own
// successor of the default one, unleash-go-sdk v6.4.0.
//
//	unleashflags.New(unleashflags.Options{URL: url, Token: token, Engine: unleashv6.Engine{}})
//
// It passes the whole client specification 6.1.0 and knows the operators that
// unleash-client-go v4.5.0 does not: REGEX, IN_CIDR, SEMVER_LTE and SEMVER_GTE. A
// call costs less than half of the allocations. Both put the same caller into
// the same bucket, so that a service can change the engine in the middle of a
// rollout.
//
// A service that does not import this package does not link that SDK.
package unleashv6

import (
	"encoding/json"
	"net/http"
	"time"

	unleash "github.com/Unleash/unleash-go-sdk/v6"
	"github.com/Unleash/unleash-go-sdk/v6/api"
	"github.com/Unleash/unleash-go-sdk/v6/context"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// Engine is unleash-go-sdk v6.4.0. Its zero value is for unleashflags.Options;
// any number of sources may use it.
type Engine struct{}

var _ unleashflags.Engine = Engine{}

// About says what the SDK knows.
func (Engine) About() unleashflags.EngineInfo {
	return unleashflags.EngineInfo{
		SDK:           "unleash-go-sdk:6.4.0",
		Specification: "6.1.0",
		Operators: []string{
			"IN", "NOT_IN", "STR_CONTAINS", "STR_STARTS_WITH", "STR_ENDS_WITH",
			"NUM_EQ", "NUM_LT", "NUM_LTE", "NUM_GT", "NUM_GTE",
			"DATE_BEFORE", "DATE_AFTER",
			"SEMVER_EQ", "SEMVER_LT", "SEMVER_LTE", "SEMVER_GT", "SEMVER_GTE",
			"REGEX", "IN_CIDR",
		},
		Strategies: []string{
			"default", "flexibleRollout", "userWithId", "remoteAddress", "applicationHostname",
			"gradualRolloutRandom", "gradualRolloutSessionId", "gradualRolloutUserId",
		},
	}
}

// Open makes a client that evaluates and does nothing else: no polls, no file,
// no metrics.
func (Engine) Open(o unleashflags.EngineOptions) (unleashflags.Evaluator, error) {
	const never = 365 * 24 * time.Hour
	client, err := unleash.NewClient(
		unleash.WithUrl("http://nobody.invalid/api/"),
		unleash.WithAppName(o.AppName),
		unleash.WithInstanceId(o.InstanceID),
		unleash.WithEnvironment(o.Environment),
		unleash.WithRefreshInterval(never),
		unleash.WithDisableMetrics(true),
		unleash.WithStorage(noStorage{}),
		unleash.WithHttpClient(&http.Client{Transport: unchanged{}}),
		unleash.WithListener(listener(o.Complain)),
	)
	if err != nil {
		return nil, err
	}
	return evaluator{client}, nil
}

type evaluator struct{ client *unleash.Client }

func (e evaluator) Close() error { return e.client.Close() }

func (e evaluator) Compile(flag []byte) (unleashflags.Rules, error) {
	feature := new(api.Feature)
	if err := json.Unmarshal(flag, feature); err != nil {
		return nil, err
	}
	return &rules{e.client, feature.Name, func(string) *api.Feature { return feature }}, nil
}

// rules hand the definition to the client with every call.
type rules struct {
	client  *unleash.Client
	name    string
	resolve unleash.FeatureResolver
}

func (r *rules) Enabled(c unleashflags.Context) bool {
	return r.client.IsEnabled(r.name, unleash.FeatureOptions{Ctx: context.Context(c), Resolver: r.resolve})
}

// Variant reads the client's answer. All flags that are off share one value,
// which another client in the process may have spoiled: its address says off.
func (r *rules) Variant(c unleashflags.Context) (o unleashflags.Outcome) {
	v := r.client.GetVariant(r.name, unleash.VariantOptions{Ctx: context.Context(c), Resolver: r.resolve})
	if v == api.DISABLED_VARIANT {
		return o
	}
	o.On = v.FeatureEnabled
	if v.Enabled {
		o.Variant = provider.Variant{Name: v.Name, Payload: provider.Payload(v.Payload)}
	}
	return o
}

// unchanged answers the client's own poll: nothing new.
type unchanged struct{}

func (unchanged) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusNotModified, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: req, Header: http.Header{}, Body: http.NoBody,
	}, nil
}

// noStorage keeps the client away from its file in the temporary directory.
type noStorage struct{}

func (noStorage) Init(string, string)                 {}
func (noStorage) Load() (*api.FeatureResponse, error) { return nil, nil }
func (noStorage) Persist(*api.FeatureResponse) error  { return nil }

// listener is called on the one goroutine that also takes in what goes wrong in
// evaluations.
type listener func(error)

func (l listener) OnError(err error)   { l(err) }
func (l listener) OnWarning(err error) { l(err) }
