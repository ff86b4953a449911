package repocheck

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// owner says who may import a module, in production code. Modules that are not
// named are free; tests may import all but the refused ones.
type owner struct {
	module   string // a path prefix, whole elements
	packages string
}

var owners = []owner{
	{"gocloud.dev", "store/cloud"},
	{"cloud.google.com/go", "store/cloud"},
	{"google.golang.org", "store/cloud"},
	{"github.com/aws", "store/cloud"},
	{"github.com/Azure", "store/cloud internal/teststack/stack"},
	{"github.com/Unleash/unleash-client-go", "provider/unleashflags"},
	{"github.com/Unleash/unleash-go-sdk", "provider/unleashflags/unleashv6"},
	{"github.com/open-feature", "provider provider/* action/internal/cli"},
	{"go.opentelemetry.io", "provider/otelprompt"},
	{"github.com/google/go-github", "action/internal/github"},
	{"github.com/sethvargo/go-githubactions", "action/internal/github"},
	{"github.com/alecthomas/kong", "action/internal/cli"},
	{"go.yaml.in/yaml", "action/internal/importer"},
	{"github.com/zricethezav/gitleaks", "action/internal/secrets"},
	{"github.com/BobuSumisu/aho-corasick", "action/internal/secrets"},
	{"github.com/cbroglie/mustache", "prompts evalkit/assert"},
	{"github.com/gowebpki/jcs", "prompts"},
	{"github.com/santhosh-tekuri/jsonschema", "prompts evalkit/assert"},
	{"github.com/sashabaranov/go-openai", "evalkit/llm"},
	{"github.com/expr-lang/expr", "evalkit/assert"},
	{"gonum.org/v1/gonum", "evalkit/stats"},
	{"github.com/google/go-cmp", testPackages},
	{"go.uber.org/goleak", testPackages},
	{"github.com/rogpeppe/go-internal", testPackages},
	{"github.com/yuin/goldmark", testPackages},
	{"testing", testPackages},
}

// refused are modules that nobody imports, not even tests.
const refused = "github.com/stretchr/testify github.com/stretchr/testify/* golang.org/x/exp golang.org/x/exp/*"

// pure are packages that do no I/O beyond what they are given.
var pure = []struct{ pkg, never string }{
	{"prompts", "os os/* net net/* syscall io/ioutil"},
	{"evalkit/stats", "os os/* net net/* syscall io io/* time"},
}

// checkImports finds imports of modules and of the standard library that are
// somebody else's business.
func checkImports(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.Go {
		for spec, target := range f.imports {
			if matches(refused, target) {
				found = append(found, f.finding(spec, "%s: not in this repository: standard testing, go-cmp and the standard library", target))
			}
			if f.Test {
				continue
			}
			for _, o := range owners {
				if under(target, o.module) && !matches(o.packages, f.Package) {
					found = append(found, f.finding(spec, "%s: only for %s", target, strings.ReplaceAll(o.packages, " ", ", ")))
				}
			}
			for _, p := range pure {
				if f.Package == p.pkg && matches(p.never, target) {
					found = append(found, f.finding(spec, "%s: %s does no I/O of its own", target, p.pkg))
				}
			}
		}
	}
	return sorted(found)
}

// under reports whether a path is the module or below it.
func under(target, module string) bool {
	rest, ok := strings.CutPrefix(target, module)
	return ok && (rest == "" || rest[0] == '/')
}

// pinned are the modules that the owner chose, with their versions.
var pinned = map[string]string{
	"github.com/open-feature/go-sdk":          "v1.20.0",
	"github.com/Unleash/unleash-client-go/v4": "v4.5.0",
	"github.com/Unleash/unleash-go-sdk/v6":    "v6.4.0",
	"github.com/google/go-github/v60":         "v60.0.0",
	"github.com/sethvargo/go-githubactions":   "v1.3.2",
	"github.com/BurntSushi/toml":              "v1.6.0",
	"github.com/hashicorp/go-retryablehttp":   "v0.7.8",
}

// requirement is one line of go.mod.
type requirement struct {
	module, version string
	indirect        bool
	line            int
}

// checkModule compares go.mod with the imports: every import has a module, the
// comment // indirect tells the truth, pinned versions are as chosen. What a
// complete `go mod tidy` would say more needs modules that are not ours.
func checkModule(r *Repo) []Finding {
	const file = "go.mod"
	required, found := readModule(file, r.Files[file])
	imported := map[string]bool{}
	for _, f := range r.Go {
		for spec, target := range f.imports {
			if _, isOurs := ours(target); isOurs || !strings.Contains(strings.Split(target, "/")[0], ".") {
				continue
			}
			if m, ok := moduleOf(required, target); ok {
				imported[m] = true
			} else {
				found = append(found, f.finding(spec, "%s: no module in go.mod provides it", target))
			}
		}
	}
	for _, q := range required {
		switch {
		case q.indirect && imported[q.module]:
			found = append(found, Finding{file, q.line, q.module + " is imported: drop // indirect"})
		case !q.indirect && !imported[q.module]:
			found = append(found, Finding{file, q.line, q.module + " is imported nowhere: remove it or say // indirect"})
		}
		if want, ok := pinned[q.module]; ok && q.version != want {
			found = append(found, Finding{file, q.line, fmt.Sprintf("%s %s: the owner chose %s", q.module, q.version, want)})
		}
	}
	return sorted(found)
}

// moduleOf returns the longest required module path above an import.
func moduleOf(required []requirement, target string) (module string, ok bool) {
	for _, q := range required {
		if under(target, q.module) && len(q.module) > len(module) {
			module, ok = q.module, true
		}
	}
	return module, ok
}

// readModule reads the requirements of a go.mod in canonical form.
func readModule(file string, src []byte) (required []requirement, found []Finding) {
	block := ""
	lines := bufio.NewScanner(bytes.NewReader(src))
	for n := 1; lines.Scan(); n++ {
		text, comment, _ := strings.Cut(lines.Text(), "//")
		words := strings.Fields(text)
		switch {
		case len(words) == 0:
			continue
		case block == "" && words[len(words)-1] == "(":
			block = words[0]
			continue
		case words[0] == ")":
			block = ""
			continue
		case block != "":
			words = slices.Insert(words, 0, block)
		}
		switch words[0] {
		case "require":
			if len(words) == 3 {
				indirect := strings.TrimSpace(comment) == "indirect"
				required = append(required, requirement{words[1], words[2], indirect, n})
			}
		case "replace", "exclude":
			found = append(found, Finding{file, n, words[0] + ": go install of this module would not see it"})
		}
	}
	return required, found
}
