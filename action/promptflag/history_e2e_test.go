package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/prompts"
)

// instant is what 200 users got from a service at a time.
type instant struct {
	what string
	at   time.Time
	got  []string // "version role reason"
}

const askedUsers = 200

// caller is a user of whom every second one has a tenant.
func caller(i int) (id string, attributes map[string]any) {
	id = fmt.Sprintf("user-%d", i+1)
	if i%2 == 0 {
		return id, map[string]any{"tenantId": "acme"}
	}
	return id, nil
}

func (w *team) answers(c *openfeature.Client) (got []string, counts map[string]int) {
	w.Helper()
	counts = map[string]int{}
	for i := range askedUsers {
		id, attributes := caller(i)
		d, err := c.ObjectValueDetails(w.Context(), w.prefix+triage, nil, openfeature.NewEvaluationContext(id, attributes))
		if err != nil {
			return nil, map[string]int{}
		}
		p, err := prompts.From(d.Value)
		if err != nil {
			w.Fatal(err)
		}
		role, _ := d.FlagMetadata["promptRole"].(string)
		got = append(got, fmt.Sprintf("%s %s %s", p.Version(), role, d.Reason))
		counts[role+" "+string(d.Reason)]++
		counts[p.Version()]++
	}
	return got, counts
}

// TestHistory: what a service answered at known times is what at says later, and
// history tells people's changes from promptflag's.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newTeam(t)
	began := time.Now().Add(-time.Second)
	w.promptflag("publish", "-e", "production")
	c := w.service(500 * time.Millisecond)

	var moments []instant
	note := func(what string, arrived func(map[string]int) bool) {
		w.Helper()
		var got []string
		w.eventually(what, func() bool {
			var counts map[string]int
			if got, counts = w.answers(c); !arrived(counts) {
				return false
			}
			again, _ := w.answers(c) // the feed may have changed halfway
			return slices.Equal(got, again)
		})
		moments = append(moments, instant{what, time.Now(), got})
	}
	all := func(key string) func(map[string]int) bool {
		return func(n map[string]int) bool { return n[key] == askedUsers }
	}
	note("first publish", all("stable STATIC"))
	first, _, _ := strings.Cut(moments[0].got[0], " ")
	w.edit("prompts/support/triage.toml", "If you are not sure, look", "Look")
	w.promptflag("publish", "-e", "production")
	note("candidate at 10 %", func(n map[string]int) bool { return n["candidate SPLIT"] > 0 })
	ten := len(slices.DeleteFunc(slices.Clone(moments[1].got), func(s string) bool { return strings.Contains(s, "stable") }))

	thirty, yes, no := 30, true, false
	w.patch(flags.Patch{Rollout: &thirty})
	note("30 % by hand", func(n map[string]int) bool { return n["candidate SPLIT"] > ten })
	w.patch(flags.Patch{Disabled: &yes})
	note("killed by hand", all("stable STATIC"))
	w.patch(flags.Patch{Disabled: &no})
	w.must(w.admin().Switch(w.Context(), w.prefix+triage, false))
	note("OFF by hand", all("stable DISABLED"))
	w.must(w.admin().Switch(w.Context(), w.prefix+triage, true))
	note("ON by hand", func(n map[string]int) bool { return n["candidate SPLIT"] > ten })
	_, err := w.admin().Add(w.Context(), w.prefix+triage, w.tenant(first))
	w.must(err)
	note("a tenant's strategy", func(n map[string]int) bool { return n[" TARGETING_MATCH"] == askedUsers/2 })
	w.promptflag("promote", triage, "-e", "production", "--reason", "no complaints")
	note("promoted", func(n map[string]int) bool { return n["candidate TARGETING_MATCH"] == askedUsers/2 })
	w.edit("prompts/support/triage.toml", "Look the", "Always look the")
	w.promptflag("publish", "-e", "production")
	note("next version", func(n map[string]int) bool { return n["candidate SPLIT"] > 0 && n["stable SPLIT"] > 0 })

	w.sameAnswers(moments)
	w.told(first)
	w.audited(began)
}

func (w *team) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tenant is a strategy that a person makes: one tenant stays with a version.
func (w *team) tenant(version string) flags.Strategy {
	w.Helper()
	f, err := w.admin().Read(w.Context(), w.prefix+triage)
	w.must(err)
	stable := flags.Recognise(f, triage, "production").Stable
	if stable == nil || !strings.Contains(stable.Ref(), version) {
		w.Fatalf("stable is %v, want %s", stable, version)
	}
	s := *stable
	s.ID, s.Title, s.SortOrder = "", "acme stays", 500
	s.Parameters = map[string]string{"rollout": "100", "stickiness": "default", "groupId": f.Name}
	s.Constraints = []json.RawMessage{json.RawMessage(`{"contextName":"tenantId","operator":"IN","values":["acme"]}`)}
	return s
}

// sameAnswers asks at about every user at every moment.
func (w *team) sameAnswers(moments []instant) {
	w.Helper()
	asked := 0
	for _, m := range moments {
		for _, tenant := range []string{"acme", ""} {
			args := []string{"at", triage, "-e", "production", "--time", m.at.Format(time.RFC3339Nano), "--lag", "0s", "--json", "--context", "tenantId=" + tenant}
			var want []string
			for i := range askedUsers {
				id, attributes := caller(i)
				if (attributes != nil) == (tenant != "") {
					args, want = append(args, "--user", id), append(want, id+" "+m.got[i])
				}
			}
			asked += len(want)
			if diff := cmp.Diff(want, w.at(args)); diff != "" {
				w.Errorf("%s: the service's answers, and those of at (-want +got):\n%s", m.what, diff)
			}
		}
	}
	w.Logf("%d answers at %d moments", asked, len(moments))
}

func (w *team) at(args []string) (got []string) {
	w.Helper()
	code, out := w.try(args...)
	var doc struct {
		Answers []struct {
			User     string
			Sure     bool
			Outcomes []struct{ Version, Role, Reason string }
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 {
		w.Errorf("at: exit code %d, %v: %.300s", code, err, out)
		return nil
	}
	for _, a := range doc.Answers {
		if !a.Sure || len(a.Outcomes) != 1 {
			got = append(got, a.User+" is not sure")
			continue
		}
		o := a.Outcomes[0]
		got = append(got, fmt.Sprintf("%s %s %s %s", a.User, o.Version, o.Role, o.Reason))
	}
	return got
}

// told: people's changes are listed once, in words, and promptflag's own events not
// at all besides its records.
func (w *team) told(first string) {
	w.Helper()
	var doc struct {
		Entries []struct {
			Action, Source, Detail, Account string
			Finished                        bool
			Events                          []int64
		}
	}
	w.must(json.Unmarshal([]byte(w.promptflag("history", triage, "-e", "production", "--json")), &doc))
	var hand, records []string
	for _, e := range slices.Backward(doc.Entries) {
		if e.Source == "by hand" {
			hand = append(hand, e.Detail)
			continue
		}
		records = append(records, e.Source+" "+e.Action)
	}
	want := []string{
		"candidate from 10 to 30 %", "disabled candidate", "enabled candidate",
		"switched the environment OFF", "switched the environment ON", `added strategy "acme stays" at 100 %`,
	}
	if !slices.Equal(hand, want) {
		w.Errorf("by hand: %q, want %q", hand, want)
	}
	slices.Sort(records) // the two of one operation have one time
	if want := []string{"promptflag candidate", "promptflag candidate", "promptflag create", "promptflag fold", "promptflag promote"}; !slices.Equal(records, want) {
		w.Errorf("records: %q, want %q", records, want)
	}
	// A field that decides and was not given: no answer, but what is possible.
	code, out := w.try("at", triage, "-e", "production", "--time", "now", "--user", "user-1", "--lag", "0s")
	if code != 4 || !strings.Contains(out, "possible: version "+first) || !strings.Contains(out, "--context tenantId=VALUE") {
		w.Errorf("at without the tenant: exit code %d, want 4:\n%s", code, out)
	}
}

func (w *team) audited(since time.Time) {
	w.Helper()
	w.promptflag("audit", "export", "--since", since.Format(time.RFC3339Nano), "-e", "production", "--format", "csv", "-o", "audit.csv")
	file, err := os.Open(w.dir + "/audit.csv")
	w.must(err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	w.must(err)
	if want := 1 + 11 + 2; len(rows) != want { // a header, triage, and the beginning of two other prompts
		w.Errorf("the audit has %d rows, want %d:\n%v", len(rows), want, rows)
	}
}
