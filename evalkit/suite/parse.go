package suite

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/evalkit/assert"
	"github.com/promptflag/promptflag/prompts"
)

// readSuite reads everything but the cases.
func (l *loader) readSuite(t table) *Suite {
	t.known(map[string]string{
		"case":        "inline cases are [[tests]], files of them are cases = [\"…\"]",
		"test":        "inline cases are [[tests]]",
		"defaultTest": "write [defaults]",
		"assert":      "write [[defaults.assert]]",
		"model":       "the model is that of the prompt, or of the run; that of a judge is in [judge]",
		"providers":   "the model is that of the prompt, or of the run",
		"prompts":     "a suite is of one prompt, whose file stands beside it",
		"threshold":   "write it in [defaults], or what the whole has to reach in [gate.pass_rate]",
	}, "description", "prompt", "cases", "repeat", "max_repeat", "judge", "embeddings", "defaults", "tests", "gate", "budget")
	s := &Suite{File: t.file, Prompt: PromptOf(l.root, t.file), Description: t.text("description"), Repeat: 1}
	if name := t.text("prompt"); name != "" && name != s.Prompt {
		t.add("prompt", "a suite stands beside its prompt and has its name: rename the file, or leave prompt out", "prompt is %q, and the file is of %q", short(name), s.Prompt)
	}
	if err := prompts.ValidName(s.Prompt); err != nil {
		t.findings.add(spot{t.file, 0, 0}.Finding(nil, "a suite has the name of its prompt's file", "%s", err))
	}
	if n := t.integer("repeat", 1, maxRepeats); n != nil {
		s.Repeat = *n
	}
	s.MaxRepeat = s.Repeat
	if n := t.integer("max_repeat", 1, maxRepeats); n != nil {
		l.maxRepeat, s.MaxRepeat = *n, *n
		if *n < s.Repeat {
			t.add("max_repeat", "", "max_repeat is %d, less than repeat, which is %d", *n, s.Repeat)
		}
	}
	s.Judging = readJudge(t)
	if e, ok := t.table("embeddings"); ok {
		e.known(nil, "model")
		s.Embeddings = e.text("model")
		if !e.has("model") {
			e.addHere("write model = \"…\"", "embeddings have no model")
		}
	}
	l.repeat = s.Repeat
	l.judge, l.embedder, l.asks = t.has("judge"), t.has("embeddings"), asking(assert.Kinds())
	s.Hash = s.hash(l.readDefaults(t))
	s.Gate, s.Budget = readGate(t), readBudget(t)
	return s
}

func readJudge(file table) assert.Judging {
	t, ok := file.table("judge")
	if !ok {
		return assert.Judging{}
	}
	t.known(nil, "model", "votes", "parameters")
	j := assert.Judging{Model: t.text("model")}
	if !t.has("model") {
		t.addHere("write model = \"…\"", "judge has no model")
	}
	if n := t.integer("votes", 1, maxVotes); n != nil {
		if j.Votes = *n; *n%2 == 0 {
			t.add("votes", "write an odd number", "votes is %d: the votes could be equal", *n)
		}
	}
	parameters, _ := t.table("parameters")
	j.Parameters = parameters.m
	return j
}

// maxVotes bounds what one judgement costs.
const maxVotes = 99

// readDefaults reads [defaults], and returns them for hashing.
func (l *loader) readDefaults(file table) map[string]any {
	t, ok := file.table("defaults")
	if !ok {
		return nil
	}
	t.known(map[string]string{
		"repeat":     "write it at the top of the file",
		"max_repeat": "write it at the top of the file",
		"id":         "ids are of single cases",
		"cluster":    "clusters are of single cases",
	}, "vars", "tags", "metadata", "threshold", "assert")
	vars, _ := t.table("vars")
	metadata, _ := t.table("metadata")
	l.vars, l.metadata, l.tags = vars.m, metadata.m, t.words("tags")
	l.threshold = t.number("threshold", "0 to 1", share)
	before := l.total
	p := &pass{findings: l.findings, shared: &l.shared, cache: &l.cache}
	asserts, canonical := p.assertions(t)
	l.asserts, l.doubtful = asserts, l.total > before
	return writtenMembers(t, canonical)
}

// caseFiles are the files that the suite names, or those beside it.
func (l *loader) caseFiles(t table) []caseFile {
	var names []string
	var at [][]string
	switch v := t.m["cases"].(type) {
	case string:
		names, at = []string{v}, [][]string{{"cases"}}
	case []any:
		for i, e := range v {
			key := []string{"cases", strconv.Itoa(i)}
			if name, ok := e.(string); ok {
				names, at = append(names, name), append(at, key)
			} else {
				t.addAt(key, "", "cases: want names of files, got %s", kindOf(e))
			}
		}
	default:
		if t.has("cases") {
			t.add("cases", "inline cases are [[tests]]", "cases: want the name of a file, or a list of them, got %s", kindOf(v))
			return nil
		}
		return l.beside(t.file)
	}
	var out []caseFile
	for i, name := range names {
		file := path.Join(path.Dir(t.file), name)
		switch {
		case !validReference(name, file):
			t.addAt(at[i], "write it relative to the folder of this file, with '/'", "cases: %q is not a file of the repository", short(name))
		case !slices.Contains([]string{".jsonl", ".csv"}, path.Ext(name)):
			t.addAt(at[i], "cases are in .cases.jsonl or .cases.csv", "cases: %q is neither JSONL nor CSV", short(name))
		case slices.ContainsFunc(out, func(f caseFile) bool { return f.name == file }):
			t.addAt(at[i], "", "cases: %q is there twice", short(name))
		default:
			out = append(out, caseFile{name: file, at: at[i]})
		}
	}
	return out
}

// beside are the files that a suite has without naming them.
func (l *loader) beside(file string) []caseFile {
	var out []caseFile
	for _, ext := range []string{".cases.jsonl", ".cases.csv"} {
		name := strings.TrimSuffix(file, Extension) + ext
		if _, err := fs.Stat(l.fsys, name); !errors.Is(err, fs.ErrNotExist) {
			out = append(out, caseFile{name: name})
		}
	}
	return out
}

// validReference says whether name, which joined is file, stays in the repository
// on every system.
func validReference(name, file string) bool {
	return fs.ValidPath(file) && !path.IsAbs(name) && !strings.ContainsAny(name, "\\:\x00") && !slices.Contains(strings.Split(name, "/"), "")
}
