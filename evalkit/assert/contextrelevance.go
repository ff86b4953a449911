package assert

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func contextRelevanceKind() kind {
	return kind{name: "context-relevance", summary: "The share of the variable context that is needed to answer the variable query is at least threshold (0.5 when not written). The output is not looked at.",
		threshold: scoreLimit, asks: judge, make: makeContextRelevance}
}

func makeContextRelevance(w *written) checker {
	w.noValue()
	w.noOwnQuestion()
	return contextRelevance{w.jury(), w.aboveZero(contextThreshold)}
}

// contextRelevance is needed units / units of the context, as promptfoo has it
// after Ragas (https://arxiv.org/abs/2309.15217, section 3, context relevance).
// Units are the texts of a list, the lines of a text that has several, or else
// its sentences. They are numbered here and the judge answers with numbers, so
// that nothing is to be found again in what it copied.
type contextRelevance struct {
	jury
	threshold float64
}

func (c contextRelevance) check(ctx context.Context, in Input, s Services) (Result, error) {
	chunks, query, err := askedOf(in.Vars)
	if err != nil {
		return Result{}, err
	}
	if _, isText := in.Vars["context"].(string); isText {
		chunks = units(chunks[0])
	}
	if len(chunks) > maxItems {
		return Result{}, fmt.Errorf("variable %q has %d parts, more than %d", "context", len(chunks), maxItems)
	}
	f := newFrame(append([]string{query}, chunks...)...)
	user := f.block("query", query)
	for i, chunk := range chunks {
		user += f.block("part-"+index(i+1), chunk)
	}
	q := question{
		system: f.rules() + "\nTask: a context in numbered parts was found for the query. Choose the parts without which the query cannot be answered from the context, and no others. " +
			"Choose none when the context does not answer it.\n\n" +
			"Answer with one JSON object and nothing else. Its member: needed (a list of the numbers of the parts; empty when none is needed).\n",
		user:   user + "Choose the needed parts now.",
		schema: objectSchema(map[string]any{"needed": listSchema("numbers of the needed parts, the first is 1", member("integer", "number of a part"))}),
	}
	return c.poll(ctx, in, s, func(ctx context.Context, b ballot) (vote, error) {
		a, err := b.ask(ctx, q)
		if err != nil {
			return vote{}, err
		}
		needed := a.indexes("needed", len(chunks))
		share := float64(len(needed)) / float64(len(chunks))
		reason := fmt.Sprintf("%s; %d of %d parts are needed", scored("context relevance", share, c.threshold).Reason, len(needed), len(chunks))
		return byScore(share, c.threshold, reason), a.close()
	})
}

// units divides a text into its lines, or when there is only one into sentences.
func units(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 {
		return lines
	}
	return sentences(lines[0])
}

// sentences divides a line after '.', '!' and '?' before a blank, and after their
// full-width forms.
func sentences(line string) (out []string) {
	start := 0
	add := func(end int) {
		if s := strings.TrimSpace(line[start:end]); s != "" {
			out = append(out, s)
		}
		start = end
	}
	for i, r := range line {
		end := i + utf8.RuneLen(r)
		switch r {
		case '.', '!', '?':
			if next, size := utf8.DecodeRuneInString(line[end:]); size > 0 && unicode.IsSpace(next) {
				add(end)
			}
		case '。', '！', '？':
			add(end)
		}
	}
	add(len(line))
	return out
}
