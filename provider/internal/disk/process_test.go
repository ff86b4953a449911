package disk

import (
	"bufio"
	"bytes"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary runs itself as a helper process, for what a test cannot do to
// itself: being killed, and limits that cannot be taken back.
const (
	helperEnv = "PROMPTFLAG_DISK_HELPER" // what to be
	dirEnv    = "PROMPTFLAG_DISK_DIR"
)

func TestMain(m *testing.M) {
	c, err := Open(os.Getenv(dirEnv), &Options{MaxBytes: 8 * 4096})
	if err != nil {
		c = nil
	}
	switch os.Getenv(helperEnv) {
	case "":
		goleak.VerifyTestMain(m)
	case "worker":
		err = work(c, 400)
	case "writer":
		err = writeForEver(c)
	case "full":
		err = writeOnFullDisk(c)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
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

// blobNumber is one of the blobs that all processes share.
func blobNumber(i int) []byte {
	return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 2048)
}

// stateOf is a state that says itself whether it is whole.
func stateOf(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1+i*1009%200_000) }

func whole(state []byte) bool {
	return len(state) > 0 && bytes.Count(state, state[:1]) == len(state) && bytes.Equal(state, stateOf(int(state[0])))
}

// work does all that a provider does, n times, and returns the first thing that
// is not as it should be.
func work(c *Cache, n int) error {
	var last time.Time
	for range n {
		i := rand.IntN(32)
		data := blobNumber(i)
		var err error
		switch rand.IntN(8) {
		case 0, 1:
			err = c.PutBlob(digestOf(data), data)
		case 2:
			err = c.WriteState("feed", stateOf(rand.IntN(256)))
		case 3:
			if err = c.Touch("feed", time.Now()); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		case 4:
			var state []byte
			if state, last, err = c.ReadState("feed"); err == nil && (!whole(state) || last.IsZero()) {
				err = fmt.Errorf("state of %d bytes is not whole", len(state))
			}
		case 5:
			err = c.Prune(func(digest string) bool { return digest == digestOf(blobNumber(0)) })
		case 6:
			damage(c, i)
		default:
			var got []byte
			if got, err = c.Blob(digestOf(data)); err == nil && !bytes.Equal(got, data) {
				err = errors.New("a blob with other bytes")
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// damage puts other bytes in the place of a blob, as a bad disk does.
func damage(c *Cache, i int) {
	name, err := blobName(digestOf(blobNumber(i)))
	if err == nil {
		_ = c.write(name, []byte("damaged"))
	}
}

// TestProcesses: several processes with several goroutines each use one
// directory, put blobs, damage and prune them. Nobody ever sees an error, or
// bytes that are not what they should be.
func TestProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	var wg sync.WaitGroup
	for range 3 {
		cmd := helper(t, "worker", dir)
		wg.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("worker: %v\n%s", err, out)
			}
		})
	}
	c, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		wg.Go(func() {
			if err := work(c, 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, path := range filesIn(t, dir) {
		if strings.HasPrefix(filepath.Base(path), tempPrefix) {
			t.Errorf("%s is left over", path)
		}
	}
}

// writeForEver says so after each new blob and state.
func writeForEver(c *Cache) error {
	for {
		data := make([]byte, 300_000)
		crand.Read(data)
		if err := c.PutBlob(digestOf(data), data); err != nil {
			return err
		}
		if err := c.WriteState("feed", stateOf(rand.IntN(256))); err != nil {
			return err
		}
		fmt.Println("written")
	}
}

// TestKilled kills writers in the middle of a write, again and again in the same
// directory. What can be seen afterwards is whole, and what cannot be seen goes
// with a later Prune.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	later := time.Now().Add(2 * time.Hour)
	c, err := Open(dir, &Options{Now: func() time.Time { return later }})
	if err != nil {
		t.Fatal(err)
	}
	temps := 0
	for round := range 12 {
		killWriter(t, dir, round)
		if state, _, err := c.ReadState("feed"); err != nil || !whole(state) {
			t.Errorf("after a kill: state of %d bytes, %v", len(state), err)
		}
		temps = 0
		for _, path := range filesIn(t, filepath.Join(dir, "blobs")) {
			if strings.HasPrefix(filepath.Base(path), tempPrefix) {
				temps++
			} else if _, err := c.Blob("sha256:" + filepath.Base(path)); err != nil {
				t.Errorf("after a kill: %v", err)
			}
		}
	}
	if err := c.Prune(nil); err != nil {
		t.Error(err)
	}
	files := filesIn(t, dir)
	t.Logf("12 kills: %d files, all whole; %d blobs had been begun", len(files), temps)
	for _, path := range files {
		if strings.HasPrefix(filepath.Base(path), tempPrefix) {
			t.Errorf("%s is left over", path)
		}
	}
}

func killWriter(t *testing.T, dir string, round int) {
	t.Helper()
	cmd := helper(t, "writer", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Errorf("the writer says %q, %v", line, err)
	}
	time.Sleep(time.Duration(round) * 311 * time.Microsecond) // another moment of the write each time
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
}
