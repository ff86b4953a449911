package repocheck

import (
	"cmp"
	"fmt"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines is the length of a Go file, tests apart.
const maxLines = 400

// vagueNames are names of packages that say nothing.
const vagueNames = "util utils common helper helpers misc base lib model models type types"

// checkSize finds files that have more than one subject.
func checkSize(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.Go {
		if !f.Test && f.Lines > maxLines {
			found = append(found, Finding{f.Path, 0, fmt.Sprintf("%d lines, at most %d: one subject each", f.Lines, maxLines)})
		}
	}
	return found
}

// checkPackages finds packages with a vague name, and those without exactly one
// package comment of the usual form.
func checkPackages(r *Repo) []Finding {
	var found []Finding
	first := map[string]*GoFile{}      // package -> its first file
	comments := map[string][]*GoFile{} // package -> files with a package comment
	for _, f := range r.Go {
		name := strings.TrimSuffix(f.AST.Name.Name, "_test")
		if matches(vagueNames, name) || matches(vagueNames, path.Base(f.Package)) {
			found = append(found, f.finding(f.AST.Name, "package %s: the name says nothing", name))
		}
		if f.Test {
			continue
		}
		first[f.Package] = cmp.Or(first[f.Package], f)
		if f.AST.Doc == nil {
			continue
		}
		comments[f.Package] = append(comments[f.Package], f)
		if want := commentStart(name, f.Package); !want.MatchString(f.AST.Doc.Text()) {
			found = append(found, f.finding(f.AST.Doc, "the package comment must begin with %s", want))
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(first)) {
		switch list := comments[pkg]; len(list) {
		case 0:
			found = append(found, Finding{first[pkg].Path, 0, "package " + pkg + " has no package comment"})
		case 1:
		default:
			found = append(found, Finding{list[1].Path, 0, "package " + pkg + " has another package comment in " + list[0].Path})
		}
	}
	return sorted(found)
}

// commentStart is how the comment of a package begins, or of a program.
func commentStart(name, pkg string) *regexp.Regexp {
	if name == "main" {
		return regexp.MustCompile("^(Command )?(?i:" + regexp.QuoteMeta(path.Base(pkg)) + ") ")
	}
	return regexp.MustCompile("^Package " + name + " ")
}

// checkCode finds hidden starts and ends of programs, and tests that skip.
func checkCode(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.Go {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, f.finding(fn.Name, "func init: say what starts where it starts"))
			}
			found = append(found, checkCalls(f, fn)...)
		}
	}
	return sorted(found)
}

// excuses are what the function of a test that skips must look at: the build it
// runs in, or PROMPTFLAG_STACK, which turns a missing server into a failure.
const excuses = "GOOS raceEnabled EnvStack"

// checkCalls looks at the calls of one function.
func checkCalls(f *GoFile, fn *ast.FuncDecl) []Finding {
	var found, skips []Finding
	excused := false
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			excused = excused || n.Value == `"PROMPTFLAG_STACK"`
		case *ast.Ident:
			excused = excused || matches(excuses, n.Name)
		case *ast.SelectorExpr:
			switch {
			case isSelector(n, "os", "Exit") && path.Base(f.Path) != "main.go" && fn.Name.Name != "TestMain":
				found = append(found, f.finding(n, "os.Exit: only in main.go and TestMain"))
			case matches("Skip Skipf SkipNow", n.Sel.Name):
				skips = append(skips, f.finding(n, "%s: skip only for the build (runtime.GOOS, raceEnabled), or for a server after reading PROMPTFLAG_STACK", n.Sel.Name))
			}
		}
		return true
	})
	if !excused {
		found = append(found, skips...)
	}
	return found
}

func isSelector(n *ast.SelectorExpr, pkg, name string) bool {
	x, ok := n.X.(*ast.Ident)
	return ok && x.Name == pkg && n.Sel.Name == name
}
