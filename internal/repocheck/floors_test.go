package repocheck

import (
	"strings"
	"testing"
)

// imports is a Go file of a package that imports packages of ours.
func imports(pkg string, targets ...string) string {
	src := "package " + pkg + "\n"
	for _, target := range targets {
		src += "import _ \"" + Module + "/" + target + "\"\n"
	}
	return src
}

func TestFloors(t *testing.T) {
	const notAllowed = " by the table of internal/repocheck/floors.go"
	for name, c := range map[string]struct {
		file, src string
		want      string // after the position; "" is allowed
	}{
		"provider to store":            {"provider/a.go", imports("provider", "store"), ""},
		"provider to evaluation":       {"provider/a.go", imports("provider", "evalkit"), "evalkit: not allowed for provider" + notAllowed},
		"provider to action":           {"provider/a.go", imports("provider", "action/internal/flags"), "action/internal/flags: the import points up"},
		"provider to its flag source":  {"provider/a.go", imports("provider", "provider/unleashflags"), "provider/unleashflags: the import points up"},
		"provider to the cloud":        {"provider/a.go", imports("provider", "store/cloud"), "store/cloud: the import points up"},
		"flag source to prompts":       {"provider/unleashflags/a.go", imports("unleashflags", "prompts"), "prompts: not allowed for provider/unleashflags" + notAllowed},
		"prompts to store":             {"prompts/a.go", imports("prompts", "store"), "store: not allowed for prompts" + notAllowed},
		"store to prompts":             {"store/a.go", imports("store", "prompts"), "prompts: not allowed for store" + notAllowed},
		"action to provider":           {"action/internal/plan/a.go", imports("plan", "provider"), "provider: not allowed for action/internal/plan" + notAllowed},
		"plan to the wiring":           {"action/internal/plan/a.go", imports("plan", "action/internal/cli"), "action/internal/cli: the import points up"},
		"plan to one writer":           {"action/internal/plan/a.go", imports("plan", "action/internal/flagsfile"), "action/internal/flagsfile: not allowed for action/internal/plan" + notAllowed},
		"publish to the cloud":         {"action/internal/publish/a.go", imports("publish", "store/cloud"), "store/cloud: not allowed for action/internal/publish" + notAllowed},
		"wiring":                       {"action/internal/cli/a.go", imports("cli", "provider", "store/cloud", "action/internal/flagsfile"), ""},
		"wiring to main":               {"action/internal/cli/a.go", imports("cli", "action/promptflag"), "action/promptflag: the import points up"},
		"main to more than the wiring": {"action/promptflag/main.go", imports("main", "store"), "store: not allowed for action/promptflag" + notAllowed},
		"production to servers":        {"action/internal/cli/a.go", imports("cli", "internal/teststack"), "internal/teststack: for tests only"},
		"a package without a line":     {"action/internal/plan/a.go", imports("plan", "action/internal/new"), "action/internal/new: no line in the table of internal/repocheck/floors.go"},
		"itself":                       {"prompts/a_test.go", imports("prompts_test", "prompts"), ""},
		"a test beside and below":      {"action/internal/publish/a_test.go", imports("publish", "action/internal/flagsfile", "provider/unleashflags", "store"), ""},
		"a test to servers":            {"provider/a_test.go", imports("provider", "internal/teststack", "store/storetest"), ""},
		"a test up":                    {"provider/a_test.go", imports("provider", "action/internal/flags"), "action/internal/flags: the import points up"},
		"whatever the build tag":       {"provider/a.go", "//go:build never\n\n" + imports("provider", "evalkit"), "evalkit: not allowed for provider" + notAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{c.file: c.src}
			if c.want == "" {
				expect(t, "floors", files)
				return
			}
			line := "2"
			if strings.HasPrefix(c.src, "//go:build") {
				line = "4"
			}
			expect(t, "floors", files, c.file+":"+line+": "+c.want)
		})
	}
	expect(t, "floors", map[string]string{"store/new/a.go": "package new\n", "store/new/b.go": "package new\n", "c.go": "package c\n"},
		"c.go: package . has no line in the table of internal/repocheck/floors.go",
		"store/new/a.go: package store/new has no line in the table of internal/repocheck/floors.go")
}

// TestFloorsTable: the table itself allows nothing that points up, and names
// each package once.
func TestFloorsTable(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range floors {
		if seen[l.path] {
			t.Errorf("%s is there twice", l.path)
		}
		seen[l.path] = true
		for _, target := range strings.Fields(l.imports) {
			below, wild := strings.CutSuffix(target, "/*")
			to, ok := layerOf(target)
			switch {
			case wild && below != "":
			case !ok:
				t.Errorf("%s may import %s, which has no line", l.path, target)
			case to.floor > l.floor:
				t.Errorf("%s on floor %d may import %s on floor %d", l.path, l.floor, target, to.floor)
			}
		}
	}
}
