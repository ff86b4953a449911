package config

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
)

func TestParseRelease(t *testing.T) {
	const src = `
bucket = "mem://"
unleash.url = "https://u"
require_approvals = 2
require_codeowner = true
[[freeze]]
from = "2026-12-23T18:00:00+01:00"
until = "2027-01-02T08:00:00+01:00"
reason = "holidays"
[[notify]]
kind = "slack"
url_env = "SLACK_WEBHOOK"
on = ["published", "drift"]
environments = ["production"]
[[notify]]
url_env = "HOOK"
secret_env = "HOOK_SECRET"
[retention]
keep_days = 30
keep_versions = 3
[environments.development]
require_approvals = 0
require_codeowner = false
[environments.production]
publish = "manual"
[[environments.production.freeze]]
days = ["sun", "sat"]
hours = "22:00-06:00"
timezone = "Europe/Berlin"
reason = "nobody is there"
`
	c, err := Parse([]byte(src), "/repo")
	if err != nil {
		t.Fatal(err)
	}
	berlin := time.FixedZone("", 3600)
	holidays := Freeze{From: time.Date(2026, 12, 23, 18, 0, 0, 0, berlin), Until: time.Date(2027, 1, 2, 8, 0, 0, 0, berlin), Reason: "holidays"}
	nights := Freeze{Days: []time.Weekday{time.Saturday, time.Sunday}, Start: 22 * 60, End: 6 * 60, Timezone: "Europe/Berlin", Reason: "nobody is there"}
	base := Environment{Percent: 5, Stickiness: "userId", Bucket: "mem://", UnleashURL: "https://u", Project: "default"}
	dev, prod := base, base
	dev.Name, dev.UnleashEnvironment, dev.Publish, dev.Freeze = "development", "development", PublishMerge, []Freeze{holidays}
	prod.Name, prod.UnleashEnvironment, prod.Publish, prod.Freeze = "production", "production", PublishManual, []Freeze{holidays, nights}
	prod.RequireApprovals, prod.RequireCodeowner = 2, true
	if diff := cmp.Diff([]Environment{dev, prod}, c.Environments); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
	hooks := []Webhook{
		{Kind: "slack", URLEnv: "SLACK_WEBHOOK", On: []string{"published", "drift"}, Environments: []string{"production"}},
		{Kind: "webhook", URLEnv: "HOOK", SecretEnv: "HOOK_SECRET"},
	}
	if diff := cmp.Diff(hooks, c.Notify); diff != "" {
		t.Errorf("webhooks (-want +got):\n%s", diff)
	}
	if want := (Retention{30, 3}); c.Retention != want {
		t.Errorf("retention %+v, want %+v", c.Retention, want)
	}
}

func TestParseReleaseFindings(t *testing.T) {
	const ok = "bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.e]\n"
	freeze := func(keys string) string { return ok + "[[environments.e.freeze]]\nreason = \"r\"\n" + keys }
	for _, tt := range []struct{ src, want string }{
		{ok + "publish = \"sometimes\"", `promptflag.toml:4:1: publish is "sometimes" ("merge" or "manual")`},
		{ok + "publish = \"manual\"", `promptflag.toml:4:1: every environment is manual: there is none to promote from (add one with publish = "merge", for example [environments.development])`},
		{ok + "require_approvals = -1", `promptflag.toml:4:1: require_approvals is -1 (a whole number from 0 to 20)`},
		{ok + "require_codeowner = 1", `promptflag.toml:4:1: require_codeowner must be true or false`},
		{ok + "freeze = true", `promptflag.toml:4:1: freeze must be an array of tables (write [[environments.e.freeze]] with reason)`},
		{ok + "[[environments.e.freeze]]\ndays = [\"sat\"]", `promptflag.toml:4:18: a freeze without a reason (add reason = "…": it is what people read who cannot publish)`},
		{freeze(""), `promptflag.toml:4:18: a freeze without a time (from and until, or days = ["sat", "sun"], or hours = "22:00-06:00")`},
		{freeze("from = \"2026-12-23T00:00:00Z\""), `promptflag.toml:4:18: a freeze with only one end (give it from and until; without an end, publish = "manual" says it better)`},
		{freeze("from = \"tomorrow\"\nuntil = \"2026-12-23T00:00:00Z\""), `promptflag.toml:6:1: from is "tomorrow" (a time of RFC 3339, such as "2026-12-23T18:00:00+01:00")`},
		{freeze("from = \"2026-12-23T00:00:00Z\"\nuntil = \"2026-12-23T01:00:00+01:00\""), `promptflag.toml:7:1: the freeze ends before it begins (until must be after from)`},
		{freeze("from = \"2026-12-23T00:00:00Z\"\nuntil = \"2026-12-24T00:00:00Z\"\ntimezone = \"UTC\""), `promptflag.toml:4:18: a freeze is from and until, or it comes again on days and hours (write two [[freeze]] tables; from and until have an offset of their own)`},
		{freeze("days = [\"sat\", \"Sun\", \"sat\"]"), "promptflag.toml:6:16: Sun is no day (mon, tue, wed, thu, fri, sat or sun)\npromptflag.toml:6:23: sat is there twice"},
		{freeze("hours = \"9-17\""), `promptflag.toml:6:1: hours is 9-17 (two times of day, such as "22:00-06:00"; the second may be 24:00)`},
		{freeze("hours = \"09:00-09:00\""), `promptflag.toml:6:1: hours that end when they begin (a whole day is "00:00-24:00", or no hours at all)`},
		{freeze("hours = \"09:00-17:00\"\ntimezone = \"Europe/Atlantis\""), `promptflag.toml:7:1: there is no time zone "Europe/Atlantis" (a name of the IANA database, such as "Europe/Berlin" or "UTC")`},
		{freeze("days = [\"sat\"]\ntimezone = \"../../etc/passwd\""), `promptflag.toml:7:1: there is no time zone "../../etc/passwd" (a name of the IANA database, such as "Europe/Berlin" or "UTC")`},
		{freeze("hours = \"00:00-24:00\""), `promptflag.toml:4:18: a freeze of the whole week (it never ends: publish = "manual" says it better)`},
		{freeze("days = [\"sat\", \"sun\"]\n[[environments.e.freeze]]\nreason = \"s\"\ndays = [\"sun\"]\nhours = \"10:00-12:00\""), `promptflag.toml:7:18: the window sun 10:00-12:00 (UTC) overlaps sat, sun (UTC) (one window is enough for that time: leave one out, or move its ends)`},
		{freeze("from = \"2026-12-23T00:00:00Z\"\nuntil = \"2026-12-26T00:00:00Z\"\n[[environments.e.freeze]]\nreason = \"s\"\nfrom = \"2026-12-25T00:00:00Z\"\nuntil = \"2026-12-28T00:00:00Z\""),
			`promptflag.toml:8:18: the window 2026-12-25 00:00 UTC to 2026-12-28 00:00 UTC overlaps 2026-12-23 00:00 UTC to 2026-12-26 00:00 UTC (one window is enough for that time: leave one out, or move its ends)`},
		{ok + "[[notify]]\nkind = \"mail\"\nurl_env = \"https://hooks.invalid/secret\"\nsecret_env = \"S\"\non = [\"all\"]\nenvironments = [\"x\"]",
			"promptflag.toml:5:1: kind is \"mail\" (\"slack\" or \"webhook\")\n" +
				"promptflag.toml:6:1: url_env is no name of an environment variable (the file holds no secrets: write the name of the variable, such as SLACK_WEBHOOK)\n" +
				"promptflag.toml:8:7: all is none that can be named here (one of published, promoted, rolled_back, drift, gate_failed)\n" +
				"promptflag.toml:9:17: x is none that can be named here (one of e)"},
		{ok + "[[notify]]\nkind = \"slack\"\nsecret_env = \"S\"", "promptflag.toml:4:3: a webhook without url_env (url_env = \"SLACK_WEBHOOK\" names the environment variable with its address)\n" +
			"promptflag.toml:6:1: what goes to Slack is not signed: its address is the secret (leave secret_env out)"},
		{ok + "[[notify]]\nurl_env = \"U\"\non = []", "promptflag.toml:4:3: a webhook without secret_env (secret_env = \"WEBHOOK_SECRET\" names the environment variable with the key that signs what is sent)\n" +
			"promptflag.toml:6:1: on must be an array of words (of published, promoted, rolled_back, drift, gate_failed; leave it out for all)"},
		{ok + "[retention]\nkeep_days = 0\nkeep_versions = \"all\"", "promptflag.toml:5:1: keep_days is 0 (a whole number from 1 to 36500)\npromptflag.toml:6:1: keep_versions is all (a whole number from 1 to 1000000)"},
	} {
		_, err := Parse([]byte(tt.src), "/repo")
		var findings prompts.Findings
		if !errors.As(err, &findings) {
			t.Errorf("Parse(%q) = %v, want findings", tt.src, err)
			continue
		}
		if diff := cmp.Diff(tt.want, findings.Error()); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tt.src, diff)
		}
	}
}

// TestWindowsMeet: nights and weekends share hours, and a holiday may fall on a
// weekend; zones have clocks of their own.
func TestWindowsMeet(t *testing.T) {
	const src = "bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.e]\nfreeze = [" +
		`{days = ["sat", "sun"], reason = "r"}, {hours = "22:00-06:00", reason = "r"}, {days = ["sun"], timezone = "Asia/Tokyo", reason = "r"},` +
		`{from = "2026-11-21T00:00:00Z", until = "2026-11-22T00:00:00Z", reason = "r"}, {from = "2026-11-22T00:00:00Z", until = "2026-11-23T00:00:00Z", reason = "r"}]`
	if _, err := Parse([]byte(src), "/repo"); err != nil {
		t.Error(err)
	}
}

func TestFrozen(t *testing.T) {
	weekend := Freeze{Days: []time.Weekday{time.Saturday, time.Sunday}, End: 24 * 60, Timezone: "Europe/Berlin", Reason: "weekend"}
	night := Freeze{Start: 22 * 60, End: 6 * 60, Timezone: "Europe/Berlin", Reason: "night"}
	friday := Freeze{Days: []time.Weekday{time.Friday}, Start: 16 * 60, End: 24 * 60, Timezone: "UTC", Reason: "friday"}
	twice := Freeze{Days: []time.Weekday{time.Sunday}, Start: 2 * 60, End: 2*60 + 30, Timezone: "Europe/Berlin", Reason: "twice"}
	holidays := Freeze{From: time.Date(2026, 12, 23, 18, 0, 0, 0, time.UTC), Until: time.Date(2027, 1, 2, 8, 0, 0, 0, time.UTC), Reason: "holidays"}
	for _, tt := range []struct {
		windows []Freeze
		at      string
		by      string // "" is open
		until   string
	}{
		{nil, "2026-11-21T12:00:00Z", "", ""},
		{[]Freeze{weekend}, "2026-11-20T22:59:59Z", "", ""},
		{[]Freeze{weekend}, "2026-11-20T23:00:00Z", "weekend", "2026-11-22T23:00:00Z"}, // Saturday in Berlin
		{[]Freeze{weekend}, "2026-11-22T22:59:59Z", "weekend", "2026-11-22T23:00:00Z"},
		{[]Freeze{weekend}, "2026-11-22T23:00:00Z", "", ""},
		{[]Freeze{night}, "2026-11-18T20:59:00Z", "", ""},
		{[]Freeze{night}, "2026-11-18T21:00:00Z", "night", "2026-11-19T05:00:00Z"},
		{[]Freeze{night}, "2026-11-19T04:59:00Z", "night", "2026-11-19T05:00:00Z"},
		{[]Freeze{night}, "2026-11-19T05:00:00Z", "", ""},
		{[]Freeze{night}, "2026-03-28T22:00:00Z", "night", "2026-03-29T04:00:00Z"}, // the clocks go forward
		{[]Freeze{night}, "2026-10-24T21:00:00Z", "night", "2026-10-25T05:00:00Z"}, // and back
		{[]Freeze{twice}, "2026-10-25T01:15:00Z", "twice", "2026-10-25T01:30:00Z"}, // 2:15 for the second time
		{[]Freeze{friday, weekend}, "2026-11-20T16:00:00Z", "friday", "2026-11-22T23:00:00Z"},
		{[]Freeze{weekend, holidays}, "2026-12-23T17:59:59Z", "", ""},
		{[]Freeze{weekend, holidays}, "2026-12-23T18:00:00Z", "holidays", "2027-01-03T23:00:00Z"},
		{[]Freeze{weekend, holidays}, "2027-01-01T18:00:00Z", "holidays", "2027-01-03T23:00:00Z"},
	} {
		at, _ := time.Parse(time.RFC3339, tt.at)
		by, until, frozen := Environment{Freeze: tt.windows}.Frozen(at)
		if frozen != (tt.by != "") || by.Reason != tt.by || frozen && until.UTC().Format(time.RFC3339) != tt.until {
			t.Errorf("Frozen(%s) = %q until %s, want %q until %s", tt.at, by.Reason, until.UTC().Format(time.RFC3339), tt.by, tt.until)
		}
	}
	// Windows that follow each other without an end are no endless loop.
	always := []Freeze{{Days: weekend.Days, End: 24 * 60, Timezone: "UTC"}, {Days: []time.Weekday{1, 2, 3, 4, 5}, End: 24 * 60, Timezone: "UTC"}}
	if _, _, frozen := (Environment{Freeze: always}).Frozen(time.Unix(0, 0)); !frozen {
		t.Error("never frozen, want always")
	}
}
