package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/history"
)

func atRef(c string) string { return "p@sha256:" + strings.Repeat(c, 64) }

func atBuild(role flags.Role, version string, percent int, stickiness string) flags.Strategy {
	s := flags.Build(role, "p", flags.ID("p", "production", "", "1"), atRef(version), strings.Repeat(version, 12), "", percent, stickiness)
	s.ID = version
	return s
}

func atOnly(s flags.Strategy, field, operator string, values ...string) flags.Strategy {
	raw, _ := json.Marshal(map[string]any{"contextName": field, "operator": operator, "values": values})
	s.Constraints = append(s.Constraints, raw)
	return s
}

// TestWho asks Unleash's own client about flags that are past: what it needs and
// nobody gave is asked for, never guessed.
func TestWho(t *testing.T) {
	client, err := (&session{}).newUnleashClient("production")
	if err != nil {
		t.Fatal(err)
	}
	defer client.close()
	stable := atBuild(flags.Stable, "a", 100, "")
	candidate := func(percent int, stickiness string) flags.Strategy {
		return atBuild(flags.Candidate, "b", percent, stickiness)
	}
	disabled := candidate(30, "userId")
	disabled.Disabled = true
	segment := candidate(100, "userId")
	segment.Segments = []int{7}
	tenant := atOnly(candidate(100, "userId"), "tenantId", "IN", "acme")
	noVariant := flags.Strategy{Name: flags.StrategyName, ID: "x", Title: "everybody", Parameters: map[string]string{"rollout": "100", "stickiness": "default"}}
	foreign := atBuild(flags.Candidate, "c", 100, "")
	foreign.Variants[0].Payload.Value = "other@sha256:" + strings.Repeat("c", 64)

	on := func(list ...flags.Strategy) history.Snapshot {
		return history.Snapshot{Exists: true, Flag: flags.Flag{Name: "p", Enabled: true, Strategies: list}}
	}
	off := on(candidate(100, "userId"), stable)
	off.Enabled = false
	archived := on(stable)
	archived.Archived = true
	cases := []struct {
		name    string
		flag    history.Snapshot
		user    string
		context map[string]string
		want    []string // version role reason: one is an answer
		says    string   // in why, or in what is missing
	}{
		{"stable alone", on(stable), "user-1", nil, []string{"a stable STATIC"}, "no active candidate"},
		{"everybody", on(candidate(100, "userId"), stable), "user-1", nil, []string{"b candidate STATIC"}, "100 %"},
		{"nobody", on(candidate(0, "userId"), stable), "user-1", nil, []string{"a stable STATIC"}, "the candidate had 0 %"},
		{"killed", on(disabled, stable), "user-1", nil, []string{"a stable STATIC"}, "no active candidate"},
		{"off", off, "user-1", nil, []string{"a stable DISABLED"}, "OFF"},
		{"archived", archived, "user-1", nil, []string{"a stable STALE", "- - ERROR"}, "archived"},
		{"by session", on(candidate(50, "sessionId"), stable), "user-1", nil, []string{"b candidate SPLIT", "a stable SPLIT"}, "--context sessionId=VALUE"},
		{"without session", on(candidate(50, "sessionId"), stable), "user-1", map[string]string{"sessionId": ""}, []string{"a stable SPLIT"}, ""},
		{"at random", on(candidate(50, "random"), stable), "user-1", nil, []string{"b candidate SPLIT", "a stable SPLIT"}, "at random"},
		{"at random for all", on(candidate(100, "random"), stable), "user-1", nil, []string{"b candidate STATIC"}, ""},
		{"tenant not given", on(tenant, stable), "user-1", nil, []string{"b candidate TARGETING_MATCH", "a stable TARGETING_MATCH"}, "--context tenantId="},
		{"tenant", on(tenant, stable), "user-1", map[string]string{"tenantId": "acme"}, []string{"b candidate TARGETING_MATCH"}, ""},
		{"other tenant", on(tenant, stable), "user-1", map[string]string{"tenantId": "x"}, []string{"a stable TARGETING_MATCH"}, "other callers"},
		{"no tenant", on(tenant, stable), "user-1", map[string]string{"tenantId": ""}, []string{"a stable TARGETING_MATCH"}, "other callers"},
		{"other user, whatever the tenant", on(atOnly(tenant, "userId", "IN", "user-9"), stable), "user-1", nil, []string{"a stable TARGETING_MATCH"}, ""},
		{"same version either way", on(atOnly(atBuild("", "a", 100, ""), "tenantId", "IN", "x"), stable), "user-1", nil, []string{"a stable TARGETING_MATCH"}, ""},
		{"segment", on(segment, stable), "user-1", map[string]string{"plan": "pro"}, []string{"b candidate TARGETING_MATCH"}, ""},
		{"segment, field not given", on(segment, stable), "user-1", nil, []string{"b candidate TARGETING_MATCH", "a stable TARGETING_MATCH"}, "--context plan="},
		{"unknown segment", on(atSegment(segment, 8), stable), "user-1", nil, []string{"b candidate TARGETING_MATCH", "a stable TARGETING_MATCH"}, "what segment 8 was"},
		{"no version", on(noVariant, stable), "user-1", nil, []string{"a stable DEFAULT"}, "names no version"},
		{"other prompt", on(foreign, stable), "user-1", nil, []string{"a stable STALE"}, "no version of this prompt"},
		{"no stable", on(candidate(0, "userId")), "user-1", nil, []string{"- - DEFAULT"}, "no enabled stable"},
		{"before its time", on(atAfter(candidate(100, ""), "2026-11-18T00:00:00Z"), stable), "user-1", nil, []string{"a stable TARGETING_MATCH"}, ""},
		{"after its time", on(atAfter(candidate(100, ""), "2026-11-17T11:00:00Z"), stable), "user-1", nil, []string{"b candidate TARGETING_MATCH"}, ""},
		{"unknown operator", on(atOnly(candidate(100, ""), "userId", "NOBODY_KNOWS", "x"), stable), "user-1", nil, []string{"a stable TARGETING_MATCH"}, "NOBODY_KNOWS"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := history.Question{
				Place: history.Place{Prompt: "p", Environment: "production", Flag: "p"}, User: c.user, Context: c.context,
				Time:     time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC),
				Segments: map[int][]json.RawMessage{7: {json.RawMessage(`{"contextName":"plan","operator":"IN","values":["pro"]}`)}},
			}
			v, err := q.Who(c.flag, client)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			text := strings.Join(v.Missing, "; ")
			for _, o := range v.Outcomes {
				version, role := "-", "-"
				if o.Version != "" {
					version = o.Version[:1]
				}
				if o.Role != "" {
					role = o.Role
				}
				got = append(got, fmt.Sprintf("%s %s %s", version, role, o.Reason))
				text += "; " + o.Why
			}
			if !slices.Equal(got, c.want) || v.Sure() != (len(c.want) == 1 && c.want[0][0] != '-') || !strings.Contains(text, c.says) {
				t.Errorf("Who = %q, sure %v, %q; want %q, %q", got, v.Sure(), text, c.want, c.says)
			}
		})
	}
	if _, err := (history.Question{}).Who(history.Snapshot{}, client); !errors.Is(err, history.ErrNotThere) {
		t.Errorf("Who without a flag = %v, want %v", err, history.ErrNotThere)
	}
}

func atSegment(s flags.Strategy, id int) flags.Strategy {
	s.Segments = []int{id}
	return s
}

func atAfter(s flags.Strategy, from string) flags.Strategy {
	raw, _ := json.Marshal(map[string]any{"contextName": "currentTime", "operator": "DATE_AFTER", "value": from})
	s.Constraints = append(s.Constraints, raw)
	return s
}

// TestWhoBuckets: the bucket that is named is where the client's answer turns.
func TestWhoBuckets(t *testing.T) {
	client, err := (&session{}).newUnleashClient("production")
	if err != nil {
		t.Fatal(err)
	}
	defer client.close()
	stable := atBuild(flags.Stable, "a", 100, "")
	for i := range 20 {
		q := history.Question{Place: history.Place{Prompt: "p", Environment: "production", Flag: "p"}, User: fmt.Sprintf("user-%d", i)}
		ask := func(percent int) history.Outcome {
			v, err := q.Who(history.Snapshot{Exists: true, Flag: flags.Flag{Name: "p", Enabled: true,
				Strategies: []flags.Strategy{atBuild(flags.Candidate, "b", percent, "userId"), stable}}}, client)
			if err != nil || !v.Sure() {
				t.Fatalf("%v, %v", v, err)
			}
			return v.Outcomes[0]
		}
		bucket := ask(50).Bucket
		if bucket < 1 || bucket > 100 {
			t.Fatalf("bucket %d", bucket)
		}
		if got := ask(bucket); got.Role != "candidate" {
			t.Errorf("user %d, bucket %d: at that percentage %s", i, bucket, got.Role)
		}
		if got := ask(bucket - 1); bucket > 1 && got.Role != "stable" {
			t.Errorf("user %d, bucket %d: one below that %s", i, bucket, got.Role)
		}
	}
}
