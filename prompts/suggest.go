package prompts

import "strings"

// didYouMean is a hint with a word, or "" without one.
func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "did you mean " + word + "?"
}

// Suggest is a hint with the candidate that was probably meant by word, or "".
func Suggest(word string, candidates []string) string {
	return didYouMean(nearest(word, candidates))
}

// nearest is the candidate that was probably meant by word, or "". Of very many
// candidates only the first are looked at.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 3
	folded := fold(word)
	for _, c := range candidates[:min(len(candidates), 500)] {
		if folded == fold(c) {
			return c
		}
		if d := distance(word, c); d < bestDistance && d <= len(c)/2 {
			best, bestDistance = c, d
		}
	}
	return best
}

// fold makes maxTokens, MAX_TOKENS and max-tokens the same word.
func fold(word string) string {
	return strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(word, "_", ""), "-", ""))
}

// distance is the Levenshtein distance, or a large number for words too long to
// be a slip of the other.
func distance(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
