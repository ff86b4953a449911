//go:build linux || darwin

package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain plays the other programs that the tests start: the guard, and a
// stack that will be killed.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == GuardCommand:
		if err := Guard(os.Stdin, os.Args[2]); err != nil {
			os.Exit(1)
		}
	case len(os.Args) == 2 && os.Args[1] == "victim":
		victim()
	default:
		os.Exit(m.Run())
	}
}

// victim starts a group with one process, says which, and waits to be killed.
func victim() {
	g, err := newGroup()
	if err != nil {
		panic(err)
	}
	p, err := g.start(spec{name: "sleep", args: []string{"sleep", "600"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.pid, g.dir)
	select {}
}

func TestGuardEndsWhatAKilledStackLeft(t *testing.T) {
	cmd := exec.Command(os.Args[0], "victim")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pidText, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
	pid, err := strconv.Atoi(pidText)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	waitFor(t, "the process to end", func() bool { return syscall.Kill(-pid, 0) != nil })
	waitFor(t, "the folder to go", func() bool { _, err := os.Stat(dir); return errors.Is(err, fs.ErrNotExist) })
}

func TestGroupStop(t *testing.T) {
	g := testGroup(t)
	p, err := g.start(spec{name: "deaf", args: []string{"sh", "-c", "trap '' TERM; echo up; sleep 600 & wait; wait"}, quit: syscall.SIGKILL})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the log", func() bool { return tail(p.log) == "up" })
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if !p.ended() {
		t.Error("the process is alive after stop")
	}
	waitFor(t, "its child to end", func() bool { return syscall.Kill(-p.pid, 0) != nil })
	if _, err := os.Stat(g.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder after stop: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestStartOn(t *testing.T) {
	t.Run("reports the log of what ended", func(t *testing.T) {
		g := testGroup(t)
		_, err := g.startOn(t.Context(), func(string) spec {
			return spec{name: "broken", args: []string{"sh", "-c", "echo cannot read my file; exit 3"}}
		}, never)
		if err == nil || !strings.Contains(err.Error(), "broken ended before it was ready:\ncannot read my file") {
			t.Errorf("error %v", err)
		}
		if d := g.died(); len(d) != 1 || !strings.Contains(d[0], "cannot read my file") {
			t.Errorf("died() = %q", d)
		}
	})
	t.Run("tries another port", func(t *testing.T) {
		g := testGroup(t)
		ports := map[string]bool{}
		_, err := g.startOn(t.Context(), func(port string) spec {
			ports[port] = true
			return spec{name: "unlucky", args: []string{"sh", "-c", "echo address already in use"}}
		}, never)
		if err == nil || len(ports) < 2 {
			t.Errorf("error %v after ports %v, want three tries", err, ports)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		g := testGroup(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := g.startOn(ctx, func(string) spec {
			return spec{name: "slow", args: []string{"sleep", "600"}}
		}, func(context.Context, string, *process) error { cancel(); return errors.New("not yet") })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
	})
}

func never(context.Context, string, *process) error { return errors.New("not yet") }

func TestRun(t *testing.T) {
	s := &Stack{group: testGroup(t), env: []string{"PROMPTFLAG_TEST_X=42"}}
	code, err := s.Run(t.Context(), []string{"sh", "-c", "exit $PROMPTFLAG_TEST_X"})
	if code != 42 || err != nil {
		t.Errorf("Run = %d, %v; want 42, nil", code, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.Run(ctx, []string{"sleep", "600"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run after the deadline: %v, want %v", err, context.DeadlineExceeded)
	}
	if _, err := s.Run(t.Context(), []string{"/no/such/program"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Run of nothing: %v, want %v", err, fs.ErrNotExist)
	}
}

// TestNoSecretsReachServers: servers get a minimal environment.
func TestNoSecretsReachServers(t *testing.T) {
	t.Setenv("PROMPTFLAG_TEST_SECRET", "hunter2")
	g := testGroup(t)
	if err := g.run(spec{name: "env", args: []string{"env"}}); err != nil {
		t.Fatal(err)
	}
	if log := tail(g.logFile("env")); strings.Contains(log, "hunter2") || !strings.Contains(log, "TZ=UTC") {
		t.Errorf("environment of a server:\n%s", log)
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Unleash: 7}, ""},
		{Options{Unleash: 8, Only: []string{"s3", "unleash"}}, ""},
		{Options{Unleash: 6}, "-unleash 6: have 7 and 8"},
		{Options{Unleash: 7, Only: []string{"mysql"}}, "-only mysql: have unleash, s3, gcs, azure, aimock, github and act"},
	} {
		got := ""
		if err := tt.o.check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("check(%+v) = %q, want %q", tt.o, got, tt.want)
		}
	}
}

func TestTraversable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "closed")
	if err := os.MkdirAll(filepath.Join(dir, "open"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if traversable(filepath.Join(dir, "open")) {
		t.Error("a folder below one with mode 0700 is said to be reachable")
	}
	if !traversable("/") {
		t.Error("/ is said to be unreachable")
	}
}

func TestPostmasterReady(t *testing.T) {
	dir := t.TempDir()
	write := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "postmaster.pid"), []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("42", dir, "0", "5432", "", "127.0.0.1", "0", "starting")
	if postmasterReady(dir, 42) == nil {
		t.Error("ready while it says starting")
	}
	write("42", dir, "0", "5432", "", "127.0.0.1", "0", "ready   ", "")
	if err := postmasterReady(dir, 42); err != nil {
		t.Error(err)
	}
	if postmasterReady(dir, 43) == nil {
		t.Error("ready by the file of another process")
	}
}

func TestGet(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, "hello")
	}))
	defer srv.Close()
	if body, err := get(t.Context(), srv.URL+"/up"); body != "hello" || err != nil {
		t.Errorf("get = %q, %v", body, err)
	}
	if _, err := get(t.Context(), srv.URL+"/down"); err == nil {
		t.Error("get of a 503: no error")
	}
}

func testGroup(t *testing.T) *group {
	t.Helper()
	g, err := newGroup()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
