package prompts

import (
	"fmt"
	"regexp"
)

// family is a group of models that refuse the same parameters, by the public
// documentation of their vendors in November 2026. A model that is in none is
// not judged.
type family struct {
	name    string
	model   *regexp.Regexp    // matches the model as written, with or without a vendor before it
	refuses map[string]string // hint by parameter
}

var families = []family{
	{
		name:  "OpenAI's reasoning models",
		model: regexp.MustCompile(`(^|[/:.])(o[134](-|$)|gpt-5(-mini|-nano|-pro|-codex)?(-20\d\d|$))`),
		refuses: map[string]string{
			"max_tokens": "write max_completion_tokens", "temperature": "remove it", "top_p": "remove it", "top_k": "remove it",
			"presence_penalty": "remove it", "frequency_penalty": "remove it",
			"logprobs": "remove it", "top_logprobs": "remove it", "logit_bias": "remove it",
		},
	},
	{
		name:    "OpenAI's chat models",
		model:   regexp.MustCompile(`(^|[/:.])(gpt-[345]|chatgpt-)`),
		refuses: map[string]string{"top_k": "remove it"},
	},
	{
		name:  "Claude models",
		model: regexp.MustCompile(`(^|[/:.])claude-`),
		refuses: map[string]string{
			"max_completion_tokens": "write max_tokens", "presence_penalty": "remove it", "frequency_penalty": "remove it",
			"logprobs": "remove it", "top_logprobs": "remove it", "logit_bias": "remove it", "n": "remove it", "seed": "remove it",
		},
	},
	{
		name:    "Gemini models",
		model:   regexp.MustCompile(`(^|[/:.])gemini-`),
		refuses: map[string]string{"logit_bias": "remove it", "verbosity": "remove it"},
	},
}

// suits reports parameters that the family of a model does not take.
func (t table) suits(v any) {
	model, _ := v.(string)
	for _, f := range families {
		if !f.model.MatchString(model) {
			continue
		}
		for _, key := range t.keys() {
			if hint, refused := f.refuses[key]; refused {
				t.add(ruleFamily, t.n.child(key).pos(), hint, "%s do not take %s", f.name, key)
			}
		}
		if v, ok := asFloat(t.m["temperature"]); ok && v > 1 && f.name == "Claude models" {
			t.add(ruleFamily, t.n.child("temperature").value(), "", "%s take a temperature of at most 1, not %s", f.name, fmt.Sprint(v))
		}
		return
	}
}
