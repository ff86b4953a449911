package suite

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/prompts"
)

// canonical is v as RFC 8785 JSON. All numbers were found to fit into a float64.
func canonical(v any) []byte {
	text, err := prompts.Canonical(v)
	if err != nil {
		return fmt.Appendf(nil, "%T: %s", v, err) // no value that TOML or JSON can carry
	}
	return text
}

// ids makes the ids of cases that have none.
type ids struct {
	// only are the hashes that occur more than once; nil means that they are not
	// known yet, and all are counted.
	only  map[uint64]bool
	count map[uint64]int
}

// of is the id of a case without one.
func (i *ids) of(vars map[string]any) string {
	if vars == nil {
		vars = map[string]any{}
	}
	sum := sha256.Sum256(canonical(vars))
	id := hex.EncodeToString(sum[:6])
	key := binary.BigEndian.Uint64(sum[:8]) >> 16
	if i.only != nil && !i.only[key] {
		return id
	}
	if i.count == nil {
		i.count = map[uint64]int{}
	}
	i.count[key]++
	if n := i.count[key]; n > 1 {
		return fmt.Sprintf("%s-%d", id, n)
	}
	return id
}

// repeated are the hashes that were there more than once.
func (i *ids) repeated() map[uint64]bool {
	out := map[uint64]bool{}
	for key, n := range i.count {
		if n > 1 {
			out[key] = true
		}
	}
	return out
}

// writtenMembers are what a case says of itself. A member that a later version
// knows changes no hash of cases that do not have it.
func writtenMembers(t table, asserts []any) map[string]any {
	out := map[string]any{}
	for _, key := range []string{"id", "description", "vars", "tags", "cluster", "repeat", "threshold", "metadata"} {
		if t.has(key) {
			out[key] = t.m[key]
		}
	}
	if len(asserts) > 0 {
		out["assert"] = asserts
	}
	return out
}

// dataset collects the hashes of cases. Their order, and how they are spread over
// files, does not matter: the same cases are asked.
type dataset [][sha256.Size]byte

func (d *dataset) add(r record) { *d = append(*d, sha256.Sum256(canonical(r.members))) }

// hash is the SHA-256 of all hashes, sorted, one after the other.
func (d dataset) hash() string {
	slices.SortFunc(d, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, sum := range d {
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hash names the suite without cases, gate, budget and description. What is not
// written, or says what holds anyway, is left out.
func (s *Suite) hash(defaults map[string]any) string {
	m := map[string]any{"prompt": s.Prompt}
	if s.Repeat != 1 {
		m["repeat"] = s.Repeat
	}
	if s.Judging.Model != "" {
		judge := map[string]any{"model": s.Judging.Model}
		if s.Judging.Votes > 1 {
			judge["votes"] = s.Judging.Votes
		}
		if len(s.Judging.Parameters) > 0 {
			judge["parameters"] = s.Judging.Parameters
		}
		m["judge"] = judge
	}
	if s.Embeddings != "" {
		m["embeddings"] = s.Embeddings
	}
	if len(defaults) > 0 {
		m["defaults"] = defaults
	}
	sum := sha256.Sum256(canonical(m))
	return hex.EncodeToString(sum[:])
}
