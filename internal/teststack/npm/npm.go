// Package npm installs what the test stack needs from npm: servers, and the
// cases of Unleash's client specification. Each
// folder beside this file is one pinned tree: a package.json with one exact
// version and the lock file that pins everything below it.
//
// Install scripts are not run: none of the trees needs them, except that
// PostgreSQL's wants links between its libraries, which HydrateLinks makes. Of
// GitHub's description a part is kept (CutGitHub).
//
// To move to another version, change package.json and run, in its folder,
//
//	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true
//
// so that the lock file names no registry.
package npm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed */package.json */package-lock.json aimock/fixtures.json
var trees embed.FS

// The trees.
const (
	Unleash7 = "unleash7"
	Unleash8 = "unleash8"
	Azurite  = "azurite"
	Aimock   = "aimock"
	Prism    = "prism"
	OpenAPI  = "openapi"
	Postgres = "postgres"

	Specification = "specification"
)

// stamp holds the digest of what is installed; it is written last.
const stamp = ".installed"

// Install makes the node_modules of a tree in dir and returns its path. It
// does nothing when the same lock file was installed there before. The caller
// keeps other processes out.
func Install(ctx context.Context, tree, dir string) (modules string, err error) {
	modules = filepath.Join(dir, "node_modules")
	digest := sha256.New()
	var files [][]byte
	names := []string{"package.json", "package-lock.json"}
	for _, name := range names {
		b, err := trees.ReadFile(tree + "/" + name)
		if err != nil {
			return "", err
		}
		digest.Write(b)
		files = append(files, b)
	}
	if tree == OpenAPI {
		digest.Write([]byte(gitHubPaths)) // what is kept of it
	}
	want := []byte(hex.EncodeToString(digest.Sum(nil)) + "\n")
	if have, err := os.ReadFile(filepath.Join(dir, stamp)); err == nil && bytes.Equal(have, want) {
		return modules, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(dir, stamp)); err != nil {
		return "", err
	}
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), files[i], 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci of %s: %w\n%s", tree, err, bytes.TrimSpace(out))
	}
	after := map[string]func(string) error{Postgres: HydrateLinks, OpenAPI: CutGitHub}[tree]
	if after != nil {
		if err := after(modules); err != nil {
			return "", err
		}
	}
	return modules, os.WriteFile(filepath.Join(dir, stamp), want, 0o644)
}
