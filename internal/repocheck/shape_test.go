package repocheck

import (
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	expect(t, "size", map[string]string{
		"store/long.go":      "package store\n" + strings.Repeat("\n", 400),
		"store/long_test.go": "package store\n" + strings.Repeat("\n", 400),
		"store/short.go":     "package store\n" + strings.Repeat("\n", 399),
	},
		"store/long.go: 401 lines, at most 400: one subject each",
	)
}

func TestPackages(t *testing.T) {
	expect(t, "packages", map[string]string{
		"action/promptflag/main.go":  "// Command promptflag does it.\npackage main\n",
		"action/other/main.go":       "// Main does it.\npackage main\n",
		"internal/teststack/main.go": "// Teststack runs it.\npackage main\n",
		"prompts/doc.go":             "// Package prompts is good.\npackage prompts\n",
		"prompts/a.go":               "// A comment on nothing.\n\npackage prompts\n",
		"prompts/a_test.go":          "package prompts_test\n",
		"store/a.go":                 "// Package store has two.\npackage store\n",
		"store/b.go":                 "// Package store comments.\npackage store\n",
		"store/none/a.go":            "package none\n",
		"store/none/a_test.go":       "// Package none is for tests only.\npackage none\n",
		"store/util/a.go":            "// Package util helps.\npackage util\n",
		"store/types/a.go":           "// Package digest hides.\npackage digest\n",
	},
		`action/other/main.go:1: the package comment must begin with ^(Command )?(?i:other) `,
		"store/b.go: package store has another package comment in store/a.go",
		"store/none/a.go: package store/none has no package comment",
		"store/types/a.go:2: package digest: the name says nothing",
		"store/util/a.go:2: package util: the name says nothing",
	)
}

func TestCode(t *testing.T) {
	expect(t, "code", map[string]string{
		"action/promptflag/main.go": "package main\nfunc main() { os.Exit(run()) }\n",
		"store/a.go":                "package store\nfunc init() {}\nfunc (Dir) init() {}\nfunc f() { os.Exit(1) }\n",
		"store/a_test.go": `package store
func TestMain(m *testing.M) { os.Exit(m.Run()) }
func TestA(t *testing.T) { t.Skip("not today") }
func TestB(t *testing.T) { t.Run("x", func(t *testing.T) { if os.Getuid() == 0 { t.SkipNow() } }) }
func TestWindows(t *testing.T) { if runtime.GOOS == "windows" { t.Skip("no links") } }
func TestServer(t *testing.T) {
	if os.Getenv("PROMPTFLAG_STACK") == "require" { t.Fatal() }
	t.Skipf("no %s", "server")
}
func TestWalk(t *testing.T) { _ = fs.SkipDir }
`,
	},
		"store/a.go:2: func init: say what starts where it starts",
		"store/a.go:4: os.Exit: only in main.go and TestMain",
		"store/a_test.go:3: Skip: skip only for the build (runtime.GOOS, raceEnabled), or for a server after reading PROMPTFLAG_STACK",
		"store/a_test.go:4: SkipNow: skip only for the build (runtime.GOOS, raceEnabled), or for a server after reading PROMPTFLAG_STACK",
	)
}
