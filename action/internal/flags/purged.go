package flags

import (
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// MaxPurged is how many purged digests a flag names, the latest: it is part of
// every feed. Services that were told keep the older ones in mind by themselves.
const MaxPurged = 32

// Purged reads the digests that the strategies of a flag name as purged, each
// once, in the order in which they were purged. What is no digest is left out.
func Purged(strategies []Strategy) []prompts.Digest {
	var all []prompts.Digest
	for _, s := range strategies {
		for word := range strings.SplitSeq(s.Parameters[ParamPurged], ",") {
			d, err := prompts.ParseDigest(strings.TrimSpace(word))
			if err == nil && !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}

// PurgedText is the value of ParamPurged for these digests, of which the last
// MaxPurged count.
func PurgedText(digests []prompts.Digest) string {
	digests = digests[max(0, len(digests)-MaxPurged):]
	words := make([]string, len(digests))
	for i, d := range digests {
		words[i] = string(d)
	}
	return strings.Join(words, ",")
}
