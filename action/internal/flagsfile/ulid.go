package flagsfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"strings"
	"time"
)

// The ids of a server are ULIDs: 48 bits of milliseconds and 80 random bits,
// written as 26 characters whose text order is the order in time.
const (
	ulidLen      = 26
	ulidAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// newULID returns an id above every id in the list. The time decides while
// clocks agree. Behind an id from the future, or in the same millisecond, it is
// a random step above the highest one: never an id that was used and deleted.
func newULID(now time.Time, random io.Reader, ids iter.Seq[string]) (string, error) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("random bytes of an id: %w", err)
	}
	next := new(big.Int).SetBytes(b[:])
	if highest, ok := highestULID(ids); ok && next.Cmp(highest) <= 0 {
		step := new(big.Int).SetBytes(b[12:]) // up to 2^32, of the random bits
		next.Add(highest, step.Add(step, big.NewInt(1)))
	}
	if next.BitLen() > 128 {
		return "", errors.New("an id in the document leaves no room for a higher one")
	}
	return formatULID(next), nil
}

func formatULID(n *big.Int) string {
	var out [ulidLen]byte
	rest, digit, base := new(big.Int).Set(n), new(big.Int), big.NewInt(32)
	for i := ulidLen - 1; i >= 0; i-- {
		rest.DivMod(rest, base, digit)
		out[i] = ulidAlphabet[digit.Int64()]
	}
	return string(out[:])
}

// highestULID looks at ids only; those that a person made up are none.
func highestULID(ids iter.Seq[string]) (*big.Int, bool) {
	highest := ""
	for id := range ids {
		if isULID(id) {
			highest = max(highest, id)
		}
	}
	n := new(big.Int)
	for i := range len(highest) {
		digit := strings.IndexByte(ulidAlphabet, highest[i])
		n.Lsh(n, 5).Or(n, big.NewInt(int64(digit)))
	}
	return n, highest != ""
}

func isULID(id string) bool {
	return len(id) == ulidLen && id[0] <= '7' && strings.Trim(id, ulidAlphabet) == ""
}
