package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Places in a bucket whose objects are kept for ever.
const (
	recordPrefix      = "releases/"
	evalPrefix        = "evals/sha256/"
	attestationPrefix = "attestations/sha256/"
	tombstonePrefix   = "tombstones/sha256/"
)

// Places in a bucket whose objects may be removed one day.
const (
	BlobObjects     = "blobs/sha256/"
	RecordedObjects = "recorded/"
	PullObjects     = "pr/"
	LeaseObjects    = "leases/"
)

func removable() []string {
	return []string{BlobObjects, RecordedObjects, PullObjects, LeaseObjects}
}

const jsonType = "application/json"

// encodeJSON returns what a bucket holds of v under key.
func encodeJSON(key string, v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if buf.Len() > MaxBlob {
		return nil, fmt.Errorf("%s: %d bytes, limit %d: %w", key, buf.Len(), MaxBlob, ErrTooLarge)
	}
	return buf.Bytes(), nil
}
