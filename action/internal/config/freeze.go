package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Freeze is a window in which nothing new reaches more users: one that comes
// once, from From until Until, or one that comes again every week.
type Freeze struct {
	From, Until time.Time // both zero for one that comes again
	// Days on which it begins, in the order of the week, without repetition;
	// empty means every day.
	Days []time.Weekday
	// Start and End are minutes since midnight on the clocks of Timezone: 0 to
	// 1439, and 1 to 1440. An End that is not after Start is of the next day.
	Start, End int
	Timezone   string // IANA; "UTC" when the file says nothing
	Reason     string
}

// day is one whole day in minutes of clocks.
const day = 24 * 60

// Once reports whether the window comes only once.
func (f Freeze) Once() bool { return !f.From.IsZero() }

// String is the window as people read it: "sat, sun (Europe/Berlin)".
func (f Freeze) String() string {
	if f.Once() {
		const form = "2006-01-02 15:04 MST"
		return f.From.UTC().Format(form) + " to " + f.Until.UTC().Format(form)
	}
	var days []string
	for _, d := range f.Days {
		days = append(days, weekdays[d])
	}
	text := strings.Join(days, ", ")
	if len(days) == 0 {
		text = "every day"
	}
	if f.Start != 0 || f.End != day {
		text += fmt.Sprintf(" %02d:%02d-%02d:%02d", f.Start/60, f.Start%60, f.End/60, f.End%60)
	}
	return text + " (" + f.Timezone + ")"
}

// holds reports whether the window is open at a time, and when that opening ends.
func (f Freeze) holds(at time.Time) (until time.Time, open bool) {
	if f.Once() {
		return f.Until, !at.Before(f.From) && at.Before(f.Until)
	}
	zone, err := time.LoadLocation(f.Timezone)
	if err != nil { // Parse let no other one through
		zone = time.UTC
	}
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	// On the clocks of the place, so that a window of 22:00 to 06:00 is that also
	// in the night in which they change.
	ends := func(inDays int) time.Time {
		end := time.Date(local.Year(), local.Month(), local.Day()+inDays, f.End/60, f.End%60, 0, 0, zone)
		if !end.After(at) { // the hour that comes twice in autumn, for the second time
			end = end.Add(time.Hour)
		}
		return end
	}
	overnight := f.End <= f.Start
	switch {
	case f.on(local.Weekday()) && minute >= f.Start && (overnight || minute < f.End):
		if overnight {
			return ends(1), true
		}
		return ends(0), true
	case overnight && f.on((local.Weekday()+6)%7) && minute < f.End:
		return ends(0), true
	}
	return time.Time{}, false
}

func (f Freeze) on(d time.Weekday) bool { return len(f.Days) == 0 || slices.Contains(f.Days, d) }

// Frozen reports whether the environment is frozen at a time, by which window,
// and until when, be it by several windows one after the other.
func (e Environment) Frozen(at time.Time) (by Freeze, until time.Time, frozen bool) {
	until = at
	// Windows that leave no gap for more than a year count as one of a year.
	for range 400 {
		last := until
		for _, f := range e.Freeze {
			if end, open := f.holds(until); open && end.After(until) {
				if !frozen {
					by, frozen = f, true
				}
				until = end
			}
		}
		if until.Equal(last) {
			break
		}
	}
	return by, until, frozen
}

var (
	weekdays     = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	hoursPattern = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])$`)
)

// freezes reads [[freeze]], of the whole file or of one environment.
func (r *reader) freezes(t map[string]any, at []string) []Freeze {
	at = append(slices.Clone(at), "freeze")
	var out []Freeze
	for i, w := range r.tables(t, at, "a window must be a table", "reason") {
		if w == nil {
			continue
		}
		here := append(slices.Clone(at), strconv.Itoa(i))
		before := len(r.findings)
		f := r.freeze(w, here)
		if len(r.findings) > before {
			continue
		}
		for _, o := range out {
			if o.overlaps(f) {
				r.add(here, fmt.Sprintf("the window %s overlaps %s", f, o), "one window is enough for that time: leave one out, or move its ends")
			}
		}
		out = append(out, f)
	}
	return out
}

func (r *reader) freeze(t map[string]any, at []string) Freeze {
	before := len(r.findings)
	r.known(t, at, "from", "until", "days", "hours", "timezone", "reason")
	f := Freeze{Timezone: "UTC", End: day, Reason: r.text(t, at, "reason", "")}
	if strings.TrimSpace(f.Reason) == "" {
		r.add(at, "a freeze without a reason", `add reason = "…": it is what people read who cannot publish`)
	}
	_, from := t["from"]
	_, until := t["until"]
	_, days := t["days"]
	_, hours := t["hours"]
	_, zone := t["timezone"]
	switch {
	case from != until:
		r.add(at, "a freeze with only one end", "give it from and until; without an end, publish = \"manual\" says it better")
	case from && (days || hours || zone):
		r.add(at, "a freeze is from and until, or it comes again on days and hours", "write two [[freeze]] tables; from and until have an offset of their own")
	case !from && !days && !hours:
		r.add(at, "a freeze without a time", `from and until, or days = ["sat", "sun"], or hours = "22:00-06:00"`)
	}
	if from || until {
		f.From, f.Until = r.moment(t, at, "from"), r.moment(t, at, "until")
		f.Timezone, f.End = "", 0
		if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
			r.add(append(slices.Clone(at), "until"), "the freeze ends before it begins", "until must be after from")
		}
		return f
	}
	f.Days = r.weekdays(t, at)
	r.hours(t, at, &f)
	f.Timezone = r.text(t, at, "timezone", "UTC")
	// Local is the zone of the machine, which is another one on each.
	if _, err := time.LoadLocation(f.Timezone); err != nil || f.Timezone == "" || f.Timezone == "Local" {
		r.add(append(slices.Clone(at), "timezone"), fmt.Sprintf("there is no time zone %q", f.Timezone), `a name of the IANA database, such as "Europe/Berlin" or "UTC"`)
	}
	if len(r.findings) == before && (len(f.Days) == 0 || len(f.Days) == 7) && f.length() == day {
		r.add(at, "a freeze of the whole week", `it never ends: publish = "manual" says it better`)
	}
	return f
}

// moment reads one end of a window that comes once.
func (r *reader) moment(t map[string]any, at []string, key string) time.Time {
	s := r.text(t, at, key, "")
	if s == "" && t[key] == nil {
		return time.Time{}
	}
	m, err := time.Parse(time.RFC3339, s)
	if err != nil || m.IsZero() {
		r.add(append(slices.Clone(at), key), fmt.Sprintf("%s is %q", key, s), `a time of RFC 3339, such as "2026-12-23T18:00:00+01:00"`)
		return time.Time{}
	}
	return m
}

func (r *reader) weekdays(t map[string]any, at []string) []time.Weekday {
	v, ok := t["days"]
	if !ok {
		return nil
	}
	at = append(slices.Clone(at), "days")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		r.add(at, "days must be an array of days", `for example days = ["sat", "sun"]`)
		return nil
	}
	var out []time.Weekday
	for i, v := range list {
		word, _ := v.(string)
		d := time.Weekday(slices.Index(weekdays, word))
		switch {
		case d < 0:
			r.add(append(slices.Clone(at), strconv.Itoa(i)), fmt.Sprintf("%v is no day", v), "mon, tue, wed, thu, fri, sat or sun")
		case slices.Contains(out, d):
			r.add(append(slices.Clone(at), strconv.Itoa(i)), word+" is there twice", "")
		default:
			out = append(out, d)
		}
	}
	monday := func(d time.Weekday) int { return (int(d) + 6) % 7 }
	slices.SortFunc(out, func(a, b time.Weekday) int { return cmp.Compare(monday(a), monday(b)) })
	return out
}

func (r *reader) hours(t map[string]any, at []string, f *Freeze) {
	if _, ok := t["hours"]; !ok {
		return
	}
	at = append(slices.Clone(at), "hours")
	m := hoursPattern.FindStringSubmatch(r.text(t, at[:len(at)-1], "hours", ""))
	if m == nil {
		r.add(at, fmt.Sprintf("hours is %v", t["hours"]), `two times of day, such as "22:00-06:00"; the second may be 24:00`)
		return
	}
	minutes := func(h, m string) int {
		hour, _ := strconv.Atoi(h)
		minute, _ := strconv.Atoi(m)
		return hour*60 + minute
	}
	f.Start, f.End = minutes(m[1], m[2]), minutes(m[3], m[4])
	switch {
	case f.End > day:
		r.add(at, "hours end after 24:00", `what ends in the next night is "22:00-06:00"`)
	case f.Start == f.End:
		r.add(at, "hours that end when they begin", `a whole day is "00:00-24:00", or no hours at all`)
	}
}

// length is how many minutes an opening of a window that comes again takes.
func (f Freeze) length() int {
	if f.End <= f.Start {
		return day - f.Start + f.End
	}
	return f.End - f.Start
}

// overlaps reports whether two windows that come once share time, and of those
// that come again, whether one of them lies wholly within the other: nights and
// weekends meet, and that is in order.
func (f Freeze) overlaps(o Freeze) bool {
	switch {
	case f.Once() != o.Once():
		return false
	case f.Once():
		return f.From.Before(o.Until) && o.From.Before(f.Until)
	}
	return f.Timezone == o.Timezone && (f.within(o) || o.within(f))
}

func (f Freeze) within(o Freeze) bool {
	other := o.week()
	for minute, open := range f.week() {
		if open && !other[minute] {
			return false
		}
	}
	return true
}

// week are the minutes of a week in which the window is open.
func (f Freeze) week() *[7 * day]bool {
	var week [7 * day]bool
	for d := range 7 {
		if f.on(time.Weekday(d)) {
			for m := range f.length() {
				week[(d*day+f.Start+m)%len(week)] = true
			}
		}
	}
	return &week
}
