package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
	"github.com/promptflag/promptflag/store"
)

// TestAuditOrder: rows are by environment, prompt and time, and of one time by the
// key of the record, in both formats and whatever was written first.
func TestAuditOrder(t *testing.T) {
	bucket := store.New(store.NewMem())
	for i, r := range []store.Record{
		{Name: "b", Environment: "production", Action: "dial", Time: noon},
		{Name: "a.b", Environment: "production", Action: "create", Time: noon},
		{Name: "a", Environment: "production", Action: "fold", Time: after(5)},
		{Name: "a", Environment: "production", Action: "candidate", Time: after(5)},
		{Name: "a", Environment: "development", Action: "create", Time: after(9)},
		{Name: "a", Environment: "production", Action: "create", Time: noon},
		{Name: "a", Environment: "production", Action: "off", Time: after(-1)},
		{Name: "a", Environment: "production", Action: "on", Time: after(60)},
	} {
		r.ID, r.Phase, r.Ref = fmt.Sprintf("%02x", i), store.Done, r.Name+"@sha256:"+strings.Repeat("a", 64)
		if err := bucket.PutRecord(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"production a.b create", "production a create", "production a candidate", "production a fold", "production b dial",
		"development a create",
	}
	for format, read := range map[string]func(*testing.T, io.Reader) []string{FormatJSONL: jsonlRows, FormatCSV: csvRows} {
		var b bytes.Buffer
		out, err := NewExporter(format, &b)
		if err != nil {
			t.Fatal(err)
		}
		a := Audit{Since: noon, Until: after(60)}
		for _, name := range []string{"production", "development"} {
			site := NewSite(config.Environment{Name: name}, bucket, nil, io.ErrUnexpectedEOF)
			if err := a.Environment(t.Context(), site, out); err != nil {
				t.Fatal(err)
			}
			if site.Fault == nil || len(site.Notes) != 1 {
				t.Errorf("%s: notes %q, fault %v: want one of each, for the server is away", name, site.Notes, site.Fault)
			}
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read(t, &b)); diff != "" || a.Rows != len(want) || a.Broken != 0 {
			t.Errorf("%s: %d rows, %d broken (-want +got):\n%s", format, a.Rows, a.Broken, diff)
		}
	}
}

func jsonlRows(t *testing.T, r io.Reader) (rows []string) {
	dec := json.NewDecoder(r)
	for dec.More() {
		var e Entry
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, e.Environment+" "+e.Prompt+" "+e.Action)
	}
	return rows
}

func csvRows(t *testing.T, r io.Reader) (rows []string) {
	all, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all[1:] {
		rows = append(rows, strings.Join(row[1:4], " "))
	}
	return rows
}

// TestJoinTies: of one time, records come first, then changes by hand as the event
// log numbers them.
func TestJoinTies(t *testing.T) {
	s := store.State{Stable: ref("a"), Enabled: true}
	var l events
	for _, kind := range []unleashadmin.EventType{"z", "a"} {
		l.add(noon, "eve", kind, nil, nil)
	}
	got := joined(t, []store.Operation{record("off", "a", noon, true, s, s), record("on", "a", noon.Add(time.Second), true, s, s)}, l)
	want := []string{"promptflag: off []", "by hand: z:  by eve [1]", "by hand: a:  by eve [2]", "promptflag: on []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
}
