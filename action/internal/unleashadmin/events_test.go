package unleashadmin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// eventServer answers the search with pages of three, newest first; between pages
// one more event happens.
func eventServer(t *testing.T, total int) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("feature") != "IS:a.b" || q.Get("limit") != "1000" || !strings.HasSuffix(r.URL.Path, "/api/admin/search/events") {
			t.Errorf("asked for %s", r.URL)
		}
		offset, _ := strconv.Atoi(q.Get("offset"))
		var list []string
		for i := offset; i < min(offset+3, total); i++ {
			list = append(list, fmt.Sprintf(`{"id":%d,"type":"feature-environment-enabled","createdBy":"ada","createdByUserId":7,`+
				`"createdAt":"2026-11-17T12:00:00.5Z","data":null,"preData":null,"environment":"production","more":{}}`, total-i))
		}
		fmt.Fprintf(w, `{"events":[%s],"total":%d}`, strings.Join(list, ","), total)
		total++
	}))
	t.Cleanup(server.Close)
	c, err := New(Options{URL: server.URL, Environment: "production", Token: "user:x"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEventsPages(t *testing.T) {
	log, err := eventServer(t, 10).Events(t.Context(), "a.b")
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, e := range log.Events {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, ids); diff != "" || !log.Whole {
		t.Errorf("events (-want +got), whole %v:\n%s", log.Whole, diff)
	}
	want := Event{ID: 1, Type: SwitchedOn, Time: time.Date(2026, 11, 17, 12, 0, 0, 5e8, time.UTC), By: "ada", User: 7, Environment: "production"}
	if diff := cmp.Diff(want, log.Events[0]); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestEventsBad(t *testing.T) {
	cases := []struct{ body, want string }{
		{`{"events":[]}`, "cannot be searched"},
		{`[]`, "not that of an Unleash Admin API"},
		{`{"events":[{"id":1,"type":"feature-strategy-add","createdAt":"2026-11-17T12:00:00Z","data":"x"}],"total":1}`, "event 1 (feature-strategy-add) is not what such events are"},
		{`{"events":[{"id":1,"type":"feature-strategy-update","createdAt":"2026-11-17T12:00:00Z","data":null,"preData":{"id":5}}],"total":1}`, "event 1 (feature-strategy-update) is not what"},
	}
	for _, c := range cases {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) }))
		client, err := New(Options{URL: server.URL, Environment: "production", Token: "user:x"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Events(t.Context(), "a.b"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Events of %s: %v, want %q", c.body, err, c.want)
		}
		server.Close()
	}
}

// TestSegmentsThen: a segment that people changed is what it was, on a real server.
func TestSegmentsThen(t *testing.T) {
	r := newReal(t)
	name := r.flag + "-segment"
	body := func(value string) map[string]any {
		return map[string]any{"name": name, "description": "", "constraints": []any{
			map[string]any{"contextName": "tenantId", "operator": "IN", "values": []string{value}}}}
	}
	var made struct {
		ID        int       `json:"id"`
		CreatedAt time.Time `json:"createdAt"`
	}
	r.must(json.Unmarshal(r.ui(http.MethodPost, "segments", body("first")), &made))
	// The server's own clock: the moment before the first change.
	then := made.CreatedAt.Add(time.Millisecond)
	r.ui("PUT", fmt.Sprintf("segments/%d", made.ID), body("second"))
	r.ui("PUT", fmt.Sprintf("segments/%d", made.ID), body("third"))
	for _, c := range []struct {
		at   time.Time
		want string
	}{{then, "first"}, {time.Now().Add(time.Hour), "third"}} {
		all, err := r.Segments(t.Context(), c.at)
		if err != nil || len(all[made.ID]) != 1 || !strings.Contains(string(all[made.ID][0]), c.want) {
			t.Errorf("segment at %v: %s, %v; want %s", c.at, all[made.ID], err, c.want)
		}
	}
	r.ui(http.MethodDelete, fmt.Sprintf("segments/%d", made.ID), nil)
	all, err := r.Segments(t.Context(), then)
	if err != nil || len(all[made.ID]) != 1 || !strings.Contains(string(all[made.ID][0]), "first") {
		t.Errorf("deleted segment: %s, %v; want first", all[made.ID], err)
	}
}
