package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	recordMajor = 1
	// maxRecord bounds a recorded response, in bytes.
	maxRecord = 32 << 20
)

// ErrBadRecord is in the error of a record that cannot be believed. It is never
// used; remove it, or replace it with mode Refresh.
var ErrBadRecord = errors.New("recorded response cannot be used")

// kinds of requests.
const (
	kindChat       = "chat"
	kindEmbeddings = "embeddings"
)

// record is the file of a recorded response.
type record[Q keyed, A any] struct {
	Major    int    `json:"promptflagRecorded"`
	Key      string `json:"key"`
	Family   string `json:"family"`
	Kind     string `json:"kind"`
	Request  Q      `json:"request"`
	Response A      `json:"response"`
	At       string `json:"recordedAt"` // RFC 3339
}

// keyed is a request that knows its name.
type keyed interface {
	Key(family string) (string, error)
}

// writeRecord makes the bytes of a record, and sees to it that readRecord takes them.
func writeRecord[Q keyed, A any](key, family, kind string, request Q, response A, at time.Time) ([]byte, error) {
	data, err := encode(record[Q, A]{recordMajor, key, family, kind, request, response, at.UTC().Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	if kind == kindChat { // for people who read it in a review; vectors are no reading
		var b bytes.Buffer
		if err := json.Indent(&b, data, "", "  "); err != nil {
			return nil, err
		}
		data = b.Bytes()
	}
	data = append(data, '\n')
	_, err = readRecord[Q, A](data, key, family, kind)
	return data, err
}

// readRecord returns the response of the record called key. The key is
// computed again from the request in it.
func readRecord[Q keyed, A any](data []byte, key, family, kind string) (response A, err error) {
	bad := func(format string, args ...any) (A, error) {
		var none A
		return none, fmt.Errorf("record %s: %w: %w", key, ErrBadRecord, fmt.Errorf(format, args...))
	}
	if len(data) > maxRecord {
		return bad("it is larger than %d bytes", maxRecord)
	}
	var head struct {
		Major  int    `json:"promptflagRecorded"`
		Key    string `json:"key"`
		Family string `json:"family"`
		Kind   string `json:"kind"`
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil: // its words may be the model's
		return bad("it is not the JSON of a record")
	case head.Major > recordMajor:
		return bad("a newer program wrote it")
	case head.Major != recordMajor:
		return bad("it says nothing of promptflagRecorded")
	case head.Key != key || head.Family != family || head.Kind != kind:
		return bad("it is that of another request")
	}
	var r record[Q, A]
	if json.Unmarshal(data, &r) != nil {
		return bad("it is not the JSON of a record")
	}
	is, err := r.Request.Key(family)
	if err != nil || is != key {
		return bad("the request in it is another one: it was changed after it was recorded")
	}
	return r.Response, nil
}
