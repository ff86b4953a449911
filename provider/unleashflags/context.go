package unleashflags

import (
	"log/slog"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// unleashContext is the caller's context in Unleash's words. The targeting key
// is the userId and wins over an attribute of that name; the five other fields
// that Unleash knows are taken by their names, everything else becomes a
// property and goes into the map, which is empty. Unleash knows strings only:
// values that are not scalar are left out.
func unleashContext(caller openfeature.FlattenedContext, properties map[string]string, log *slog.Logger) Context {
	c := Context{Properties: properties}
	for key, value := range caller {
		text, ok := scalar(value)
		if !ok {
			log.Debug("context attribute left out: not a scalar", "attribute", key)
			continue
		}
		switch key {
		case openfeature.TargetingKey, "userId":
		case "sessionId":
			c.SessionId = text
		case "remoteAddress":
			c.RemoteAddress = text
		case "environment":
			c.Environment = text
		case "appName":
			c.AppName = text
		case "currentTime":
			c.CurrentTime = text
		default:
			properties[key] = text
		}
	}
	c.UserId, _ = scalar(caller[openfeature.TargetingKey])
	if c.UserId == "" {
		c.UserId, _ = scalar(caller["userId"])
	}
	return c
}

// callers lends the maps of contexts: making one costs as much as a tenth of an
// evaluation. Nothing keeps a context longer than an evaluation takes.
type callers struct{ maps sync.Pool }

func (l *callers) context(caller openfeature.FlattenedContext, log *slog.Logger) Context {
	properties, _ := l.maps.Get().(map[string]string)
	if properties == nil {
		properties = map[string]string{}
	}
	return unleashContext(caller, properties, log)
}

// giveBack takes the map of c, unless it is so large that clearing it costs more
// than a new one.
func (l *callers) giveBack(c Context) {
	if len(c.Properties) <= 64 {
		clear(c.Properties)
		l.maps.Put(c.Properties)
	}
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
