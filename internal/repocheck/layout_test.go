package repocheck

import (
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	files := map[string]string{"provider/doc.go": "package provider\n", ".github/workflows/ci.yml": "x", "bin/promptflag": "x"}
	for _, name := range strings.Fields(mustExist) {
		files[name] = "x"
	}
	delete(files, "CHANGELOG.md")
	files["notes.txt"], files["pkg/a.go"] = "x", "package pkg\n"
	expect(t, "layout", files,
		"notes.txt: not one of the names at the top level",
		"pkg: not one of the names at the top level",
		"CHANGELOG.md: missing")
}

func TestText(t *testing.T) {
	slash := "/"
	expect(t, "text", map[string]string{
		"README.md":         "fine: " + ".github/workflows/ci.yml, google.golang.org/grpc, a/root/b, https://x.dev/work/\n",
		"Dockerfile":        "FROM golang:1.26\n\nFROM gcr" + ".io/distroless/static\n",
		"package-lock.json": "{\n\"resolved\": \"https://registry" + ".npmjs.org/x/-/x.tgz\"}\n",
		"prompts/a.go":      "package prompts\n\nconst dir = \"" + slash + "root" + slash + "x\"\n",
		"prompts/b.txt":     "cd " + slash + "work" + slash + "main\n",
		"picture.png":       "\x89PNG\x00 " + slash + "root" + slash,
	},
		"Dockerfile:3: a registry host: name packages, not where they came from",
		"package-lock.json:2: a registry host: name packages, not where they came from",
		"prompts/a.go:3: a path of one machine",
		"prompts/b.txt:1: a path of one machine",
	)
}
