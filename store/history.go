package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
)

// A Period selects operations. The zero value selects all of them.
type Period struct {
	// Name limits them to one prompt; "" is every prompt.
	Name string
	// Environment limits them to one; "" is all.
	Environment string
	// Since is the first moment that counts, Until the first that does not; zero
	// is without limit.
	Since, Until time.Time
}

func (p Period) holds(k RecordKey) bool {
	return (p.Environment == "" || k.Environment == p.Environment) &&
		(p.Since.IsZero() || !k.Time.Before(p.Since)) &&
		(p.Until.IsZero() || k.Time.Before(p.Until))
}

// An Operation is what a pair of records tells: what was to be done with a
// version, and whether it was done.
type Operation struct {
	// Key is of Record: the done record, or the intent where there is no other.
	Key RecordKey
	// Record is what Key holds. It is empty when Err is not nil.
	Record Record
	// Finished is when the done record was written, by the clock of the bucket;
	// zero for an operation that did not finish, or is running. A copy of a bucket
	// may have the times of the copy.
	Finished time.Time
	// Err says why the record could not be read: it is broken, of a later version,
	// or was refused. The operations after it are not affected.
	Err error
}

// readAhead is how many records are read at a time.
const readAhead = 16

// Operations yields the operations of a period, by name and then by time. It
// lists releases/, or the part that belongs to one name, and reads one record per
// operation, some ahead: memory does not grow with the number of records. An error
// is yielded once, with an empty Operation, and ends the sequence.
func (b *Bucket) Operations(ctx context.Context, p Period) iter.Seq2[Operation, error] {
	parent := ctx
	return func(yield func(Operation, error) bool) {
		prefix := recordPrefix
		if p.Name != "" {
			if err := recordSegment("name", p.Name); err != nil {
				yield(Operation{}, fmt.Errorf("list records: %w", err))
				return
			}
			prefix += p.Name + "/"
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // of reads whose answer nobody waits for
		var ahead []chan Operation
		next := func() bool {
			o := <-ahead[0]
			ahead = ahead[1:]
			if err := parent.Err(); err != nil { // not the record's fault
				yield(Operation{}, fmt.Errorf("read records: %w", err))
				return false
			}
			return yield(o, nil)
		}
		for o, err := range b.pairs(ctx, prefix, p) {
			if err != nil {
				for len(ahead) > 0 {
					if !next() {
						return
					}
				}
				yield(Operation{}, fmt.Errorf("list records: %w", err))
				return
			}
			if len(ahead) == readAhead && !next() {
				return
			}
			read := make(chan Operation, 1)
			ahead = append(ahead, read)
			go func() {
				o.Record, o.Err = b.Record(ctx, o.Key)
				read <- o
			}()
		}
		for len(ahead) > 0 {
			if !next() {
				return
			}
		}
	}
}

// pairs yields the operations that a listing names. The keys of a pair differ in
// their last word only and nothing sorts between them, done first.
func (b *Bucket) pairs(ctx context.Context, prefix string, p Period) iter.Seq2[Operation, error] {
	return func(yield func(Operation, error) bool) {
		done := "" // key of the last done record, without its phase
		for o, err := range b.backend.List(ctx, prefix) {
			if err != nil {
				yield(Operation{}, err)
				return
			}
			k, ok := parseRecordKey(o.Key)
			if !ok || !p.holds(k) {
				continue
			}
			base := strings.TrimSuffix(k.Key, string(k.Phase)+recordSuffix)
			op := Operation{Key: k}
			switch {
			case k.Phase == Done:
				done, op.Finished = base, o.ModTime.UTC()
			case base == done:
				continue
			}
			if !yield(op, nil) {
				return
			}
		}
	}
}

// OperationKeys is Operations without reading: what the listing tells.
func (b *Bucket) OperationKeys(ctx context.Context, p Period) iter.Seq2[RecordKey, error] {
	return func(yield func(RecordKey, error) bool) {
		prefix := recordPrefix
		if p.Name != "" {
			prefix += p.Name + "/"
		}
		for o, err := range b.pairs(ctx, prefix, p) {
			if err != nil {
				err = fmt.Errorf("list records: %w", err)
			}
			if !yield(o.Key, err) || err != nil {
				return
			}
		}
	}
}

// ReleasedNames yields the names of all prompts that have a record, each once, in
// the order of their keys. It lists all of releases/ and reads nothing.
func (b *Bucket) ReleasedNames(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		last := ""
		for o, err := range b.backend.List(ctx, recordPrefix) {
			if err != nil {
				yield("", fmt.Errorf("list records: %w", err))
				return
			}
			k, ok := parseRecordKey(o.Key)
			if !ok || k.Name == last {
				continue
			}
			last = k.Name
			if !yield(k.Name, nil) {
				return
			}
		}
	}
}
