package history

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	ago      = regexp.MustCompile(`^(\d{1,6}) ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)( ago)?$`)
	ofTheDay = regexp.MustCompile(`^([a-z]+)(?: (\d{1,2}):(\d{2}))?$`)
)

// layouts without a zone, the longest first.
var layouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

// ParseTime reads a moment as people write it: RFC 3339; a date with or without a
// time of day, "today", "yesterday" or the name of a weekday (the last one), all in
// the zone of loc; or "2 hours ago". The result is in UTC.
func ParseTime(text string, now time.Time, loc *time.Location) (time.Time, error) {
	t := strings.ToLower(strings.Join(strings.Fields(text), " "))
	if t == "now" {
		return now.UTC(), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(t)); err == nil {
		return at.UTC(), nil
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, strings.ToUpper(t), loc); err == nil {
			return at.UTC(), nil
		}
	}
	if m := ago.FindStringSubmatch(t); m != nil {
		n, _ := strconv.Atoi(m[1])
		switch m[2][0] {
		case 's':
			return now.Add(-time.Duration(n) * time.Second).UTC(), nil
		case 'm':
			return now.Add(-time.Duration(n) * time.Minute).UTC(), nil
		case 'h':
			return now.Add(-time.Duration(n) * time.Hour).UTC(), nil
		case 'w':
			n *= 7
		}
		return now.In(loc).AddDate(0, 0, -n).UTC(), nil
	}
	if m := ofTheDay.FindStringSubmatch(t); m != nil {
		if at, ok := dayOf(m[1], m[2], m[3], now.In(loc)); ok {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.60q is not a time: write 2026-11-17T15:00:00Z, \"2026-11-17 15:00\", \"tuesday 15:00\" or \"2 hours ago\"", text)
}

// dayOf is the last day of that name, today included, at a time of day; a moment
// that is still to come is that of a week before.
func dayOf(name, hour, minute string, now time.Time) (time.Time, bool) {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	if h > 23 || m > 59 {
		return time.Time{}, false
	}
	at := func(back int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()-back, h, m, 0, 0, now.Location())
	}
	switch name {
	case "today":
		return at(0), true
	case "yesterday":
		return at(1), true
	}
	for back := range 8 {
		if strings.ToLower(at(back).Weekday().String()) == name && !at(back).After(now) {
			return at(back), true
		}
	}
	return time.Time{}, false
}
