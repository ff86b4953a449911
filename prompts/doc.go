// Package prompts says what a prompt is: it parses, validates, canonicalises,
// names and renders prompts.
package prompts
