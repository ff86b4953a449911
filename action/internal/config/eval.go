package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Gate is [gate]: what an evaluation means for publishing.
type Gate struct {
	// RequireSuite: a prompt without a suite is not published. Default false.
	RequireSuite bool
	// PublishInconclusive is on_inconclusive = "publish": a version of which the
	// evaluation could not tell goes out all the same. The default stops it.
	PublishInconclusive bool
}

// Endpoint is one API of models, [endpoints.NAME].
type Endpoint struct {
	Name string
	// Family is the dialect: openai, azure or anthropic. Default openai.
	Family  string
	BaseURL string // "" is the vendor's own
	// KeyEnv is the environment variable with the key. Default OPENAI_API_KEY,
	// AZURE_OPENAI_API_KEY or ANTHROPIC_API_KEY, by family; "-" sends none.
	KeyEnv     string
	APIVersion string // of azure
	// Headers are sent with every request: a tenant, a project. No secrets.
	Headers map[string]string
	// Limits; 0 means none of our own, and for Concurrency 16.
	Concurrency       int
	RequestsPerMinute int
	TokensPerMinute   int
	TimeoutSeconds    int // of one attempt; 0 means 120
}

// Route says which endpoint answers for a model.
type Route struct {
	Model    string // a name, or a pattern with * for any text
	Endpoint string
}

// Price is [prices."model"], in USD per million tokens.
type Price struct {
	Input, Output float64
	Cached        *float64 // of input that the endpoint has in a cache; nil means as Input
	Date          string   // since when, for people
}

// Evaluation is where the models of evaluations are and what they cost.
type Evaluation struct {
	Endpoints []Endpoint // by name; openai and anthropic are always there
	Routes    []Route    // the longest pattern that fits counts; default claude-* to anthropic, the rest to openai
	Prices    map[string]Price
}

// Lookup is the endpoint for a model.
func (e Evaluation) Lookup(model string) Endpoint {
	best := Route{Endpoint: "openai"}
	if strings.HasPrefix(model, "claude-") {
		best.Endpoint = "anthropic"
	}
	for _, r := range e.Routes {
		if fits(r.Model, model) && (best.Model == "" || len(r.Model) > len(best.Model)) {
			best = r
		}
	}
	i := slices.IndexFunc(e.Endpoints, func(o Endpoint) bool { return o.Name == best.Endpoint })
	return e.Endpoints[i]
}

// fits reports whether a name has the form of a pattern in which * stands for
// any text.
func fits(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

func (r *reader) gate(t map[string]any) Gate {
	at := []string{"gate"}
	r.known(t, at, "require_suite", "on_inconclusive")
	g := Gate{}
	if v, ok := t["require_suite"]; ok {
		if g.RequireSuite, ok = v.(bool); !ok {
			r.add(append(at, "require_suite"), "require_suite must be true or false", "")
		}
	}
	switch v := r.text(t, at, "on_inconclusive", "stop"); v {
	case "stop":
	case "publish":
		g.PublishInconclusive = true
	default:
		r.add(append(at, "on_inconclusive"), fmt.Sprintf("on_inconclusive is %q", v), `"stop" or "publish"`)
	}
	return g
}

var families = map[string]string{"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}

// Vendors are the endpoints that are there without being named.
func Vendors() []Endpoint {
	return []Endpoint{
		{Name: "anthropic", Family: "anthropic", KeyEnv: families["anthropic"]},
		{Name: "openai", Family: "openai", KeyEnv: families["openai"]},
	}
}

func (r *reader) evaluation(doc map[string]any) Evaluation {
	e := Evaluation{Prices: map[string]Price{}}
	endpoints := maps.Clone(r.table(doc, nil, "endpoints"))
	if endpoints == nil {
		endpoints = map[string]any{}
	}
	for _, name := range []string{"openai", "anthropic"} {
		if _, ok := endpoints[name]; !ok {
			endpoints[name] = map[string]any{"family": name}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		e.Endpoints = append(e.Endpoints, r.endpoint(endpoints, name))
	}
	models := r.table(doc, nil, "models")
	for _, model := range slices.Sorted(maps.Keys(models)) {
		name := r.text(models, []string{"models"}, model, "openai")
		if _, ok := endpoints[name]; !ok {
			r.add([]string{"models", model}, fmt.Sprintf("there is no endpoint %q", name), "known: "+strings.Join(slices.Sorted(maps.Keys(endpoints)), ", ")+"; add [endpoints."+name+"]")
		}
		e.Routes = append(e.Routes, Route{model, name})
	}
	prices := r.table(doc, nil, "prices")
	for _, model := range slices.Sorted(maps.Keys(prices)) {
		at := []string{"prices", model}
		t := r.table(prices, at[:1], model)
		r.known(t, at, "input", "output", "cached", "date")
		p := Price{Input: r.price(t, at, "input", true), Output: r.price(t, at, "output", true), Date: r.text(t, at, "date", "")}
		if _, ok := t["cached"]; ok {
			cached := r.price(t, at, "cached", false)
			p.Cached = &cached
		}
		e.Prices[model] = p
	}
	return e
}

func (r *reader) price(t map[string]any, at []string, key string, required bool) float64 {
	at = append(slices.Clone(at), key)
	switch v := t[key].(type) {
	case int64:
		if v >= 0 {
			return float64(v)
		}
	case float64:
		if v >= 0 && v < 1e9 {
			return v
		}
	case nil:
		if !required {
			return 0
		}
		r.add(at, "a price without "+key, "USD per million tokens, for example "+key+" = 0.15; what costs nothing is 0")
		return 0
	}
	r.add(at, key+" is no price", "USD per million tokens, for example "+key+" = 0.15")
	return 0
}

func (r *reader) endpoint(all map[string]any, name string) Endpoint {
	at := []string{"endpoints", name}
	t := r.table(all, at[:1], name)
	r.known(t, at, "family", "base_url", "key_env", "api_version", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds", "headers")
	family := "openai"
	if name == "anthropic" || name == "azure" {
		family = name
	}
	e := Endpoint{Name: name, Family: r.text(t, at, "family", family), BaseURL: r.text(t, at, "base_url", ""), APIVersion: r.text(t, at, "api_version", "")}
	key, ok := families[e.Family]
	if !ok {
		r.add(append(at, "family"), fmt.Sprintf("family is %q", e.Family), "openai (also vLLM, Ollama, OpenRouter and others by base_url), azure or anthropic")
	}
	e.KeyEnv = r.text(t, at, "key_env", key)
	e.Headers = r.headers(t, at)
	if e.BaseURL != "" {
		u, err := url.Parse(e.BaseURL)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
			r.add(append(at, "base_url"), "base_url is not an http or https URL", "")
		case u.User != nil || u.RawQuery != "":
			r.add(append(at, "base_url"), "base_url contains credentials or a query", "the key comes from the environment variable that key_env names")
		}
	} else if e.Family == "azure" {
		r.add(at, "an azure endpoint without base_url", `base_url = "https://NAME.openai.azure.com"`)
	}
	for key, field := range map[string]*int{
		"concurrency": &e.Concurrency, "requests_per_minute": &e.RequestsPerMinute,
		"tokens_per_minute": &e.TokensPerMinute, "timeout_seconds": &e.TimeoutSeconds,
	} {
		v, ok := t[key]
		if !ok {
			continue
		}
		n, ok := v.(int64)
		if !ok || n < 1 || n > 1e9 {
			r.add(append(slices.Clone(at), key), fmt.Sprintf("%s is %v", key, v), "a whole number from 1 on")
			continue
		}
		*field = int(n)
	}
	return e
}

var (
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	headerValue = regexp.MustCompile("^[\t\\x20-\\x7e]*$")
	keyHeader   = regexp.MustCompile("(?i)^(authorization|proxy-authorization|api-key|x-api-key|cookie)$")
)

func (r *reader) headers(t map[string]any, at []string) map[string]string {
	at = append(slices.Clone(at), "headers")
	headers := r.table(t, at[:len(at)-1], "headers")
	if len(headers) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		value := r.text(headers, at, name, "")
		switch here := append(slices.Clone(at), name); {
		case keyHeader.MatchString(name):
			r.add(here, "a key in "+name, "this file is read by many: the key comes from the environment variable that key_env names")
		case !headerName.MatchString(name):
			r.add(here, fmt.Sprintf("%q is no name of a header", name), "letters, digits and -")
		case !headerValue.MatchString(value):
			r.add(here, name+" holds what a header cannot", "printable ASCII on one line")
		}
		out[name] = value
	}
	return out
}
