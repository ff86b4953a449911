package npm

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTreesArePinned: exact versions, digests for everything, and no word of
// where it was downloaded from.
func TestTreesArePinned(t *testing.T) {
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+(-[a-z0-9.]+)?$`)
	for _, tree := range []string{Unleash7, Unleash8, Azurite, Aimock, Postgres, Specification, Prism, OpenAPI} {
		var pkg struct{ Dependencies map[string]string }
		read(t, tree+"/package.json", &pkg)
		var lock struct {
			Packages map[string]struct {
				Version, Integrity, Resolved string
				Link                         bool
			}
		}
		read(t, tree+"/package-lock.json", &lock)
		if len(pkg.Dependencies) != 1 || len(lock.Packages) < 2 {
			t.Errorf("%s: %d dependencies, %d locked packages", tree, len(pkg.Dependencies), len(lock.Packages))
		}
		for name, version := range pkg.Dependencies {
			if !exact.MatchString(version) || lock.Packages["node_modules/"+name].Version != version {
				t.Errorf("%s: %s is %q, locked as %q", tree, name, version, lock.Packages["node_modules/"+name].Version)
			}
		}
		for path, p := range lock.Packages {
			if path != "" && (p.Integrity == "" || p.Resolved != "" || p.Link) {
				t.Errorf("%s: %s has integrity %q, resolved %q", tree, path, p.Integrity, p.Resolved)
			}
		}
	}
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	b, err := trees.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestInstallDoesNothingTwice(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "tree")
	calls := filepath.Join(t.TempDir(), "calls")
	// A stand-in for npm: this test is about when it is called.
	script := "#!/bin/sh\necho \"$@\" >> " + calls + "\ntest ! -e " + bin + "/broken\n"
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	install := func() error { _, err := Install(t.Context(), Unleash7, dir); return err }
	count := func() int {
		b, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "ci --ignore-scripts")
	}
	write := func(name, s string) {
		if err := os.WriteFile(name, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(bin, "broken"), "")
	if err := install(); err == nil {
		t.Error("npm failed, Install did not")
	}
	if err := os.Remove(filepath.Join(bin, "broken")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := install(); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != 2 {
		t.Errorf("npm was called %d times, want 2: once failing, once not", n)
	}
	write(filepath.Join(dir, stamp), "of another lock file\n")
	if err := install(); err != nil || count() != 3 {
		t.Errorf("after another lock file: %v, npm was called %d times, want 3", err, count())
	}
}

func TestHydrateLinks(t *testing.T) {
	modules := t.TempDir()
	if _, err := PostgresHome(modules); err == nil {
		t.Error("PostgresHome found a PostgreSQL in an empty folder")
	}
	home := filepath.Join(modules, "@embedded-postgres", "linux-x64", "native")
	if err := os.MkdirAll(filepath.Join(home, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := HydrateLinks(modules); err != nil {
		t.Fatalf("without a list: %v", err)
	}
	list := `[{"source":"native/lib/libicuuc.so.60.2","target":"native/lib/libicuuc.so.60"}]`
	for name, content := range map[string]string{"lib/libicuuc.so.60.2": "lib", "pg-symlinks.json": list} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second finds the links there
		if err := HydrateLinks(modules); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.Readlink(filepath.Join(home, "lib", "libicuuc.so.60")); got != "libicuuc.so.60.2" || err != nil {
		t.Errorf("link = %q, %v", got, err)
	}
	evil := `[{"source":"native/lib/x","target":"../outside"}]`
	if err := os.WriteFile(filepath.Join(home, "pg-symlinks.json"), []byte(evil), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := HydrateLinks(modules); err == nil {
		t.Error("a link outside of the package was made")
	}
	if _, err := os.Lstat(filepath.Join(modules, "@embedded-postgres", "outside")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("outside: %v", err)
	}
}

// TestCutGitHub: what we ask for stays with all that it refers to, the rest goes.
func TestCutGitHub(t *testing.T) {
	modules := t.TempDir()
	generated := filepath.Join(modules, "@octokit", "openapi", "generated")
	if err := os.MkdirAll(generated, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := CutGitHub(modules); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a description: %v", err)
	}
	description := `{"openapi":"3.0.3","info":{},"paths":{"/repos/{owner}/{repo}/pulls/{pull_number}":{"$ref":"#/components/schemas/a"},"/repos/{owner}/{repo}/pullsX":{"$ref":"#/components/schemas/c"},"/gists":{}},
		"components":{"schemas":{"a":{"$ref":"#/components/schemas/b"},"b":{"$ref":"#/components/schemas/a"},"c":{}}}}`
	if err := os.WriteFile(filepath.Join(generated, "api.github.com.json"), []byte(description), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CutGitHub(modules); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(GitHubDescription(modules))
	want := `{"components":{"schemas":{"a":{"$ref":"#/components/schemas/b"},"b":{"$ref":"#/components/schemas/a"}}},"info":{},"openapi":"3.0.3","paths":{"/repos/{owner}/{repo}/pulls/{pull_number}":{"$ref":"#/components/schemas/a"}}}`
	if err != nil || string(got) != want {
		t.Errorf("cut to %s, %v, want %s", got, err, want)
	}
	if _, err := os.Stat(generated); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the package is still there: %v", err)
	}
}
