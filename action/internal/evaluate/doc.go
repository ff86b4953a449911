// Package evaluate runs the suites of a prompts repository: it finds them, says
// which versions they are compared with, where answers of models are recorded,
// and what the verdict means for publishing and promoting.
package evaluate
