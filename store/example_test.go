package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/promptflag/promptflag/store"
)

func Example() {
	ctx := context.Background()
	bucket, err := store.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	digest, created, err := bucket.Put(ctx, []byte(`{"promptflag":1}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(digest, created)

	_, created, err = bucket.Put(ctx, []byte(`{"promptflag":1}`)) // again: nothing to do
	fmt.Println(created, err)

	data, err := bucket.Get(ctx, digest)
	fmt.Printf("%s %v\n", data, err)

	_, err = bucket.Get(ctx, "sha256:0000000000000000000000000000000000000000000000000000000000000000")
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// sha256:6e316a0c7b143168d47ed059e96d6c728fbb2d0c0ef5343de15f1ced0746001f true
	// false <nil>
	// {"promptflag":1} <nil>
	// true
}

func ExampleBucket_RecordKeys() {
	ctx := context.Background()
	bucket := store.New(store.NewMem())
	record := store.Record{
		ID: "0c9f8e7d", Phase: store.Intent, Time: time.Date(2026, 11, 21, 2, 1, 0, 0, time.UTC),
		Name: "support.triage", Environment: "production", Action: "publish", Actor: "ana",
		Ref: "support.triage@sha256:3f9a2c1b04de0000000000000000000000000000000000000000000000000000",
	}
	if err := bucket.PutRecord(ctx, record); err != nil {
		log.Fatal(err)
	}
	record.Phase, record.Time = store.Done, record.Time.Add(2*time.Second)
	if err := bucket.PutRecord(ctx, record); err != nil {
		log.Fatal(err)
	}
	keys, err := bucket.RecordKeys(ctx, "support.triage")
	if err != nil {
		log.Fatal(err)
	}
	for _, k := range keys {
		fmt.Println(k.Time.Format(time.TimeOnly), k.Environment, k.Action, k.Version, k.Phase)
	}
	// Output:
	// 02:01:02 production publish 3f9a2c1b04de done
	// 02:01:00 production publish 3f9a2c1b04de intent
}
