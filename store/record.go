package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// RecordSchema is the major version of Record's JSON.
const RecordSchema = 1

// A Phase says which half of an operation a record tells.
type Phase string

// An operation writes Intent before it changes anything and Done after. An
// Intent without its Done is an operation that did not finish, or is running.
const (
	Intent Phase = "intent"
	Done   Phase = "done"
)

// A Record tells who was about to do what with a version, or did, and why. It
// is written once and never changed. Time, Name, Environment, Action, Ref, ID
// and Phase are required; they are in the key.
type Record struct {
	Schema      int       `json:"promptflagRecord"` // RecordSchema; 0 is written as that
	ID          string    `json:"id"`               // lower hex, at most 64 digits; the same in intent and done of one operation
	Phase       Phase     `json:"phase"`
	Time        time.Time `json:"time"` // stored in UTC, to the nanosecond
	Name        string    `json:"name"` // of the prompt; no slash
	Environment string    `json:"environment"`
	Action      string    `json:"action"` // one lower-case word: publish, rollback, …
	Ref         string    `json:"ref"`    // name@sha256:…, the version the record is about

	Actor       string   `json:"actor,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	Subject     string   `json:"subject,omitempty"` // first line of the commit message
	PullRequest string   `json:"pullRequest,omitempty"`
	Run         string   `json:"run,omitempty"` // of the CI system
	Reason      string   `json:"reason,omitempty"`
	Tool        string   `json:"tool,omitempty"`      // promptflag and its version
	Author      string   `json:"author,omitempty"`    // of the pull request
	Approvers   []string `json:"approvers,omitempty"` // of what was merged
	Before      *State   `json:"before,omitempty"`
	After       *State   `json:"after,omitempty"`
	Verdict     string   `json:"verdict,omitempty"`
}

// State is what one environment of a flag served. Percent and Enabled are
// always written: 0 and false are answers.
type State struct {
	Stable            string `json:"stable,omitempty"`    // ref; empty: none
	Candidate         string `json:"candidate,omitempty"` // ref; empty: none
	Percent           int    `json:"percent"`             // of the candidate, 0 to 100
	CandidateDisabled bool   `json:"candidateDisabled,omitempty"`
	Enabled           bool   `json:"enabled"` // the environment is on
}

// PutRecord writes r under its key. It can be repeated: a record that is there
// already is success, and stays as it is.
func (b *Bucket) PutRecord(ctx context.Context, r Record) error {
	key, data, err := encodeRecord(r)
	if err != nil {
		return fmt.Errorf("put record: %w", err)
	}
	err = b.backend.Create(ctx, key, data, CreateOptions{ContentType: jsonType})
	if err != nil && !errors.Is(err, ErrExists) {
		return fmt.Errorf("put record: %w", err)
	}
	return nil
}

// Record reads the record under a key that RecordKeys returned. ErrCorrupt: its
// JSON is broken, or says something else than its key. A record of an unknown
// schema is an error that names it.
func (b *Bucket) Record(ctx context.Context, key RecordKey) (Record, error) {
	data, err := b.backend.Get(ctx, key.Key, MaxBlob)
	if err != nil {
		return Record{}, fmt.Errorf("get record: %w", err)
	}
	r, err := decodeRecord(data, key.Key)
	if err != nil {
		return Record{}, fmt.Errorf("get record: %s: %w", key.Key, err)
	}
	return r, nil
}

func encodeRecord(r Record) (key string, data []byte, err error) {
	r.Time = r.Time.UTC().Round(0)
	if r.Schema == 0 {
		r.Schema = RecordSchema
	}
	if r.Schema != RecordSchema {
		return "", nil, fmt.Errorf("schema %d: this is a writer of schema %d", r.Schema, RecordSchema)
	}
	if key, err = recordKey(r); err != nil {
		return "", nil, err
	}
	data, err = encodeJSON(key, r)
	return key, data, err
}

// decodeRecord is lenient about members it does not know.
func decodeRecord(data []byte, key string) (Record, error) {
	var head struct {
		Schema int `json:"promptflagRecord"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if head.Schema != RecordSchema {
		return Record{}, fmt.Errorf("schema %d is unknown, this reader knows %d: use a newer promptflag", head.Schema, RecordSchema)
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if own, err := recordKey(r); err != nil || own != key {
		return Record{}, fmt.Errorf("%w: the record does not belong to this key", ErrCorrupt)
	}
	return r, nil
}
