package repocheck

import "testing"

func TestImage(t *testing.T) {
	const digest = "@sha256:0123456789012345678901234567890123456789012345678901234567890123"
	program := map[string]string{
		"action/promptflag/main.go":      imports("main", "action/internal/cli"),
		"action/internal/cli/cli.go":     imports("cli", "evalkit", "store"),
		"action/internal/cli/ok_test.go": imports("cli", "internal/teststack"),
		"evalkit/a.go":                   imports("evalkit", "prompts"),
		"prompts/a.go":                   "package prompts\n\nimport _ \"embed\"\n\n//go:embed all:data *.txt\nvar x string\n",
		"prompts/data/testdata/a.txt":    "x",
		"prompts/data/b.txt":             "x",
		"prompts/c.txt":                  "x",
		"store/a.go":                     "package store\n",
		"provider/a.go":                  "package provider\n",
		"internal/teststack/a.go":        "package teststack\n",
	}
	for name, c := range map[string]struct {
		image, ignored string
		want           []string
	}{
		"as it should be": {"FROM --platform=x golang:1.26.8-bookworm" + digest + " AS build\nWORKDIR /src\nCOPY go.mod ./\nCOPY action action\nCOPY evalkit prompts store ./\nFROM scratch\nCOPY --from=build /x /x\n",
			"# all\n**/*_test.go\nbin\n", nil},
		"everything": {"FROM golang:1.26.8 AS build\nCOPY . .\nFROM build\n", "", nil},
		"folders are missing": {"FROM scratch\nCOPY action action\nCOPY --from=x evalkit evalkit\nCOPY store store\n", "",
			[]string{"Dockerfile: the program imports evalkit: COPY evalkit evalkit", "Dockerfile: the program imports prompts: COPY prompts prompts"}},
		"bases that move": {"FROM golang:1.26 AS build\nCOPY . .\nFROM debian\nUSER nobody\nWORKDIR /x\n", "",
			[]string{
				"Dockerfile:1: golang:1.26: name an exact version, and the digest if you know it",
				"Dockerfile:3: debian: name an exact version, and the digest if you know it",
				"Dockerfile:4: USER in the last stage: GitHub needs root, and sets the directory",
				"Dockerfile:5: WORKDIR in the last stage: GitHub needs root, and sets the directory",
			}},
		"what is embedded": {"FROM scratch\nCOPY . .\n", "**/testdata\nc.txt\n",
			[]string{"prompts/a.go:5: prompts/data/testdata/a.txt is embedded, and .dockerignore leaves it out of the image"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"Dockerfile": c.image, ".dockerignore": c.ignored}
			for file, src := range program {
				files[file] = src
			}
			expect(t, "image", files, c.want...)
		})
	}
}
