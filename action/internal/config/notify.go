package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Webhook is one [[notify]]: whom to tell what happened.
type Webhook struct {
	// Kind is "slack", for what takes Slack's messages, or "webhook": JSON, signed
	// with the secret.
	Kind string
	// URLEnv names the environment variable with the address, which is a secret.
	URLEnv string
	// SecretEnv names the variable with the key of the signature; "" for slack.
	SecretEnv string
	// On are the words of NotifyEvents that it wants; empty means all.
	On []string
	// Environments that it is about, by name; empty means all.
	Environments []string
}

// NotifyEvents are what can be told.
func NotifyEvents() []string {
	return []string{"published", "promoted", "rolled_back", "drift", "gate_failed"}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// notify reads [[notify]]; the environments have been read.
func (r *reader) notify(doc map[string]any, cfg *Config) []Webhook {
	var out []Webhook
	for i, t := range r.tables(doc, []string{"notify"}, "a webhook must be a table", "kind and url_env") {
		if t == nil {
			continue
		}
		at := []string{"notify", strconv.Itoa(i)}
		r.known(t, at, "kind", "url_env", "secret_env", "on", "environments")
		w := Webhook{Kind: r.text(t, at, "kind", "webhook"), URLEnv: r.variable(t, at, "url_env"), SecretEnv: r.variable(t, at, "secret_env")}
		switch {
		case w.Kind != "slack" && w.Kind != "webhook":
			r.add(append(slices.Clone(at), "kind"), fmt.Sprintf("kind is %q", w.Kind), `"slack" or "webhook"`)
		case w.Kind == "slack" && t["secret_env"] != nil:
			r.add(append(slices.Clone(at), "secret_env"), "what goes to Slack is not signed: its address is the secret", "leave secret_env out")
		case w.Kind == "webhook" && t["secret_env"] == nil:
			r.add(at, "a webhook without secret_env", `secret_env = "WEBHOOK_SECRET" names the environment variable with the key that signs what is sent`)
		}
		if t["url_env"] == nil {
			r.add(at, "a webhook without url_env", `url_env = "SLACK_WEBHOOK" names the environment variable with its address`)
		}
		w.On = r.words(t, at, "on", NotifyEvents())
		w.Environments = r.words(t, at, "environments", cfg.Names())
		out = append(out, w)
	}
	return out
}

// variable reads the name of an environment variable. A value in its place is
// not repeated: it may be the secret itself.
func (r *reader) variable(t map[string]any, at []string, key string) string {
	s := r.text(t, at, key, "")
	if _, isText := t[key].(string); isText && !variableName.MatchString(s) {
		r.add(append(slices.Clone(at), key), key+" is no name of an environment variable", "the file holds no secrets: write the name of the variable, such as SLACK_WEBHOOK")
		return ""
	}
	return s
}

// words reads an array of known words.
func (r *reader) words(t map[string]any, at []string, key string, known []string) []string {
	v, ok := t[key]
	if !ok {
		return nil
	}
	at = append(slices.Clone(at), key)
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		r.add(at, key+" must be an array of words", "of "+strings.Join(known, ", ")+"; leave it out for all")
		return nil
	}
	var out []string
	for i, v := range list {
		word, _ := v.(string)
		if !slices.Contains(known, word) {
			r.add(append(slices.Clone(at), strconv.Itoa(i)), fmt.Sprintf("%v is none that can be named here", v), "one of "+strings.Join(known, ", "))
			continue
		}
		out = append(out, word)
	}
	return out
}
