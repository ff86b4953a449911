package assert

import (
	"context"
	"strings"
)

// nearest is the candidate that was probably meant by word, or "".
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 3
	for _, c := range candidates {
		if fold(word) == fold(c) {
			return c
		}
		if len(word) > len(c)+2 || len(c) > len(word)+2 {
			continue
		}
		d, _ := distance(context.Background(), []rune(word), []rune(c)) // only a context can make an error
		if d < bestDistance && d <= len(c)/2 {
			best, bestDistance = c, d
		}
	}
	return best
}

// fold makes rougeN, rouge_n and rouge-n the same word.
func fold(word string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(word))
}

// unsupported says what to use instead of a type that promptfoo has and this
// package has not.
func unsupported(name string) (hint string, ok bool) {
	switch name {
	case "javascript", "python", "ruby":
		return `assertions run no code: use type = "expr", as in value = "len(output) < 200 && json.total > 0"`, true
	case "webhook":
		return `assertions call nobody but models: use type = "expr", or check the outputs that a run reports`, true
	case "is-sql", "contains-sql":
		return `use type = "regex", or type = "llm-rubric"`, true
	case "meteor":
		return `use type = "rouge-n", "bleu" or "gleu"`, true
	case "moderation", "classifier", "guardrails":
		return `use type = "llm-rubric" or "is-refusal"; type = "finish-reason" with value = "content_filter" sees what the endpoint filtered`, true
	case "pi", "agent-rubric", "search-rubric", "conversation-relevance":
		return `use type = "llm-rubric"`, true
	case "similar:cosine":
		return `write type = "similar", which is by cosine`, true
	case "similar:dot", "similar:euclidean":
		return `use type = "similar", which is by cosine`, true
	case "select-best", "max-score":
		return "a case has one output for each version: versions are compared by their scores", true
	case "human":
		return "nobody is there to ask during a run", true
	case "skill-used":
		return `use type = "tool-call-f1", or type = "expr" over tool_calls`, true
	case "rouge-l", "rouge-s":
		return `use type = "rouge-n"`, true
	}
	switch {
	case strings.HasPrefix(name, "trajectory:"), strings.HasPrefix(name, "trace-"):
		return `traces are not read: use type = "tool-call-f1", or type = "expr" over tool_calls`, true
	case strings.HasPrefix(name, "promptfoo:redteam:"):
		return `use type = "llm-rubric"`, true
	}
	return "", false
}
