package repocheck

import "testing"

func TestImports(t *testing.T) {
	expect(t, "imports", map[string]string{
		"action/internal/cli/a.go":        "package cli\nimport _ \"gocloud.dev/blob\"\nimport _ \"github.com/alecthomas/kong\"\n",
		"action/internal/flagsfile/ok.go": "package flagsfile\nimport _ \"golang.org/x/sys/windows\"\n",
		"prompts/a.go":                    "package prompts\nimport _ \"os\"\nimport _ \"net/http\"\nimport _ \"io/fs\"\n",
		"prompts/a_test.go":               "package prompts\nimport _ \"os\"\nimport _ \"github.com/google/go-cmp/cmp\"\nimport _ \"gocloud.dev/blob\"\n",
		"provider/a.go":                   "package provider\nimport _ \"github.com/Unleash/unleash-client-go/v4\"\nimport _ \"go.opentelemetry.io/otel\"\nimport _ \"github.com/open-feature/go-sdk/openfeature\"\n",
		"provider/a_test.go":              "package provider\nimport _ \"github.com/stretchr/testify/require\"\n",
		"store/a.go":                      "package store\nimport _ \"testing/fstest\"\nimport _ \"github.com/google/go-cmp/cmp\"\n",
		"store/cloud/ok.go":               "package cloud\nimport _ \"gocloud.dev/blob\"\nimport _ \"gocloud.developers/x\"\n",
		"store/storetest/ok.go":           "package storetest\nimport _ \"testing\"\nimport _ \"github.com/google/go-cmp/cmp\"\n",
	},
		"action/internal/cli/a.go:2: gocloud.dev/blob: only for store/cloud",
		"prompts/a.go:2: os: prompts does no I/O of its own",
		"prompts/a.go:3: net/http: prompts does no I/O of its own",
		"provider/a.go:2: github.com/Unleash/unleash-client-go/v4: only for provider/unleashflags",
		"provider/a.go:3: go.opentelemetry.io/otel: only for provider/otelprompt",
		"provider/a_test.go:2: github.com/stretchr/testify/require: not in this repository: standard testing, go-cmp and the standard library",
		"store/a.go:2: testing/fstest: only for internal/golden, internal/teststack, internal/teststack/*, internal/githubfake, store/storetest",
		"store/a.go:3: github.com/google/go-cmp/cmp: only for internal/golden, internal/teststack, internal/teststack/*, internal/githubfake, store/storetest",
	)
}

func TestModule(t *testing.T) {
	expect(t, "module", map[string]string{
		"go.mod": `module ` + Module + `

go 1.26.0

require github.com/BurntSushi/toml v1.5.0

require (
	cloud.google.com/go v0.1.0 // indirect
	cloud.google.com/go/storage v1.61.3
	github.com/google/go-cmp v0.7.0 // indirect
	gocloud.dev v0.46.0
	golang.org/x/sys v0.42.0 // indirect
)

replace gocloud.dev => ../gocloud
`,
		"a.go":      "package a\nimport _ \"fmt\"\nimport _ \"" + Module + "/store\"\nimport _ \"github.com/BurntSushi/toml\"\nimport _ \"cloud.google.com/go/storage/x\"\n",
		"b.go":      "//go:build windows\n\npackage a\nimport _ \"golang.org/x/sys/windows\"\nimport _ \"github.com/Burnt/other\"\n",
		"a_test.go": "package a\nimport _ \"github.com/google/go-cmp/cmp\"\n",
	},
		"b.go:5: github.com/Burnt/other: no module in go.mod provides it",
		"go.mod:5: github.com/BurntSushi/toml v1.5.0: the owner chose v1.6.0",
		"go.mod:10: github.com/google/go-cmp is imported: drop // indirect",
		"go.mod:11: gocloud.dev is imported nowhere: remove it or say // indirect",
		"go.mod:12: golang.org/x/sys is imported: drop // indirect",
		"go.mod:15: replace: go install of this module would not see it",
	)
}
