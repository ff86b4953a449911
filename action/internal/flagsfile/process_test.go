package flagsfile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// The test binary starts itself as a writer: FLAGSFILE_HELPER is what to do,
// the arguments are the directory and a name.
func TestMain(m *testing.M) {
	do, ok := map[string]func(dir, name string) error{
		"write": writeForever, "hold": holdLock, "full": writeOnFullDisk,
	}[os.Getenv("FLAGSFILE_HELPER")]
	if !ok {
		os.Exit(m.Run())
	}
	if err := do(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func helper(ctx context.Context, t *testing.T, do, dir, name string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe, dir, name)
	cmd.Env = append(os.Environ(), "FLAGSFILE_HELPER="+do)
	return cmd
}

// writeForever adds links to one flag and prints the number of each after it is
// written, until it is killed.
func writeForever(dir, name string) error {
	f, err := New(dir, "production", nil)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := f.Link(context.Background(), flag, fmt.Sprintf("https://example.com/%s/%d", name, i), ""); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func holdLock(dir, _ string) error {
	f, err := New(dir, "production", nil)
	if err != nil {
		return err
	}
	return f.locked(context.Background(), func(*os.Root) error {
		fmt.Println("locked")
		time.Sleep(time.Hour) // until killed
		return nil
	})
}

// TestProcesses: several processes write as fast as they can and are killed in
// the middle of it. Each change that one of them reported is there, at most one
// more of each, and nobody ever saw half a document.
func TestProcesses(t *testing.T) {
	f := newFlag(t)
	const processes, each = 4, 8
	stopReader := readAllTheTime(t, f)
	var wg sync.WaitGroup
	reported := make([]int, processes)
	for p := range processes {
		wg.Go(func() { reported[p] = runUntil(t, f.dir, p, each) })
	}
	wg.Wait()
	stopReader()

	d, err := f.read(t.Context())
	must(t, err)
	x, err := f.find(d, flag)
	must(t, err)
	have := map[string]bool{}
	for _, l := range x.Links {
		have[l.URL] = true
	}
	if d.Revision != int64(1+len(x.Links)) || len(have) != len(x.Links) {
		t.Errorf("revision %d with %d links, %d of them different", d.Revision, len(x.Links), len(have))
	}
	for p, n := range reported {
		for i := range n {
			if !have[fmt.Sprintf("https://example.com/%d/%d", p, i)] {
				t.Errorf("change %d of process %d is lost", i, p)
			}
		}
		if have[fmt.Sprintf("https://example.com/%d/%d", p, n+1)] {
			t.Errorf("process %d reported %d changes, more are there", p, n)
		}
	}
	must(t, f.Switch(t.Context(), flag, true)) // nobody left holds the lock
}

// runUntil starts a writer, waits for some changes, kills it and returns how
// many it reported in all.
func runUntil(t *testing.T, dir string, name, changes int) (reported int) {
	cmd := helper(t.Context(), t, "write", dir, fmt.Sprint(name))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return 0
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != fmt.Sprint(reported) {
			t.Errorf("writer %d: %s", name, lines.Text())
		}
		reported++
		if reported == changes {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if reported < changes {
		t.Errorf("writer %d reported %d changes, want %d at least", name, reported, changes)
	}
	return reported
}

// readAllTheTime reads until stopped; each document is whole and no older than
// the one before.
func readAllTheTime(t *testing.T, f *File) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		var last int64
		for {
			select {
			case <-done:
				return
			default:
			}
			d, err := f.read(t.Context())
			if err != nil {
				t.Errorf("reader: %v", err)
				return
			}
			if d.Revision < last {
				t.Errorf("reader: revision %d after %d", d.Revision, last)
			}
			last = d.Revision
		}
	}()
	return func() { close(done); <-stopped }
}

// TestLockHeld: a writer waits for a living process, says which file it waits
// for, and goes on when that process is gone.
func TestLockHeld(t *testing.T) {
	f := newFlag(t)
	cmd := helper(t.Context(), t, "hold", f.dir, "")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("helper printed %q, %v", line, err)
	}
	path := filepath.Join(f.dir, "production.json.lock")

	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan error)
	go func() { cancelled <- f.Switch(ctx, flag, true) }()
	cancel()
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Errorf("Switch with a cancelled context: %v", err)
	}
	f.lockWait = 10 * time.Millisecond
	if err := f.Switch(t.Context(), flag, true); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "another process holds "+path) {
		t.Errorf("Switch: error %v, want the lock that is held", err)
	}
	if read(t, f).Enabled {
		t.Error("enabled without the lock")
	}

	f.lockWait = lockWait
	waited := make(chan error)
	go func() { waited <- f.Switch(t.Context(), flag, true) }()
	cmd.Process.Kill()
	cmd.Wait()
	if err := <-waited; err != nil || !read(t, f).Enabled {
		t.Errorf("Switch after the holder was killed: %v", err)
	}
}

// TestManyInOneProcess: the lock also keeps apart the callers of one process.
func TestManyInOneProcess(t *testing.T) {
	f := newFlag(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := f.Create(t.Context(), flags.New{Name: fmt.Sprint("p", i), Prompt: "p"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all, err := f.Export(t.Context()); len(all) != 9 || err != nil {
		t.Errorf("%d flags, %v; want 9", len(all), err)
	}
	data, err := os.ReadFile(f.Document())
	if must(t, err); !bytes.Contains(data, []byte(`"revision": 9,`)) {
		t.Errorf("want revision 9 in\n%s", data)
	}
}
