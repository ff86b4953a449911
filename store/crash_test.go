package store_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/store"
)

// The test binary runs itself as a helper process, for what a test cannot do to
// itself: being killed, and limits that cannot be taken back.
const (
	helperEnv = "PROMPTFLAG_STORE_HELPER" // what to be: writer, full
	dirEnv    = "PROMPTFLAG_STORE_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(helperEnv) {
	case "writer":
		os.Exit(writeForEver(os.Getenv(dirEnv)))
	case "full":
		os.Exit(writeOnFullDisk(os.Getenv(dirEnv)))
	}
	os.Exit(m.Run())
}

func helper(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), helperEnv+"="+what, dirEnv+"="+dir)
	return cmd
}

func writeForEver(dir string) int {
	d, err := store.NewDir(dir)
	if err != nil {
		return 1
	}
	if os.Getenv("PROMPTFLAG_STORE_WITHOUT_LINKS") != "" {
		store.WithoutLinks(d)
	}
	b := store.New(d)
	data := make([]byte, 300_000)
	for {
		rand.Read(data)
		if _, _, err := b.Put(context.Background(), data); err != nil {
			return 1
		}
	}
}

// TestDirKilled kills writers in the middle of a write, again and again in the
// same directory. Everything that can be seen afterwards is whole.
func TestDirKilled(t *testing.T) {
	t.Run("links", func(t *testing.T) { testKilled(t) })
	t.Run("without_links", func(t *testing.T) { testKilled(t, "PROMPTFLAG_STORE_WITHOUT_LINKS=1") })
}

func testKilled(t *testing.T, env ...string) {
	dir := t.TempDir()
	d := newDir(t, dir)
	temps, seen := 0, 0
	for round := range 12 {
		cmd := helper(t, "writer", dir)
		cmd.Env = append(cmd.Env, env...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForMore(t, d, seen)
		time.Sleep(time.Duration(round) * 311 * time.Microsecond) // another moment of the write each time
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		seen = checkWhole(t, d)
		temps = len(filesIn(t, dir)) - seen
	}
	t.Logf("12 kills: %d blobs, all whole; %d hidden leftovers", seen, temps)
}

// waitForMore waits until the writer has written something new.
func waitForMore(t *testing.T, d *store.Dir, seen int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		n := 0
		for _, err := range d.List(t.Context(), "blobs/") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n > seen {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the writer writes nothing")
}

// checkWhole reads every blob that is listed and returns how many there are.
func checkWhole(t *testing.T, d *store.Dir) int {
	t.Helper()
	b := store.New(d)
	n := 0
	for o, err := range d.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(o.Key, "blobs/sha256/") {
			t.Errorf("listed: %s", o.Key)
			continue
		}
		if _, err := b.Get(t.Context(), "sha256:"+path.Base(o.Key)); err != nil {
			t.Errorf("after a kill: %v", err)
		}
		n++
	}
	return n
}

func contextWithTimeout(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 100*time.Millisecond)
}
