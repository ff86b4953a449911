package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/promptflag/promptflag/store"
)

const (
	raceRounds  = 10
	raceWriters = 16
	raceBytes   = 64 << 10 // more than one write or packet: a part would show
)

// testRace: many writers, one name, one winner; readers see all or nothing.
func testRace(t *testing.T, b store.Backend) {
	for round := range raceRounds {
		key := fmt.Sprintf("leases/production/%d.json", round)
		var winner atomic.Int64
		winner.Store(-1)
		done := make(chan struct{})
		readers := make(chan struct{})
		go func() {
			defer close(readers)
			readUntil(t, b, key, done)
		}()
		parallel(raceWriters, func(i int) {
			err := b.Create(t.Context(), key, racePayload(i), jsonObject)
			switch {
			case err == nil && !winner.CompareAndSwap(-1, int64(i)):
				t.Errorf("round %d: writers %d and %d both won", round, winner.Load(), i)
			case err != nil && !errors.Is(err, store.ErrExists):
				t.Errorf("round %d: writer %d: %v", round, i, err)
			}
		})
		close(done)
		<-readers
		if winner.Load() < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		want(t, b, key, string(racePayload(int(winner.Load()))))
	}
}

func racePayload(writer int) []byte { return bytes.Repeat([]byte{byte('a' + writer)}, raceBytes) }

func readUntil(t *testing.T, b store.Backend, key string, done <-chan struct{}) {
	for {
		got, err := b.Get(t.Context(), key, store.MaxBlob)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			t.Errorf("Get while writers race: %v", err)
		case len(got) != raceBytes || len(bytes.Trim(got, string(got[:1]))) != 0:
			t.Errorf("Get while writers race: %d bytes, a part or a mixture", len(got))
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
