package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A RecordKey is what a record's key alone tells: enough to find the last
// operation on a version without reading a single record.
type RecordKey struct {
	Key         string
	Name        string
	Time        time.Time // UTC
	Environment string
	Action      string
	Version     string // the first 12 hex digits of the digest
	ID          string
	Phase       Phase
}

const (
	recordSuffix  = ".json"
	recordTime    = "20060102T150405.000000000Z" // fixed width: keys sort by time
	versionDigits = 12
)

// RecordKeys returns the records of a prompt, newest first, with one listing
// and no read. Where times are equal, done comes before intent. Objects below
// the prompt's prefix that are not named like a record are left out.
func (b *Bucket) RecordKeys(ctx context.Context, name string) ([]RecordKey, error) {
	if err := recordSegment("name", name); err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	var keys []RecordKey
	for o, err := range b.backend.List(ctx, recordPrefix+name+"/") {
		if err != nil {
			return nil, fmt.Errorf("list records: %w", err)
		}
		if k, ok := parseRecordKey(o.Key); ok {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, newerFirst)
	return keys, nil
}

func newerFirst(a, b RecordKey) int {
	return cmp.Or(
		b.Time.Compare(a.Time),
		cmp.Compare(a.Phase, b.Phase), // "done" < "intent"
		cmp.Compare(b.Key, a.Key),
	)
}

// recordKey builds releases/<name>/<UTC>-<environment>-<action>-<version>-<id>-<phase>.json.
func recordKey(r Record) (string, error) {
	version, err := refVersion(r.Ref, r.Name)
	if err = errors.Join(
		recordSegment("name", r.Name),
		recordSegment("environment", r.Environment),
		validAction(r.Action),
		validID(r.ID),
		validPhase(r.Phase),
		validTime(r.Time),
		err,
	); err != nil {
		return "", err
	}
	key := recordPrefix + r.Name + "/" + strings.Join([]string{
		r.Time.UTC().Format(recordTime), r.Environment, r.Action, version, r.ID, string(r.Phase),
	}, "-") + recordSuffix
	return key, ValidKey(key)
}

// parseRecordKey is the reverse. An environment may contain '-', the other
// fields cannot, so the fields behind it are taken from the end.
func parseRecordKey(key string) (RecordKey, bool) {
	rest, ok := strings.CutPrefix(key, recordPrefix)
	if !ok {
		return RecordKey{}, false
	}
	name, file, _ := strings.Cut(rest, "/")
	base, ok := strings.CutSuffix(file, recordSuffix)
	if !ok || len(base) < len(recordTime) || strings.Contains(base, "/") {
		return RecordKey{}, false
	}
	at, err := time.Parse(recordTime, base[:len(recordTime)])
	fields := strings.Split(base[len(recordTime):], "-") // "", environment…, action, version, id, phase
	n := len(fields)
	if err != nil || n < 6 || fields[0] != "" {
		return RecordKey{}, false
	}
	k := RecordKey{
		Key: key, Name: name, Time: at.UTC(),
		Environment: strings.Join(fields[1:n-4], "-"),
		Action:      fields[n-4], Version: fields[n-3], ID: fields[n-2], Phase: Phase(fields[n-1]),
	}
	good := errors.Join(recordSegment("name", name), recordSegment("environment", k.Environment),
		validAction(k.Action), validID(k.ID), validPhase(k.Phase)) == nil
	return k, good && len(k.Version) == versionDigits && isLowerHex(k.Version)
}

// refVersion returns the version in name@sha256:<hex>.
func refVersion(ref, name string) (string, error) {
	of, digest, _ := strings.Cut(ref, "@")
	digits, err := digestHex(digest)
	if err != nil || of != name {
		return "", fmt.Errorf("ref %.200q: want %s@sha256:<64 lower-case hex digits>", ref, name)
	}
	return digits[:versionDigits], nil
}

func recordSegment(what, s string) error {
	if err := validSegment(s); err != nil {
		return fmt.Errorf("%s %.100q: %w", what, s, err)
	}
	if strings.ContainsRune(s, '/') {
		return fmt.Errorf("%s %.100q: a slash is not allowed", what, s)
	}
	return nil
}

func validAction(s string) error {
	for _, c := range []byte(s) {
		if c < 'a' || c > 'z' {
			return fmt.Errorf("action %.100q: want one lower-case word", s)
		}
	}
	if s == "" {
		return errors.New("action: empty")
	}
	return nil
}

func validID(s string) error {
	if len(s) > 64 || !isLowerHex(s) {
		return fmt.Errorf("id %.100q: want 1 to 64 lower-case hex digits", s)
	}
	return nil
}

func validPhase(p Phase) error {
	if p != Intent && p != Done {
		return fmt.Errorf("phase %.100q: want intent or done", string(p))
	}
	return nil
}

func validTime(t time.Time) error {
	if y := t.UTC().Year(); t.IsZero() || y < 1 || y > 9999 {
		return errors.New("time: missing or out of range")
	}
	return nil
}
