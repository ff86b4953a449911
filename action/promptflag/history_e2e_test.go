package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	w := newTeam(t)
	own := w.bucket + "&prefix=" + strings.TrimSuffix(w.prefix, ".") + "/" // other tests release the same names
	w.edit("promptflag.toml", w.bucket, own)
	w.bucket = own
	began := time.Now().Add(-time.Second)
	w.promptflag("publish", "-e", "production")
	c := w.service(100 * time.Millisecond)

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

// sameAnswers asks at for every instant. Each of the 200 users is asked about at one
// instant, with PROMPTFLAG_TEST_ALL all at all.
func (w *team) sameAnswers(moments []instant) {
	w.Helper()
	type question struct{ m, user int }
	var questions []question
	for m := range moments {
		for i := range askedUsers {
			if i%len(moments) == m || os.Getenv("PROMPTFLAG_TEST_ALL") != "" {
				questions = append(questions, question{m, i})
			}
		}
	}
	var group sync.WaitGroup
	turn := make(chan question)
	for range 4 {
		group.Go(func() {
			for q := range turn {
				if got, want := w.at(moments[q.m].at, q.user), moments[q.m].got[q.user]; got != want {
					w.Errorf("%s: at says user-%d got %q, the service gave %q", moments[q.m].what, q.user+1, got, want)
				}
			}
		})
	}
	for _, q := range questions {
		turn <- q
	}
	close(turn)
	group.Wait()
	w.Logf("%d questions about %d moments", len(questions), len(moments))
}

func (w *team) at(when time.Time, user int) string {
	id, attributes := caller(user)
	tenant, _ := attributes["tenantId"].(string)
	code, out := w.try("at", triage, "-e", "production", "--time", when.Format(time.RFC3339Nano), "--user", id,
		"--context", "tenantId="+tenant, "--lag", "0s", "--json")
	var doc struct {
		Sure     bool
		Outcomes []struct{ Version, Role, Reason string }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 || !doc.Sure || len(doc.Outcomes) != 1 {
		return fmt.Sprintf("exit code %d: %.300s", code, out)
	}
	o := doc.Outcomes[0]
	return o.Version + " " + o.Role + " " + o.Reason
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
