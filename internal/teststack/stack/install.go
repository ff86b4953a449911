//go:build linux || darwin

package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/promptflag/promptflag/internal/teststack/npm"
)

// goTool is a server, or another tool, that is a Go program.
type goTool struct{ name, pkg, version string }

var (
	versitygw = goTool{"versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"}
	fakeGCS   = goTool{"fake-gcs-server", "github.com/fsouza/fake-gcs-server", "v1.56.1"}
	act       = goTool{"act", "github.com/nektos/act", "v0.2.89"}
)

// cache is the folder that keeps installed servers: bin and npm.
type cache string

func (c cache) modules(tree string) string {
	return filepath.Join(string(c), "npm", tree, "node_modules")
}

// specification is the folder of the client specification's files.
func (c cache) specification() string {
	return filepath.Join(c.modules(npm.Specification), "@unleash", "client-specification", "specifications")
}

func (c cache) binary(t goTool) string {
	return filepath.Join(string(c), "bin", t.name+"@"+t.version)
}

// Install installs the servers that the options ask for and that are not
// installed yet.
func Install(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := openCache(o.Cache)
	if err != nil {
		return err
	}
	// Another run may install at the same time, in the same folder.
	unlock, err := lock(filepath.Join(string(c), "teststack.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	var trees []string
	if o.wants(Unleash) {
		trees = append(trees, unleashTrees[o.Unleash].tree, npm.Specification)
		if systemPostgres(ctx) == "" {
			trees = append(trees, npm.Postgres)
		}
	}
	if o.wants(Azure) {
		trees = append(trees, npm.Azurite)
	}
	if o.wants(Aimock) {
		trees = append(trees, npm.Aimock)
	}
	if o.wants(GitHub) {
		trees = append(trees, npm.Prism, npm.OpenAPI)
	}
	for _, tree := range trees {
		if err := o.timed("npm tree "+tree, func() error {
			_, err := npm.Install(ctx, tree, filepath.Join(string(c), "npm", tree))
			return err
		}); err != nil {
			return err
		}
	}
	if o.wants(S3) {
		err = o.timed(versitygw.name, func() error { return c.installTool(ctx, versitygw) })
	}
	if err == nil && o.wants(GCS) {
		err = o.timed(fakeGCS.name, func() error { return c.installTool(ctx, fakeGCS) })
	}
	if err == nil && o.wants(Act) {
		err = o.timed(act.name, func() error { return c.installTool(ctx, act) })
	}
	return err
}

// timed runs one install and says how long it took, if there was much to do.
func (o Options) timed(what string, install func() error) error {
	begin := time.Now()
	err := install()
	if d := time.Since(begin); err == nil && d > time.Second {
		o.logf("installed %s in %.0f s", what, d.Seconds())
	}
	return err
}

// installTool builds a Go program at its version, outside of our module.
func (c cache) installTool(ctx context.Context, t goTool) error {
	if _, err := os.Stat(c.binary(t)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	bin := filepath.Dir(c.binary(t))
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(bin, "install-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	cmd := exec.CommandContext(ctx, "go", "install", "-ldflags=-s -w", t.pkg+"@"+t.version)
	cmd.Dir = tmp
	cmd.Env = append(os.Environ(), "GOBIN="+tmp, "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go install %s@%s: %w\n%s", t.pkg, t.version, err, bytes.TrimSpace(out))
	}
	return os.Rename(filepath.Join(tmp, t.name), c.binary(t))
}

// openCache returns dir, or .work of the repository around the working
// directory.
func openCache(dir string) (cache, error) {
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, ".work")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return cache(dir), os.MkdirAll(dir, 0o755)
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && slices.Contains(lines(b), "module github.com/promptflag/promptflag") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside the promptflag repository: run from there, or name a folder in PROMPTFLAG_STACK_CACHE")
		}
	}
}

func lines(b []byte) []string {
	var out []string
	for l := range bytes.Lines(b) {
		out = append(out, string(bytes.TrimSpace(l)))
	}
	return out
}

// lock waits for the file lock; the system releases it if the process dies.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", file, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
