package history

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	loc := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 18, 9, 30, 0, 0, time.UTC) // a Wednesday
	cases := []struct{ text, want string }{
		{"2026-11-17T15:00:00Z", "2026-11-17T15:00:00Z"},
		{"2026-11-17t15:00:00.25+02:00", "2026-11-17T13:00:00.25Z"},
		{"2026-11-17 15:00", "2026-11-17T14:00:00Z"},
		{"  2026-11-17   15:00:09 ", "2026-11-17T14:00:09Z"},
		{"2026-11-17", "2026-11-16T23:00:00Z"},
		{"2 hours ago", "2026-11-18T07:30:00Z"},
		{"90m", "2026-11-18T08:00:00Z"},
		{"1 week ago", "2026-11-11T09:30:00Z"},
		{"now", "2026-11-18T09:30:00Z"},
		{"today 08:15", "2026-11-18T07:15:00Z"},
		{"yesterday", "2026-11-16T23:00:00Z"},
		{"Tuesday 15:00", "2026-11-17T14:00:00Z"},
		{"wednesday 10:00", "2026-11-18T09:00:00Z"},
		{"wednesday 11:00", "2026-11-11T10:00:00Z"}, // today it is still to come
	}
	for _, c := range cases {
		got, err := ParseTime(c.text, now, loc)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("ParseTime(%q) = %v, %v; want %s", c.text, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "17.11.2026", "2026-13-01", "tuesday 25:00", "someday", "-2 hours ago", "9999999 days ago", "2026-11-17 15"} {
		if got, err := ParseTime(bad, now, loc); err == nil {
			t.Errorf("ParseTime(%q) = %v, want an error", bad, got)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2 hours ago")
	f.Add("tuesday 15:00")
	now := time.Date(2026, 11, 18, 9, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := ParseTime(text, now, time.UTC); err == nil && at.Location() != time.UTC {
			t.Errorf("ParseTime(%q) = %v, want it in UTC", text, at)
		}
	})
}
