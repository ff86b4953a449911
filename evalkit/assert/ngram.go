package assert

import (
	"context"
	"math"
	"regexp"
	"strings"
	"unicode"
)

func overlapKinds() []kind {
	return []kind{
		{name: "rouge-n", summary: "ROUGE-1: the F1 of the words that output and reference share reaches the threshold (0.75 when not written).",
			value: "the reference text", threshold: scoreLimit, make: makeOverlap("ROUGE-N", .75, false, rouge)},
		{name: "bleu", summary: "BLEU-4 with brevity penalty reaches the threshold (0.5 when not written); the best of several references counts.",
			value: "the reference text, or a list of them", threshold: scoreLimit, make: makeOverlap("BLEU", .5, true, bleu)},
		{name: "gleu", summary: "GLEU, the lesser of precision and recall of 1- to 4-grams, reaches the threshold (0.5 when not written).",
			value: "the reference text, or a list of them", threshold: scoreLimit, make: makeOverlap("GLEU", .5, true, gleu)},
	}
}

// maxWords bounds the texts that are compared.
const maxWords = 200_000

func makeOverlap(label string, threshold float64, several bool, score func(output string, references []string) float64) func(*written) checker {
	return func(w *written) checker {
		if _, isList := w.value.([]any); isList && !several {
			w.problem(valuePath(), "write one text", "%s takes one reference", w.kind)
			return nil
		}
		if t := w.textsValue(false); t != nil {
			return overlap{label, t, w.orDefault(threshold), score}
		}
		return nil
	}
}

type overlap struct {
	label     string
	want      *texts
	threshold float64
	score     func(output string, references []string) float64
}

func (c overlap) check(_ context.Context, in Input, _ Services) (Result, error) {
	want, err := c.want.render(in.Vars)
	if err != nil {
		return Result{}, err
	}
	return scored(c.label, min(max(c.score(in.Output.Text, want), 0), 1), c.threshold), nil
}

// ngrams counts the runs of n words.
func ngrams(words []string, n int) map[string]int {
	out := make(map[string]int, max(len(words)-n+1, 0))
	for i := 0; i+n <= len(words); i++ {
		out[strings.Join(words[i:i+n], " ")]++
	}
	return out
}

// shared counts the n-grams of a that b has too, each at most as often as b has it.
func shared(a, b map[string]int) (sum int) {
	for gram, n := range a {
		sum += min(n, b[gram])
	}
	return sum
}

func firstWords(words []string) []string { return words[:min(len(words), maxWords)] }

// bleu is Papineni et al. 2002 up to 4-grams, in lower case, words between
// blanks. Orders that the output is too short for are left out; a precision of 0
// counts as 1e-7, as promptfoo has it.
func bleu(output string, references []string) float64 {
	words := firstWords(strings.Fields(strings.ToLower(output)))
	if len(words) == 0 {
		return 0
	}
	var lists [][]string
	closest := 0
	for i, r := range references {
		list := firstWords(strings.Fields(strings.ToLower(r)))
		lists = append(lists, list)
		near, far := abs(len(list)-len(words)), abs(closest-len(words))
		if i == 0 || near < far || near == far && len(list) < closest {
			closest = len(list)
		}
	}
	orders, sum := 0, 0.0
	for n := 1; n <= 4 && n <= len(words); n++ {
		grams, best := ngrams(words, n), 0
		for _, list := range lists {
			best = max(best, shared(grams, ngrams(list, n)))
		}
		precision := float64(best) / float64(len(words)-n+1)
		if best == 0 {
			precision = 1e-7
		}
		orders++
		sum += math.Log(precision)
	}
	brevity := 1.0
	if len(words) <= closest {
		brevity = math.Exp(1 - float64(closest)/float64(len(words)))
	}
	return brevity * math.Exp(sum/float64(orders))
}

func abs(n int) int { return max(n, -n) }

// gleu is Wu et al. 2016 (arXiv 1609.08144, section 7.1): in lower case, without
// full stops at the ends of words; the best of the references.
func gleu(output string, references []string) (best float64) {
	words := gleuWords(output)
	for _, r := range references {
		reference := gleuWords(r)
		matches, ours, theirs := 0, 0, 0
		for n := 1; n <= 4; n++ {
			matches += shared(ngrams(words, n), ngrams(reference, n))
			ours += max(len(words)-n+1, 0)
			theirs += max(len(reference)-n+1, 0)
		}
		if longest := max(ours, theirs); ours > 0 && theirs > 0 {
			best = max(best, float64(matches)/float64(longest))
		}
	}
	return best
}

func gleuWords(s string) []string {
	words := firstWords(strings.Fields(strings.ToLower(s)))
	some := false
	for i := range words {
		words[i] = strings.TrimRight(words[i], ".")
		some = some || words[i] != ""
	}
	if !some {
		return nil
	}
	return words
}

// rouge is ROUGE-1 (Lin 2004) as F1: words of the Penn Treebank, lower case,
// shared ones counted at most as often as both have them.
func rouge(output string, references []string) float64 {
	words, reference := firstWords(treebank(strings.ToLower(output))), firstWords(treebank(strings.ToLower(references[0])))
	matches := shared(ngrams(words, 1), ngrams(reference, 1))
	if matches == 0 {
		return 0
	}
	return 2 * float64(matches) / float64(len(words)+len(reference))
}

// The rules of the Penn Treebank's tokenizer (MacIntyre 1995), those that divide.
var (
	treebankMarks  = regexp.MustCompile(`\.\.\.|--|[;@#$%&?!\[\](){}<>]|[:,]`)
	treebankEnds   = regexp.MustCompile(`'([smd]) |('ll|'re|'ve|n't) `)
	treebankQuote  = regexp.MustCompile(`([^'])' `)
	treebankJoined = regexp.MustCompile(`\b(can)(not)\b|\b(d)('ye)\b|\b(gim)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(lem)(me)\b|\b(more)('n)\b|\b(wan)(na) |('t)(is)\b|('t)(was)\b`)
	initialism     = regexp.MustCompile(`\b[a-z]\.[a-z]$`)
)

// treebank divides a text in lower case into words and marks.
func treebank(s string) []string {
	s = strings.Join(strings.Fields(s), " ")
	s = treebankQuotes(s)
	s = replaceIndexed(treebankMarks, s, func(mark, rest string) string {
		if (mark == ":" || mark == ",") && startsWithDigit(rest) {
			return mark
		}
		return " " + mark + " "
	})
	s = " " + treebankStop(s) + " "
	s = treebankQuote.ReplaceAllString(s, "$1 ' ")
	s = treebankEnds.ReplaceAllStringFunc(s, func(m string) string { return " " + m })
	s = treebankJoined.ReplaceAllStringFunc(s, func(m string) string {
		for _, head := range []string{"can", "d'", "gim", "gon", "got", "lem", "more", "wan", "'t"} {
			if strings.HasPrefix(m, head) {
				head = strings.TrimSuffix(head, "'")
				if head == "" || head == "'t" {
					head = "'t"
				}
				return " " + head + " " + strings.TrimPrefix(m, head) + " "
			}
		}
		return m
	})
	return strings.Fields(s)
}

// treebankQuotes makes double quotes words of their own, opening or closing.
func treebankQuotes(s string) string {
	var b strings.Builder
	open, before := false, ' '
	for i, r := range s {
		if r != '"' {
			b.WriteRune(r)
			before = r
			continue
		}
		last := i+1 == len(s)
		if open = !open && !last && (unicode.IsSpace(before) || unicode.IsPunct(before) && !strings.ContainsRune(".!?", before) || before == '<'); open {
			b.WriteString(" `` ")
		} else {
			b.WriteString(" '' ")
		}
		before = r
	}
	return b.String()
}

// treebankStop divides off the full stop at the end of the text, when it ends
// neither an ellipsis nor an initialism.
func treebankStop(s string) string {
	end := strings.TrimRight(s, "])}>' ")
	head, ok := strings.CutSuffix(end, ".")
	if !ok || head == "" || strings.HasSuffix(head, ".") || initialism.MatchString(head) {
		return s
	}
	return head + " ." + s[len(end):] + " "
}

func startsWithDigit(s string) bool {
	for _, r := range s {
		return unicode.IsDigit(r)
	}
	return false
}

// replaceIndexed replaces matches, knowing what follows each.
func replaceIndexed(p *regexp.Regexp, s string, with func(match, rest string) string) string {
	var b strings.Builder
	done := 0
	for _, at := range p.FindAllStringIndex(s, -1) {
		b.WriteString(s[done:at[0]])
		b.WriteString(with(s[at[0]:at[1]], s[at[1]:]))
		done = at[1]
	}
	b.WriteString(s[done:])
	return b.String()
}
