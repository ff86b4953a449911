package store_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

const otherDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func record() store.Record {
	return store.Record{
		ID: "0c9f8e7d6b5a4c3b", Phase: store.Done, Time: time.Date(2026, 11, 21, 2, 1, 0, 120, time.UTC),
		Name: "support.triage", Environment: "eu-production", Action: "publish", Ref: "support.triage@" + abcDigest,
		Actor: "ana", Commit: "3f9a2c1b04de", Subject: "soften <tone> & shorten", PullRequest: "17", Run: "4711/1",
		Reason: "complaints", Tool: "promptflag 0.2.0", Approvers: []string{"ben", "cleo"},
		Before:  &store.State{Stable: "support.triage@" + otherDigest, Enabled: true},
		After:   &store.State{Stable: "support.triage@" + otherDigest, Candidate: "support.triage@" + abcDigest, Percent: 5, Enabled: true},
		Verdict: "pass",
	}
}

const goldenKey = "releases/support.triage/20261121T020100.000000120Z-eu-production-publish-ba7816bf8f01-0c9f8e7d6b5a4c3b-done.json"

// TestRecordGolden freezes the key and the bytes of a record. UPDATE=1 rewrites it.
func TestRecordGolden(t *testing.T) {
	mem := store.NewMem()
	if err := store.New(mem).PutRecord(t.Context(), record()); err != nil {
		t.Fatal(err)
	}
	got, err := mem.Get(t.Context(), goldenKey, store.MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/record.golden.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestRecordKeys(t *testing.T) {
	mem := store.NewMem()
	b := store.New(mem)
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.FixedZone("CEST", 2*60*60))
	put := func(id, action string, phase store.Phase, at time.Time) {
		t.Helper()
		r := record()
		r.ID, r.Action, r.Phase, r.Time = id, action, phase, at
		if err := b.PutRecord(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	put("a1", "publish", store.Intent, at)
	put("a1", "publish", store.Done, at)
	put("b2", "rollback", store.Intent, at.Add(time.Nanosecond))
	put("c3", "publish", store.Done, at.Add(-400*24*time.Hour))
	for _, foreign := range []string{
		"README", "x.json", "sub/" + goldenKey[len("releases/support.triage/"):],
		strings.TrimSuffix(goldenKey[len("releases/support.triage/"):], "done.json") + "undone.json",
		"20261121T020100.000000120Z-publish-ba7816bf8f01-0c-done.json",          // no environment
		"20261321T020100.000000120Z-a-publish-ba7816bf8f01-0c-done.json",        // month 13
		"20261121T020100.000000120Z-a-publish-ba7816bf8f0-0c-done.json",         // short version
		"20261121T020100.000000120Z-a-Publish-ba7816bf8f01-0c-done.json",        // action
		"20261121T020100.000000120Z-a-publish-ba7816bf8f01-XY-done.json",        // id
		"20261121T020100.000000120Z_a-publish-ba7816bf8f01-0c-done.json",        // separator
		"20261121T020100.000000120Z-a-publish-ba7816bf8f01-0c-done.json.backup", // suffix
	} {
		if err := mem.Create(t.Context(), "releases/support.triage/"+foreign, nil, store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.RecordKeys(t.Context(), "support.triage")
	if err != nil {
		t.Fatal(err)
	}
	want := []store.RecordKey{
		{Time: at.Add(time.Nanosecond).UTC(), Action: "rollback", ID: "b2", Phase: store.Intent},
		{Time: at.UTC(), Action: "publish", ID: "a1", Phase: store.Done},
		{Time: at.UTC(), Action: "publish", ID: "a1", Phase: store.Intent},
		{Time: at.Add(-400 * 24 * time.Hour).UTC(), Action: "publish", ID: "c3", Phase: store.Done},
	}
	for i := range want {
		want[i].Name, want[i].Environment, want[i].Version = "support.triage", "eu-production", "ba7816bf8f01"
		want[i].Key = "releases/support.triage/" + want[i].Time.Format("20060102T150405.000000000Z") + "-eu-production-" +
			want[i].Action + "-ba7816bf8f01-" + want[i].ID + "-" + string(want[i].Phase) + ".json"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("RecordKeys (-want +got):\n%s", diff)
	}
	if r, err := b.Record(t.Context(), got[0]); err != nil || r.Time != want[0].Time {
		t.Errorf("Record = %v, %v; want one of %v", r.Time, err, want[0].Time)
	}
	if got, err := b.RecordKeys(t.Context(), "support"); err != nil || len(got) != 0 {
		t.Errorf("RecordKeys(support) = %v, %v; want none", got, err)
	}
	if _, err := b.RecordKeys(t.Context(), "../x"); err == nil {
		t.Error("RecordKeys(../x): no error")
	}
}

func TestPutRecordErrors(t *testing.T) {
	tests := []struct {
		want   string
		change func(*store.Record)
	}{
		{"name", func(r *store.Record) { r.Name = "a/b"; r.Ref = "a/b@" + abcDigest }},
		{"environment", func(r *store.Record) { r.Environment = "" }},
		{"environment", func(r *store.Record) { r.Environment = "a/b" }},
		{"environment", func(r *store.Record) { r.Environment = "pro duction" }},
		{"action", func(r *store.Record) { r.Action = "roll-back" }},
		{"action", func(r *store.Record) { r.Action = "" }},
		{"id", func(r *store.Record) { r.ID = "a-b" }},
		{"phase", func(r *store.Record) { r.Phase = "begun" }},
		{"time", func(r *store.Record) { r.Time = time.Time{} }},
		{"time", func(r *store.Record) { r.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"ref", func(r *store.Record) { r.Ref = "support.triage" }},
		{"ref", func(r *store.Record) { r.Ref = "other@" + abcDigest }},
		{"schema", func(r *store.Record) { r.Schema = 2 }},
		{"too large", func(r *store.Record) { r.Reason = strings.Repeat("x", store.MaxBlob) }},
	}
	for _, test := range tests {
		r := record()
		test.change(&r)
		err := store.New(store.NewMem()).PutRecord(t.Context(), r)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("PutRecord: error %v, want %q in it", err, test.want)
		}
	}
}

func TestRecordErrors(t *testing.T) {
	good, err := os.ReadFile("testdata/record.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, data string
		corrupt    bool
	}{
		{"not_json", "{", true},
		{"empty", "", true},
		{"wrong_type", strings.Replace(string(good), `"ana"`, "7", 1), true},
		{"other_key", strings.Replace(string(good), `"publish"`, `"rollback"`, 1), true},
		{"future", strings.Replace(string(good), `"promptflagRecord": 1`, `"promptflagRecord": 2`, 1), false},
		{"foreign", "{}", false},
	}
	for _, test := range tests {
		mem := store.NewMem()
		if err := mem.Create(t.Context(), goldenKey, []byte(test.data), store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err := store.New(mem).Record(t.Context(), store.RecordKey{Key: goldenKey})
		if err == nil || errors.Is(err, store.ErrCorrupt) != test.corrupt || !strings.Contains(err.Error(), goldenKey) {
			t.Errorf("%s: error %v, want one with the key, ErrCorrupt = %v", test.name, err, test.corrupt)
		}
	}
	mem := store.NewMem()
	extended := strings.Replace(string(good), `"id"`, `"later": {"x": 1}, "id"`, 1)
	if err := mem.Create(t.Context(), goldenKey, []byte(extended), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.New(mem).Record(t.Context(), store.RecordKey{Key: goldenKey}); err != nil {
		t.Errorf("record with an unknown member: %v", err)
	}
}
