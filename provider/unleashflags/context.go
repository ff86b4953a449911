package unleashflags

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// fields are the names of the context that a flag reads, besides the userId.
// Nothing else of a caller's context is looked at.
type fields struct {
	known      []string // sessionId, remoteAddress, environment, appName, currentTime
	properties []string // all others
}

// fields returns what the rules of f read.
func (f *wireFeature) fields() fields {
	var out fields
	out.variants(f.Variants)
	for i := range f.Strategies {
		s := &f.Strategies[i]
		switch s.Name {
		case "remoteAddress":
			out.add("remoteAddress")
		case "gradualRolloutSessionId":
			out.add("sessionId")
		}
		if field := s.text("stickiness"); field != "" {
			out.add(field)
		}
		for _, c := range s.Constraints {
			if field, ok := c["contextName"].(string); ok {
				out.add(field)
			}
		}
		out.variants(s.Variants)
	}
	return out
}

func (f *fields) variants(list []wireVariant) {
	for _, v := range list {
		if f.add(cmp.Or(v.Stickiness, "default")); v.Stickiness == "" || v.Stickiness == "default" {
			f.add("remoteAddress") // of callers without userId and sessionId
		}
		for _, raw := range v.Overrides {
			var o struct {
				ContextName string `json:"contextName"`
			}
			if json.Unmarshal(raw, &o) == nil {
				f.add(o.ContextName)
			}
		}
	}
}

// add notes a field. Stickiness by default is by userId, else by sessionId.
func (f *fields) add(name string) {
	list := &f.properties
	switch name {
	case "", "random", "userId", openfeature.TargetingKey:
		return
	case "default":
		name, list = "sessionId", &f.known
	case "sessionId", "remoteAddress", "environment", "appName", "currentTime":
		list = &f.known
	}
	if !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
}

// context is the caller's context in Unleash's words, as far as c reads it. The
// targeting key is the userId and wins over an attribute of that name; the five
// other fields that Unleash knows are taken by their names, everything else
// becomes a property. Unleash knows strings only: a value that is not scalar is
// left out. The map is to be given back.
func (c *compiled) context(caller openfeature.FlattenedContext) (out Context) {
	if out.UserId, _ = scalar(caller[openfeature.TargetingKey]); out.UserId == "" {
		out.UserId, _ = scalar(caller["userId"])
	}
	for _, name := range c.fields.known {
		text := c.text(caller, name)
		switch name {
		case "sessionId":
			out.SessionId = text
		case "remoteAddress":
			out.RemoteAddress = text
		case "environment":
			out.Environment = cmp.Or(text, c.environment)
		case "appName":
			out.AppName = text
		case "currentTime":
			out.CurrentTime = text
		}
	}
	for _, name := range c.fields.properties {
		if text := c.text(caller, name); text != "" {
			if out.Properties == nil {
				out.Properties = c.engine.callers.lend()
			}
			out.Properties[name] = text
		}
	}
	return out
}

func (c *compiled) text(caller openfeature.FlattenedContext, name string) string {
	value, there := caller[name]
	if !there {
		return ""
	}
	text, ok := scalar(value)
	if !ok { // not logged here: a log may hang
		c.engine.says.say(fmt.Errorf("context attribute %q left out: not a scalar", name))
	}
	return text
}

// callers lends the maps of contexts: making one costs as much as a tenth of an
// evaluation. Nothing keeps a context longer than an evaluation takes.
type callers struct{ maps sync.Pool }

func (l *callers) lend() map[string]string {
	if m, _ := l.maps.Get().(map[string]string); m != nil {
		return m
	}
	return map[string]string{}
}

// giveBack takes the map of a context, if it has one.
func (l *callers) giveBack(c Context) {
	if c.Properties != nil {
		clear(c.Properties)
		l.maps.Put(c.Properties)
	}
}

// isOn asks the engine whether c is on for the caller.
func (c *compiled) isOn(caller openfeature.FlattenedContext) bool {
	ec := c.context(caller)
	on := c.rules.Enabled(ec)
	c.engine.callers.giveBack(ec)
	return on
}

// outcome asks the engine for the caller's variant of c.
func (c *compiled) outcome(caller openfeature.FlattenedContext) Outcome {
	ec := c.context(caller)
	o := c.rules.Variant(ec)
	c.engine.callers.giveBack(ec)
	return o
}

// scalar returns v as Unleash writes it: floats without an exponent, times as
// RFC 3339.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case time.Time:
		return v.Format(time.RFC3339), true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String(), true
	case reflect.Bool:
		return strconv.FormatBool(r.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(r.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(r.Uint(), 10), true
	case reflect.Float32:
		return strconv.FormatFloat(r.Float(), 'f', -1, 32), true
	case reflect.Float64:
		return strconv.FormatFloat(r.Float(), 'f', -1, 64), true
	}
	return "", false
}
