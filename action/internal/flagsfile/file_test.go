package flagsfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/flags"
)

func newFile(t *testing.T, dir string) *File {
	t.Helper()
	f, err := New(dir, "production", nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// everyMethod calls the methods on flag support.triage and strategy "x".
func everyMethod(t *testing.T, f *File) map[string]error {
	ctx, flag := t.Context(), "support.triage"
	errs := map[string]error{
		"Ping":    f.Ping(ctx),
		"Create":  f.Create(ctx, flags.New{Name: flag, Prompt: flag}),
		"Patch":   f.Patch(ctx, flag, "x", flags.Patch{}),
		"Reorder": f.Reorder(ctx, flag, map[string]int{"x": 1}),
		"Delete":  f.Delete(ctx, flag, "x"),
		"Switch":  f.Switch(ctx, flag, true),
		"Link":    f.Link(ctx, flag, "https://example.com/1", "PR 1"),
	}
	_, errs["Export"] = f.Export(ctx)
	_, errs["Read"] = f.Read(ctx, flag)
	_, errs["Add"] = f.Add(ctx, flag, flags.Strategy{Name: flags.StrategyName})
	_, errs["Exposures"] = f.Exposures(ctx, flag)
	return errs
}

func TestNew(t *testing.T) {
	for _, env := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a b", "a\x00", strings.Repeat("a", 101)} {
		if _, err := New(t.TempDir(), env, nil); err == nil {
			t.Errorf("New(dir, %q) = nil, want an error", env)
		}
	}
	if _, err := New("", "production", nil); err == nil {
		t.Error("New with an empty path = nil, want an error")
	}
	t.Chdir(t.TempDir())
	f := newFile(t, "flags")
	t.Chdir(t.TempDir())
	if wd, _ := os.Getwd(); strings.HasPrefix(f.Describe(), "file "+wd) || !strings.HasSuffix(f.Describe(), filepath.Join("flags", "production.json")) {
		t.Errorf("Describe() = %s, want the path from where New was called", f.Describe())
	}
}

// TestNoDocument: nothing written yet is an environment without flags, and
// reading makes no files.
func TestNoDocument(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	f := newFile(t, dir)
	if err := f.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if all, err := f.Export(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("Export = %v, %v; want none", all, err)
	}
	if _, err := f.Read(t.Context(), "support.triage"); !errors.Is(err, flags.ErrNotFound) {
		t.Errorf("Read: %v, want ErrNotFound", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made %s", dir)
	}
	if err := f.Create(t.Context(), flags.New{Name: "support.triage", Prompt: "support.triage"}); err != nil {
		t.Errorf("Create: %v", err)
	}
	if err := f.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// TestWhoseFlag: flags of others are not touched, and each error says why.
func TestWhoseFlag(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `{"promptflagFlags":1,"environment":"production","revision":1,"features":[
	  {"name":"gone","project":"default","archived":true,"strategies":[{"id":"x","name":"flexibleRollout"}]},
	  {"name":"theirs","project":"billing","strategies":[{"id":"y","name":"flexibleRollout"}]}]}`)
	f := newFile(t, dir)
	ctx := t.Context()
	for flag, want := range map[string]error{"gone": flags.ErrArchived, "theirs": flags.ErrOtherProject} {
		_, readErr := f.Read(ctx, flag)
		_, addErr := f.Add(ctx, flag, flags.Strategy{Name: flags.StrategyName})
		for name, err := range map[string]error{
			"Read": readErr, "Add": addErr,
			"Create": f.Create(ctx, flags.New{Name: flag, Prompt: flag}),
			"Patch":  f.Patch(ctx, flag, "x", flags.Patch{}),
			"Delete": f.Delete(ctx, flag, "x"),
			"Switch": f.Switch(ctx, flag, true),
			"Link":   f.Link(ctx, flag, "https://example.com/1", ""),
		} {
			if !errors.Is(err, want) || !strings.Contains(err.Error(), flag) || !strings.Contains(err.Error(), f.Describe()) {
				t.Errorf("%s(%s): error %v, want %v, naming flag and file", name, flag, err, want)
			}
		}
	}
	all, err := f.Export(ctx)
	if diff := cmp.Diff(map[string]flags.Flag{}, all); diff != "" || err != nil {
		t.Errorf("Export: %v (-want +got):\n%s", err, diff)
	}
	theirs, err := New(dir, "production", &Options{Project: "billing"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Read(ctx, "theirs"); err != nil {
		t.Errorf("Read in its own project: %v", err)
	}
	if got := revision(t, f); got != 1 {
		t.Errorf("revision = %d, want 1: nothing changed", got)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := newFile(t, t.TempDir())
	if err := f.Create(ctx, flags.New{Name: "a", Prompt: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Create: %v, want canceled", err)
	}
	if _, err := f.Export(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Export: %v, want canceled", err)
	}
}

func TestReplaceKeepsMode(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `{"promptflagFlags":1,"environment":"production"}`)
	path := filepath.Join(dir, "production.json")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".tmp", []byte("left by a crash"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := newFile(t, dir).Create(t.Context(), flags.New{Name: "a", Prompt: "a"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	// Windows has no more than a read-only bit.
	if got := info.Mode().Perm(); got != 0o600 && got != 0o666 {
		t.Errorf("mode = %v, want it as it was", got)
	}
	if _, err := os.Stat(path + ".tmp"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary file is still there")
	}
}

func write(t *testing.T, dir, document string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "production.json"), []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
}

func revision(t *testing.T, f *File) int64 {
	t.Helper()
	d, err := f.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d.Revision
}

// TestArchive: revived by hand, a flag is OFF, as on a server.
func TestArchive(t *testing.T) {
	f := newFile(t, t.TempDir())
	ctx := t.Context()
	must(t, f.Create(ctx, flags.New{Name: flag, Prompt: flag}))
	add(t, f, stable())
	must(t, f.Switch(ctx, flag, true))
	must(t, f.Archive(ctx, flag))
	must(t, f.Archive(ctx, flag))
	must(t, f.update(ctx, "revive", func(d *document) error { d.change(d.Features[0]).Archived = false; return nil }))
	if read(t, f).Enabled {
		t.Error("it is ON")
	}
}
