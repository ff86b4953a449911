package repocheck

import (
	"cmp"
	"maps"
	"slices"
)

// layer is what one package may import of this module. An import never points
// to a higher floor, and a package imports only what its line names; p/* is all
// that lies below p.
type layer struct {
	path    string
	floor   int
	imports string
}

// floors is the table of the design. Provider and action meet only in bytes,
// prompts and store know nothing of each other, one package wires.
var floors = []layer{
	{"action/promptflag", 4, "action/internal/cli"},

	{"action/internal/cli", 3, "action/example action/internal/* prompts prompts/compare store store/cloud evalkit evalkit/* provider provider/unleashflags"},

	{"action/internal/publish", 2, "action/internal/config action/internal/flags action/internal/plan action/internal/rollout prompts store"},
	{"action/internal/bundle", 2, "prompts store"},
	{"action/internal/check", 2, "action/internal/config action/internal/secrets action/internal/wording evalkit evalkit/suite prompts prompts/compare"},
	{"action/internal/evaluate", 2, "action/internal/config action/internal/filelock action/internal/flags action/internal/live evalkit evalkit/* prompts store"},
	{"action/internal/bar", 2, "action/internal/config action/internal/wording evalkit/assert evalkit/suite prompts"},
	{"action/internal/comment", 2, "action/internal/bar action/internal/flags action/internal/live action/internal/plan evalkit evalkit/report prompts prompts/compare"},
	{"action/internal/live", 2, "action/internal/config action/internal/flags action/internal/plan prompts store"},
	{"action/internal/gitfs", 2, ""},
	{"action/internal/status", 2, "action/internal/config action/internal/flags action/internal/plan action/internal/wording prompts store"},
	{"action/internal/rollout", 2, "action/internal/config action/internal/flags action/internal/plan prompts store"},
	{"action/internal/policy", 2, "action/internal/config action/internal/wording"},
	{"action/internal/report", 2, "action/internal/plan action/internal/wording prompts"},
	{"action/internal/history", 2, "action/internal/config action/internal/flags action/internal/plan action/internal/unleashadmin prompts store"},
	{"action/internal/origin", 2, "action/internal/github action/internal/plan action/internal/wording"},
	{"action/internal/purge", 2, "action/internal/config action/internal/flags action/internal/live action/internal/plan prompts store"},
	{"action/internal/retire", 2, "action/internal/config action/internal/flags action/internal/plan store"},
	{"action/internal/gc", 2, "action/internal/config action/internal/live action/internal/plan prompts store"},
	{"action/internal/drift", 2, "action/internal/config action/internal/flags action/internal/live action/internal/plan action/internal/publish action/internal/purge action/internal/wording prompts store"},
	{"action/internal/lease", 2, "action/internal/plan store"},
	{"action/internal/plan", 2, "action/internal/flags action/internal/wording prompts store"},
	{"action/internal/unleashadmin", 2, "action/internal/flags"},
	{"action/internal/flagsfile", 2, "action/internal/filelock action/internal/flags"},
	{"action/internal/filelock", 0, ""},
	{"action/internal/flags", 2, "prompts"},
	{"action/internal/wording", 0, ""},
	{"action/internal/config", 2, "prompts"},
	{"action/internal/gen", 2, "prompts"},
	{"action/internal/schema", 2, "evalkit/assert prompts"},
	{"action/internal/github", 2, "action/internal/wording prompts"},
	{"action/internal/notify", 2, ""},
	{"action/internal/importer", 2, "prompts"},
	{"action/internal/demo", 2, ""},
	{"action/internal/scaffold", 2, "action/example action/internal/config action/internal/schema"},
	{"action/internal/doctor", 2, "action/internal/config action/internal/filelock action/internal/flags action/internal/flagsfile action/internal/github action/internal/origin action/internal/scaffold action/internal/unleashadmin evalkit/suite prompts store"},
	{"action/internal/secrets", 2, ""},
	{"action/example", 2, ""},

	{"provider/unleashflags/unleashv6", 2, "provider provider/unleashflags"},
	{"provider/unleashflags", 2, "provider"},
	{"provider/otelprompt", 2, "provider prompts"},
	{"evalkit/report", 2, "evalkit evalkit/assert evalkit/chat"},
	{"evalkit/llm", 2, "evalkit/chat prompts"},
	{"store/cloud", 2, "store"},
	{"store/storetest", 2, "store"},

	{"provider", 1, "prompts store provider/internal/disk"},
	{"provider/internal/disk", 0, ""},
	{"evalkit", 1, "evalkit/assert evalkit/chat evalkit/stats evalkit/suite prompts"},
	{"evalkit/suite", 1, "evalkit/assert prompts"},
	{"evalkit/assert", 1, "evalkit/chat prompts"},
	{"evalkit/chat", 1, "prompts"},

	{"prompts/compare", 1, "prompts"},

	{"prompts", 0, ""},
	{"store", 0, ""},
	{"evalkit/stats", 0, ""},

	{"internal/bench", 3, ""},       // its tests import what they measure
	{"internal/faultmatrix", 3, ""}, // tests only
	{"internal/teststack/cmd/teststack", 2, "internal/teststack/stack"},
	{"internal/teststack/stack", 1, "internal/teststack internal/teststack/npm"},
	{"internal/teststack/npm", 0, ""},
	{"internal/teststack", 0, ""},
	{"internal/golden", 0, ""},
	{"internal/faultproxy", 0, ""},
	{"internal/githubfake/cmd/githubfake", 1, "internal/githubfake"},
	{"internal/githubfake", 0, ""},
	{"internal/repocheck", 0, ""},
}

// testPackages are for tests: all tests may import them, and nobody else except
// where the table says so.
const testPackages = "internal/golden internal/teststack internal/teststack/* internal/githubfake store/storetest"

func layerOf(pkg string) (layer, bool) {
	i := slices.IndexFunc(floors, func(l layer) bool { return l.path == pkg })
	if i < 0 {
		return layer{}, false
	}
	return floors[i], true
}

// checkFloors finds imports that the table does not allow. Tests may import
// anything on their own floor or below.
func checkFloors(r *Repo) []Finding {
	var found []Finding
	unknown := map[string]string{} // package -> its first file
	for _, f := range r.Go {
		from, ok := layerOf(f.Package)
		if !ok {
			unknown[f.Package] = cmp.Or(unknown[f.Package], f.Path)
			continue
		}
		for spec, target := range f.imports {
			pkg, isOurs := ours(target)
			if !isOurs || pkg == f.Package {
				continue
			}
			if message := from.objection(pkg, f.Test); message != "" {
				found = append(found, f.finding(spec, "%s: %s", pkg, message))
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(unknown)) {
		found = append(found, Finding{unknown[pkg], 0, "package " + pkg + " has no line in the table of internal/repocheck/floors.go"})
	}
	return sorted(found)
}

// objection says why a package must not be imported from this layer.
func (l layer) objection(pkg string, test bool) string {
	to, ok := layerOf(pkg)
	switch {
	case !ok:
		return "no line in the table of internal/repocheck/floors.go"
	case test && matches(testPackages, pkg):
		return ""
	case to.floor > l.floor:
		return "the import points up"
	case test || matches(l.imports, pkg):
		return ""
	case matches(testPackages, pkg):
		return "for tests only"
	}
	return "not allowed for " + l.path + " by the table of internal/repocheck/floors.go"
}
