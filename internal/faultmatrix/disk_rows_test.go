//go:build unix

package faultmatrix

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/promptflag/promptflag/internal/faultproxy"
	"github.com/promptflag/promptflag/prompts"
)

// snapshot is what the disk has of the last good feed.
func snapshot(dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "state", "*-feed"))
	text := ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "" // it is being replaced
		}
		text += string(b)
	}
	return text
}

// written says whether a cache has the last feed and the last good state.
func written(dir string) error {
	for _, name := range []string{"*-feed", "*-state-*"} {
		if files, err := filepath.Glob(filepath.Join(dir, "state", name)); err != nil || len(files) == 0 {
			return fmt.Errorf("no %s in the cache %v", name, err)
		}
	}
	return nil
}

// onDisks does f to the cache of every cell that has one.
func onDisks(f func(dir string) error) func(*stage) error {
	return func(st *stage) error {
		return st.each(func(c *cell) error {
			if _, err := os.Stat(c.dir); err != nil {
				if err := os.Mkdir(c.dir, 0o700); err != nil {
					return err
				}
			}
			return f(c.dir)
		})
	}
}

// both does one thing and then the other.
func both(f, g func(*stage) error) func(*stage) error {
	return func(st *stage) error { return errors.Join(f(st), g(st)) }
}

// intoFile puts a file where the cache was, whatever a running process still
// writes there.
func intoFile(dir string) error {
	for try := 0; ; try++ {
		err := os.Rename(dir, fmt.Sprintf("%s.%d", dir, try))
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = os.WriteFile(dir, []byte("not a directory\n"), 0o600)
		}
		if err == nil || try == 100 {
			return err
		}
	}
}

// damage changes one byte in files of a cache; where there is a cache, the files
// must be there.
func damage(names ...string) func(dir string) error {
	return func(dir string) error {
		if _, err := os.Stat(filepath.Join(dir, "state")); err != nil {
			return nil // a cell without
		}
		for _, name := range names {
			files, err := filepath.Glob(filepath.Join(dir, name))
			if err != nil || len(files) == 0 {
				return fmt.Errorf("no %s in the cache: %w", name, err)
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					return err
				}
				b[len(b)/2] ^= 0x01
				if err := os.WriteFile(f, b, 0o600); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func blobFile(prompt, version string) string {
	return "blobs/sha256/" + strings.TrimPrefix(string(prompts.DigestOf(artifact(prompt, version))), "sha256:")
}

// fill lets no file grow beyond a few bytes, in this whole process: what the
// kernel says is the same as on a full disk.
func fill(st *stage) error { return limitFiles(st, 64) }

func free(st *stage) error { return limitFiles(st, st.files.Cur) }

func limitFiles(st *stage, most uint64) error {
	if st.files == nil {
		st.files = &syscall.Rlimit{}
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, st.files); err != nil {
			return err
		}
		signal.Ignore(syscall.SIGXFSZ)
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: st.files.Max})
}

const nobody = 65534

// protect takes away the right to write to the caches. Root has it always, and
// is somebody else until it gets it back.
func protect(st *stage) error {
	root := os.Geteuid() == 0
	err := onDisks(func(dir string) error {
		if root { // the folders above are the test's own
			for above := filepath.Dir(dir); above != os.TempDir() && above != "/"; above = filepath.Dir(above) {
				if err := os.Chmod(above, 0o755); err != nil {
					return err
				}
			}
		}
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if root {
				if err := os.Chown(path, nobody, nobody); err != nil {
					return err
				}
			}
			if d.IsDir() {
				return os.Chmod(path, 0o500)
			}
			return nil
		})
	})(st)
	if err == nil && root {
		err = syscall.Setreuid(-1, nobody)
	}
	return err
}

func unprotect(st *stage) error {
	if os.Getuid() == 0 {
		if err := syscall.Setreuid(-1, 0); err != nil {
			return err
		}
	}
	return onDisks(func(dir string) error {
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, 0o700)
			}
			return err
		})
	})(st)
}

// diskRows are faults of the disk: while new versions are published, and while
// both servers are away.
func diskRows() []*row {
	published := answers{"dialled": "4 SPLIT", "simple": "3 STATIC"}
	stopped := faultproxy.Stop()
	lost := noServer("stopped")
	lost[onDisk] = outcome{answers: healthy(false).all("default PROVIDER_NOT_READY"), events: initFails, excuse: "the disk is gone"}

	corrupt := onDisks(damage(blobFile(canary, "2"), blobFile(simple, "1")))
	corruptFeed := onDisks(damage("state/*-feed"))
	corruptAll := onDisks(damage("state/*", "blobs/sha256/*"))
	asAsked := map[start]outcome{onDisk: {}, bundled: {}}
	stables := answers{"dialled": "1 STALE", "others": "1 STALE", "simple": "1 STALE", "off": "1 STALE", "plain": "default FLAG_NOT_FOUND"}
	return []*row{
		{where: "disk", what: "cache is a file", own: true, before: both(onDisks(intoFile), (*stage).publish), asked: published, want: everywhere(nil, "")},
		{where: "disk, servers stopped", what: "cache is a file", unleash: stopped, s3: stopped, before: onDisks(intoFile), want: lost},
		{where: "disk", what: "disk full", alone: true, own: true, before: both(fill, (*stage).publish), lift: free, asked: published, want: everywhere(nil, "")},
		{where: "disk, servers stopped", what: "disk full", alone: true, unleash: stopped, s3: stopped, before: fill, lift: free, want: noServer("stopped")},
		{where: "disk", what: "cache read-only", alone: true, own: true, before: both(protect, (*stage).publish), lift: unprotect, asked: published, want: everywhere(nil, "")},
		{where: "disk, servers stopped", what: "cache read-only", alone: true, unleash: stopped, s3: stopped, before: protect, lift: unprotect, want: noServer("stopped")},
		{where: "disk", what: "corrupt blobs", usedDisk: true, before: corrupt, want: asAsked},
		{
			where: "disk, servers stopped", what: "corrupt blobs", usedDisk: true, fetchFails: true, before: corrupt, unleash: stopped, s3: stopped,
			want: map[start]outcome{
				onDisk: {
					answers: answers{"dialled": "1 STALE (asked 2)", "simple": "default GENERAL"}, events: "ERROR",
					excuse: "the only copy of simple is damaged",
				},
				bundled: {events: "STALE"},
			},
		},
		{where: "disk", what: "corrupt feed", usedDisk: true, before: corruptFeed, want: asAsked},
		{
			where: "disk, servers stopped", what: "corrupt feed", usedDisk: true, before: corruptFeed, unleash: stopped, s3: stopped,
			want: map[start]outcome{
				onDisk:  {answers: stables, events: "ERROR", excuse: "only the damaged feed has the plain flag"},
				bundled: {answers: stables, events: "ERROR", excuse: "the last good state comes before the bundle's feed, and has no plain flags"},
			},
		},
		{where: "disk", what: "all corrupt", usedDisk: true, before: corruptAll, want: asAsked},
		{
			where: "disk, servers stopped", what: "all corrupt", usedDisk: true, before: corruptAll, unleash: stopped, s3: stopped,
			want: map[start]outcome{onDisk: lost[onDisk], bundled: lost[bundled]},
		},
	}
}
