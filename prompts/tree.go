package prompts

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Tree is every prompt below one root.
type Tree struct {
	byName   map[string]*Definition
	broken   []*Definition
	findings Findings
	partials []Partial
	files    []string
}

// Partial is a text that prompts include.
type Partial struct {
	File   string
	UsedBy []string // names of the prompts that include it, also through other partials; sorted
}

// LoadOptions narrow what Load reads and says. Nil is the zero value.
type LoadOptions struct {
	// Names are the only prompts to load. Empty means all, and only then does
	// the tree know its partials.
	Names []string
	// Ignore leaves out findings of rules that can be ignored, when it returns
	// true. It is called by several goroutines. Nil leaves out none.
	Ignore func(Finding) bool
}

// Definitions are the definitions without errors, sorted by the prompt's name.
func (t *Tree) Definitions() []*Definition {
	out := make([]*Definition, 0, len(t.byName))
	for _, name := range slices.Sorted(maps.Keys(t.byName)) {
		out = append(out, t.byName[name])
	}
	return out
}

// Lookup finds a definition by the prompt's name.
func (t *Tree) Lookup(name string) (*Definition, bool) {
	d, ok := t.byName[name]
	return d, ok
}

// Broken are the definitions that are TOML and have errors, sorted by file: what
// could be read of them, and no prompt.
func (t *Tree) Broken() []*Definition { return slices.Clone(t.broken) }

// Findings are all there is to say, warnings and notes included, in file order.
func (t *Tree) Findings() Findings { return slices.Clone(t.findings) }

// Partials are the _name.md files below the root, by file. Those that no prompt
// uses are there too; prompts with errors use none.
func (t *Tree) Partials() []Partial {
	out := slices.Clone(t.partials)
	for i, p := range out {
		out[i].UsedBy = slices.Clone(p.UsedBy)
	}
	return out
}

// Files are all files that were read: definitions, partials, and what they refer
// to, those with errors too; sorted.
func (t *Tree) Files() []string { return slices.Clone(t.files) }

// Load parses every prompt below root, a folder of fsys. A file's name is its
// path below root without .toml and with dots for slashes. Folders, and files
// other than partials, that start with '_' or '.' are passed over, and so are
// *.eval.toml, *.cases.jsonl and files that are not .toml. What prompts refer to
// may be anywhere in fsys.
//
// The error is Findings, those that are errors; the tree holds what was good all
// the same, and all findings.
func Load(fsys fs.FS, root string, options *LoadOptions) (*Tree, error) {
	if options == nil {
		options = &LoadOptions{}
	}
	l := &loader{files: &files{fsys: fsys, root: root, partials: map[string]*partial{}, seen: map[string]bool{}}, options: options,
		names: map[string]string{}, tree: &Tree{byName: map[string]*Definition{}}}
	switch {
	case !fs.ValidPath(root):
		l.add(ruleUnreadable, root, "write it relative to the repository, with '/' and without '..'", "folder is not one of the repository")
	case len(options.Names) > 0:
		l.some(options.Names)
	default:
		l.all()
	}
	return l.finish()
}

type loader struct {
	*files
	options  *LoadOptions
	names    map[string]string // file by prompt name
	found    []string          // files of partials
	work     []job
	tree     *Tree
	findings Findings
}

// job is one definition to read, and what came of it.
type job struct {
	file, name string
	definition *Definition
	findings   Findings
}

func (l *loader) add(rule, file, hint, message string) {
	r, _ := RuleByID(rule)
	l.findings = append(l.findings, Finding{File: file, Rule: rule, Severity: r.Severity, Message: message, Hint: hint})
}

// some reads the prompts of these names, and what they refer to.
func (l *loader) some(names []string) {
	for _, name := range names {
		if err := ValidName(name); err != nil {
			l.add(ruleFileName, fileFor(l.root, name, Extension), "", err.Error())
			continue
		}
		files := candidates(l.fsys, l.root, strings.Split(name, "."), Extension)
		if len(files) == 0 {
			files = []string{fileFor(l.root, name, Extension)} // which is to say that there is none
		}
		for _, file := range files {
			l.definition(file, name)
		}
	}
	for i := range l.work {
		l.parse(&l.work[i])
	}
}

// all walks the folder, reads the partials, and then the definitions on all
// processors.
func (l *loader) all() {
	if err := fs.WalkDir(l.fsys, l.root, l.visit); err != nil {
		l.add(ruleUnreadable, l.root, "", reason(err))
	}
	for _, file := range l.found {
		l.partial(file)
	}
	l.complete = true
	var group sync.WaitGroup
	next := make(chan *job)
	for range min(runtime.GOMAXPROCS(0), len(l.work)) {
		group.Go(func() {
			for j := range next {
				l.parse(j)
			}
		})
	}
	for i := range l.work {
		next <- &l.work[i]
	}
	close(next)
	group.Wait()
}

func (l *loader) visit(file string, d fs.DirEntry, err error) error {
	switch base := path.Base(file); {
	case err != nil:
		l.add(ruleUnreadable, file, "", reason(err))
	case file == l.root:
		if !d.IsDir() {
			l.add(ruleUnreadable, file, "", "not a folder")
		}
	case strings.HasPrefix(base, "_"), strings.HasPrefix(base, "."):
		if d.IsDir() {
			return fs.SkipDir
		}
		if base[0] == '_' && path.Ext(base) == partialExtension {
			l.found = append(l.found, file)
		}
	case d.IsDir(), strings.HasSuffix(base, SuiteExtension):
	case strings.HasSuffix(base, Extension):
		l.definition(file, NameOf(l.root, file, Extension))
	case strings.EqualFold(path.Ext(base), Extension):
		l.add(ruleFileName, file, "rename it to .toml", "extension \""+path.Ext(base)+"\" is not .toml")
	case d.Type()&fs.ModeSymlink != 0:
		if info, err := fs.Stat(l.fsys, file); err != nil || info.IsDir() {
			l.add(ruleUnreadable, file, "put the files themselves here", "a link to a folder is not followed")
		}
	}
	return nil
}

// definition notes down a file to be parsed.
func (l *loader) definition(file, name string) {
	if strings.Contains(path.Base(file), "@") {
		l.add(ruleFileName, file, "take the '@' out of the name", "name@arm.toml is reserved for overlays, which are not supported yet")
		return
	}
	if other, taken := l.names[name]; taken {
		if other != file {
			l.add(ruleFileName, file, "rename one of them", "prompt \""+name+"\" is defined by "+other+" already")
		}
		return
	}
	l.names[name] = file
	l.work = append(l.work, job{file: file, name: name})
}

func (l *loader) parse(j *job) {
	c := &checker{source: &source{file: j.file, lines: []int{0}}, findingList: &findingList{}, files: l.files}
	src, err := l.read(j.file)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "a prompt's name is the path of its file"
		}
		c.addFile(ruleUnreadable, hint, "%s", reason(err))
		j.findings = c.findings
		return
	}
	j.definition, j.findings = c.definition(j.name, src, l.options.Ignore)
	if !c.decoded {
		j.definition = nil
	}
}

// finish puts the tree together.
func (l *loader) finish() (*Tree, error) {
	usedBy := map[string][]string{}
	for _, j := range l.work {
		l.findings = append(l.findings, j.findings...)
		if j.definition == nil {
			continue
		}
		if j.definition.Prompt == nil {
			l.tree.broken = append(l.tree.broken, j.definition)
			continue
		}
		l.tree.byName[j.name] = j.definition
		for _, file := range j.definition.Partials {
			usedBy[file] = append(usedBy[file], j.name)
		}
	}
	for _, f := range l.files.findings {
		rule, _ := RuleByID(f.Rule)
		if !rule.Ignorable || l.options.Ignore == nil || !l.options.Ignore(f) {
			l.findings = append(l.findings, f)
		}
	}
	if l.complete {
		for _, file := range slices.Sorted(maps.Keys(l.partials)) {
			if l.partials[file].state != missing {
				slices.Sort(usedBy[file])
				l.tree.partials = append(l.tree.partials, Partial{file, usedBy[file]})
			}
		}
	}
	slices.SortFunc(l.tree.broken, func(a, b *Definition) int { return strings.Compare(a.File, b.File) })
	l.tree.files = slices.Sorted(maps.Keys(l.seen))
	l.findings.Sort()
	said := map[string]bool{} // a file that several prompts name has its findings once
	l.tree.findings = slices.DeleteFunc(l.findings, func(f Finding) bool {
		text := f.String()
		again := said[text]
		said[text] = true
		return again
	})
	if errs := l.tree.findings.Errors(); len(errs) > 0 {
		return l.tree, errs
	}
	return l.tree, nil
}
