package repocheck

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The program, and what its image is built from.
const (
	program      = "action/promptflag"
	imageFile    = "Dockerfile"
	imageIgnored = ".dockerignore"
)

var baseImage = regexp.MustCompile(`^[a-z0-9./-]+:[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?$`)

// checkImage compares the Dockerfile with what the program is made of: every
// top-level folder with a package that it imports is copied, nothing that it
// embeds is ignored, and each base has an exact version. In the last stage
// GitHub wants root and no working directory.
func checkImage(r *Repo) []Finding {
	src, ok := r.Files[imageFile]
	if !ok {
		return nil // the layout says so
	}
	lines := strings.Split(string(src), "\n")
	copied, stages := map[string]bool{}, map[string]bool{"scratch": true}
	var found, last []Finding
	for i, line := range lines {
		words := strings.Fields(line)
		if len(words) < 2 || words[0][0] == '#' {
			continue
		}
		options := slices.IndexFunc(words[1:], func(w string) bool { return !strings.HasPrefix(w, "--") }) + 1
		switch instruction := strings.ToUpper(words[0]); instruction {
		case "FROM":
			if base := words[options]; !stages[base] && !baseImage.MatchString(base) {
				found = append(found, Finding{imageFile, i + 1, base + ": name an exact version, and the digest if you know it"})
			}
			stages[words[len(words)-1]] = true
			last = nil
		case "COPY":
			if options == 1 {
				for _, w := range words[1 : len(words)-1] {
					copied[strings.TrimSuffix(w, "/")] = true
				}
			}
		case "USER", "WORKDIR":
			last = append(last, Finding{imageFile, i + 1, instruction + " in the last stage: GitHub needs root, and sets the directory"})
		}
	}
	found = append(found, last...)
	folders := map[string]string{}
	for _, pkg := range slices.Sorted(maps.Keys(linkedFrom(r, program))) {
		top, _, _ := strings.Cut(pkg, "/")
		if !copied["."] && !copied[top] && folders[top] == "" {
			folders[top] = pkg
			found = append(found, Finding{imageFile, 0, fmt.Sprintf("the program imports %s: COPY %s %s", pkg, top, top)})
		}
	}
	return append(found, checkIgnored(r)...)
}

// linkedFrom returns the packages of ours that a program is built from.
func linkedFrom(r *Repo, pkg string) map[string]bool {
	files := map[string][]*GoFile{}
	for _, f := range r.Go {
		if !f.Test {
			files[f.Package] = append(files[f.Package], f)
		}
	}
	all := map[string]bool{}
	var visit func(string)
	visit = func(pkg string) {
		if all[pkg] || len(files[pkg]) == 0 {
			return
		}
		all[pkg] = true
		for _, f := range files[pkg] {
			for _, target := range f.imports {
				if next, isOurs := ours(target); isOurs {
					visit(next)
				}
			}
		}
	}
	visit(pkg)
	return all
}

// checkIgnored finds files that the program embeds and the image is built
// without. .dockerignore holds plain names at the top and **/names anywhere.
func checkIgnored(r *Repo) []Finding {
	var list []string
	for line := range strings.Lines(string(r.Files[imageIgnored])) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	ignored := func(name string) bool {
		parts := strings.Split(name, "/")
		return slices.ContainsFunc(list, func(pattern string) bool {
			below, anywhere := strings.CutPrefix(pattern, "**/")
			for i, part := range parts {
				if ok, err := path.Match(below, part); (i == 0 || anywhere) && ok && err == nil {
					return true
				}
			}
			return false
		})
	}
	var found []Finding
	packages := linkedFrom(r, program)
	for _, f := range r.Go {
		if f.Test || !packages[f.Package] {
			continue
		}
		for comment, pattern := range f.embeds {
			prefix := path.Join(f.Package, strings.TrimPrefix(pattern, "all:"))
			for _, name := range slices.Sorted(maps.Keys(r.Files)) {
				ok, _ := path.Match(prefix, name)
				if (ok || strings.HasPrefix(name, prefix+"/")) && ignored(name) {
					found = append(found, f.finding(comment, "%s is embedded, and %s leaves it out of the image", name, imageIgnored))
				}
			}
		}
	}
	return found
}

// embeds yields the patterns of go:embed.
func (f *GoFile) embeds(yield func(*ast.Comment, string) bool) {
	for _, group := range f.AST.Comments {
		for _, c := range group.List {
			patterns, ok := strings.CutPrefix(c.Text, "//go:embed ")
			if !ok {
				continue
			}
			for _, p := range strings.Fields(patterns) {
				if plain, err := strconv.Unquote(p); err == nil {
					p = plain
				}
				if !yield(c, p) {
					return
				}
			}
		}
	}
}
