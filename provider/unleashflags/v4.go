package unleashflags

import (
	"encoding/json"
	"net/http"
	"time"

	unleash "github.com/Unleash/unleash-client-go/v4"
	"github.com/Unleash/unleash-client-go/v4/api"
	"github.com/Unleash/unleash-client-go/v4/context"

	"github.com/promptflag/promptflag/provider"
)

// v4 is the default engine: unleash-client-go v4.5.0.
type v4 struct{}

var _ Engine = v4{}

func (v4) About() EngineInfo {
	return EngineInfo{
		SDK:           "unleash-client-go:4.5.0",
		Specification: "4.3.1",
		Operators: []string{
			"IN", "NOT_IN", "STR_CONTAINS", "STR_STARTS_WITH", "STR_ENDS_WITH",
			"NUM_EQ", "NUM_LT", "NUM_LTE", "NUM_GT", "NUM_GTE",
			"DATE_BEFORE", "DATE_AFTER", "SEMVER_EQ", "SEMVER_LT", "SEMVER_GT",
		},
		Strategies: []string{
			"default", "flexibleRollout", "userWithId", "remoteAddress", "applicationHostname",
			"gradualRolloutRandom", "gradualRolloutSessionId", "gradualRolloutUserId",
		},
	}
}

// Open makes a client that evaluates and does nothing else: each call brings
// the definition along. Its metrics would register with a request that
// NewClient waits for, put a channel and two locks on the path of every
// evaluation, and lose on Close what was counted since the last report.
func (v4) Open(o EngineOptions) (Evaluator, error) {
	const never = 365 * 24 * time.Hour
	client, err := unleash.NewClient(
		unleash.WithUrl("http://nobody.invalid/api/"),
		unleash.WithAppName(o.AppName),
		unleash.WithInstanceId(o.InstanceID),
		unleash.WithEnvironment(o.Environment),
		unleash.WithRefreshInterval(never),
		unleash.WithDisableMetrics(true),
		unleash.WithStorage(v4Storage{}),
		unleash.WithHttpClient(&http.Client{Transport: unchanged{}}),
		unleash.WithListener(v4Listener(o.Complain)),
	)
	if err != nil {
		return nil, err
	}
	return v4Evaluator{client}, nil
}

type v4Evaluator struct{ client *unleash.Client }

func (e v4Evaluator) Close() error { return e.client.Close() }

func (e v4Evaluator) Compile(flag []byte) (Rules, error) {
	feature := new(api.Feature)
	if err := json.Unmarshal(flag, feature); err != nil {
		return nil, err
	}
	resolve := func(string) *api.Feature { return feature }
	return &v4Rules{e.client, feature.Name, unleash.WithResolver(resolve), unleash.WithVariantResolver(resolve)}, nil
}

// v4Rules hand the definition to the client with every call, so that answer
// and feed belong together while the next feed arrives.
type v4Rules struct {
	client  *unleash.Client
	name    string
	feature unleash.FeatureOption
	variant unleash.VariantOption
}

func (r *v4Rules) Enabled(c Context) bool {
	return r.client.IsEnabled(r.name, unleash.WithContext(context.Context(c)), r.feature)
}

// Variant reads the client's answer. The client shares one value among all flags
// that are off, and another client in the process may have spoiled it: its
// address says off, its fields say nothing.
func (r *v4Rules) Variant(c Context) (o Outcome) {
	v := r.client.GetVariant(r.name, unleash.WithVariantContext(context.Context(c)), r.variant)
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

// v4Storage keeps the client away from its file in the temporary directory.
type v4Storage struct{}

func (v4Storage) Init(string, string)              {}
func (v4Storage) Reset(map[string]any, bool) error { return nil }
func (v4Storage) Load() error                      { return nil }
func (v4Storage) Persist() error                   { return nil }
func (v4Storage) List() []any                      { return nil }
func (v4Storage) Get(string) (any, bool)           { return nil, false }

// v4Listener is called on the one goroutine that also takes in what goes wrong
// in evaluations, which wait for it when it is slow.
type v4Listener func(error)

func (l v4Listener) OnError(err error)   { l(err) }
func (l v4Listener) OnWarning(err error) { l(err) }
