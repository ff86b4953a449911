package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/store"
)

const (
	abc       = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc"
	abcKey    = "blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	otherHash = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
)

func testBucketBlobs(t *testing.T, backend store.Backend) {
	b := store.New(backend)
	for i, wantCreated := range []bool{true, false, false} {
		digest, created, err := b.Put(t.Context(), []byte("abc"))
		if digest != abc || created != wantCreated || err != nil {
			t.Errorf("Put %d = %q, %v, %v; want %q, %v, nil", i, digest, created, err, abc, wantCreated)
		}
	}
	if got, err := b.Get(t.Context(), abc); string(got) != "abc" || err != nil {
		t.Errorf("Get = %q, %v; want abc", got, err)
	}
	_, err := b.Get(t.Context(), otherHash)
	wantErr(t, err, store.ErrNotFound, strings.TrimPrefix(otherHash, "sha256:"))
	want(t, backend, abcKey, "abc")
}

func testBucketCorrupt(t *testing.T, backend store.Backend) {
	b := store.New(backend)
	create(t, backend, abcKey, "abd")
	_, err := b.Get(t.Context(), abc)
	wantErr(t, err, store.ErrCorrupt, abcKey)
	if digest, created, err := b.Put(t.Context(), []byte("abc")); digest != abc || created || err != nil {
		t.Errorf("Put over damaged bytes = %q, %v, %v; want %q, false, nil", digest, created, err, abc)
	}
	_, err = b.Get(t.Context(), abc)
	wantErr(t, err, store.ErrCorrupt, abcKey)
}

func testBucketRecords(t *testing.T, backend store.Backend) {
	b := store.New(backend)
	at := time.Date(2026, 11, 21, 2, 1, 0, 5, time.UTC)
	intent := store.Record{
		ID: "00ff", Phase: store.Intent, Time: at, Name: "support.triage", Environment: "eu-prod",
		Action: "publish", Ref: "support.triage@" + abc, Actor: "ana", Subject: "soften <tone> & fix",
		Before: &store.State{Stable: "support.triage@" + otherHash, Enabled: true},
		After:  &store.State{Stable: "support.triage@" + otherHash, Candidate: "support.triage@" + abc, Percent: 5, Enabled: true},
	}
	done := intent
	done.Phase, done.Time = store.Done, at.Add(time.Second)
	other := intent
	other.Name, other.Ref = "support.triage2", "support.triage2@"+abc
	for _, r := range []store.Record{intent, done, other, intent} {
		if err := b.PutRecord(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := b.RecordKeys(t.Context(), "support.triage")
	if err != nil || len(keys) != 2 {
		t.Fatalf("RecordKeys = %v, %v; want two", keys, err)
	}
	intent.Schema, done.Schema = store.RecordSchema, store.RecordSchema
	for i, wantRecord := range []store.Record{done, intent} {
		got, err := b.Record(t.Context(), keys[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantRecord, got); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
	}
}
