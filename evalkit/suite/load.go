package suite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/prompts"
)

// maxSuite bounds a suite without its files of cases, in bytes.
const maxSuite = 1 << 20

// Find lists the suites below root, a folder of fsys: the files *.eval.toml,
// passing over what prompts.Load passes over; sorted.
func Find(fsys fs.FS, root string) ([]string, error) {
	var out []string
	err := fs.WalkDir(fsys, root, func(file string, d fs.DirEntry, err error) error {
		base := path.Base(file)
		hidden := file != root && (base[0] == '_' || base[0] == '.')
		switch {
		case err != nil:
			return err
		case d.IsDir() && hidden:
			return fs.SkipDir
		case !d.IsDir() && !hidden && strings.HasSuffix(base, Extension):
			out = append(out, file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for suites: %w", err)
	}
	slices.Sort(out)
	return out, nil
}

// Load reads and checks the suite in file, and every case of it. Both are paths
// in fsys: root is the folder of the prompts, and file is below it. What cases
// refer to may be anywhere in fsys.
//
// The error is prompts.Findings with everything that is wrong, each at its file
// and line, in JSONL and CSV too; or what fsys says.
func Load(fsys fs.FS, root, file string) (*Suite, error) {
	if !fs.ValidPath(root) || !fs.ValidPath(file) || PromptOf(root, file) == "" {
		return nil, fmt.Errorf("load suite %q: not a file *%s below %q", short(file), Extension, short(root))
	}
	src, err := read(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("load suite: %w", err)
	}
	doc, err := prompts.ReadDocument(file, src)
	if err != nil {
		return nil, err
	}
	l := &loader{fsys: fsys, root: root, findings: &findings{}}
	s := l.readSuite(table{findings: l.findings, place: doc, file: file, m: doc.Values})
	if err := l.readCases(s, doc); err != nil {
		return nil, fmt.Errorf("load suite %s: %w", file, err)
	}
	if err := l.findings.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// read is a file of at most maxSuite bytes, or one more.
func read(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSuite+1))
}

// loader reads one suite.
type loader struct {
	fsys fs.FS
	root string
	*findings
	shared
	cache cache
}

// readCases reads all cases once, and keeps of them what tells one from another.
func (l *loader) readCases(s *Suite, doc *prompts.Document) error {
	file := table{findings: l.findings, place: doc, file: s.File, m: doc.Values}
	before := l.total
	src := &source{fsys: l.fsys, shared: l.shared, doc: doc, file: s.File, files: l.caseFiles(file)}
	all := &ids{}
	y := tally{seen: map[[16]byte]spot{}, tags: map[string]bool{}, metrics: map[string]bool{}, models: map[string]bool{}, weighted: map[string]bool{}}
	p := &pass{findings: l.findings, shared: &src.shared, ids: all, cache: &l.cache, each: y.add}
	p.inline(src)
	for i := range src.files {
		f := &src.files[i]
		sum, err := p.read(l.fsys, f.name)
		if errors.Is(err, fs.ErrNotExist) {
			file.addAt(f.at, "create it, or mend the path", "cases: %s does not exist", f.name)
		} else if err != nil {
			return err
		}
		f.sum = sum
	}
	src.ids = all.repeated()
	s.source = src
	s.Cases, s.Dataset = len(y.cases), y.cases.hash()
	s.Tags = slices.Sorted(maps.Keys(y.tags))
	s.Metrics = slices.Sorted(maps.Keys(y.metrics))
	for _, model := range []string{s.Judging.Model, s.Embeddings} {
		if model != "" {
			y.models[model] = true
		}
	}
	s.Models = slices.Sorted(maps.Keys(y.models))
	if l.total > before || l.doubtful {
		return nil // what is missing may be in what could not be read
	}
	if s.Cases == 0 {
		file.findings.add(spot{file: s.File}.Finding(nil,
			"write [[tests]], or "+path.Base(strings.TrimSuffix(s.File, Extension))+".cases.jsonl beside this file", "suite has no cases"))
		return nil
	}
	s.asks(file, y.weighted)
	return nil
}

// asks reports what the gate asks for and no case can give.
func (s *Suite) asks(file table, weighted map[string]bool) {
	if s.Gate.Metrics == nil && s.Gate.Tags == nil {
		return
	}
	gate, _ := file.table("gate")
	for _, g := range []struct {
		key, what, hint string
		bounds          map[string]Bound
		have            []string
	}{
		{"metrics", "no assertion has the metric", "write metric = \"…\" with assertions, or take it out here", s.Gate.Metrics, s.Metrics},
		{"tags", "no case has the tag", "write it with cases, or take it out here", s.Gate.Tags, s.Tags},
	} {
		for _, name := range slices.Sorted(maps.Keys(g.bounds)) {
			if slices.Contains(g.have, name) {
				if g.key == "metrics" && !weighted[name] {
					gate.addAt([]string{g.key, name}, "give one of its assertions a weight, or take it out here",
						"the metric %q only measures, for its assertions have weight 0: nothing would be decided", short(name))
				}
				continue
			}
			hint := prompts.Suggest(name, g.have)
			if hint == "" {
				hint = g.hint
			}
			gate.addAt([]string{g.key, name}, hint, "%s %q: nothing would be decided", g.what, short(name))
		}
	}
}

// tally is what one pass over the cases leaves.
type tally struct {
	seen          map[[16]byte]spot // by the hash of the id, for ids may be long and many
	cases         dataset
	tags, metrics map[string]bool
	models        map[string]bool
	weighted      map[string]bool // metrics that have a weight somewhere
}

func (y *tally) add(c *Case, r record, t table) bool {
	sum := sha256.Sum256([]byte(c.ID))
	key := [16]byte(sum[:16])
	if other, twice := y.seen[key]; twice {
		where := "id"
		if !r.named {
			where = "vars"
		}
		t.add(where, "give each case an id of its own", "case %q is there already, at %s", c.ID, other)
		return true
	}
	y.seen[key] = spot{file: t.file, line: c.Line}
	y.cases.add(r)
	for _, tag := range c.Tags {
		y.tags[tag] = true
	}
	for _, a := range c.Assert {
		metrics(y.metrics, y.weighted, a, false)
		for _, model := range a.Judges() {
			y.models[model] = true
		}
	}
	return true
}
