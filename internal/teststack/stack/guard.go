//go:build linux || darwin

package stack

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// GuardCommand is the first argument with which the program is started as the
// guard; main then calls Guard.
const GuardCommand = "guard"

// grace is how long a process may take to end before it is killed.
const grace = 5 * time.Second

// guard is the parent's end of the guard process.
type guard struct {
	mu   sync.Mutex
	pipe io.WriteCloser
	cmd  *exec.Cmd
}

// startGuard starts the guard of a stack whose folder is dir. The pipe to it
// closes when this process ends, however it ends.
func startGuard(dir string) (*guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, GuardCommand, dir)
	// A session of its own: what is sent to the parent's terminal or group
	// must not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	return &guard{pipe: pipe, cmd: cmd}, nil
}

func (g *guard) watch(pid int, quit syscall.Signal) { g.say("watch", pid, quit) }
func (g *guard) forget(pid int)                     { g.say("forget", pid, 0) }

// say tells the guard. A guard that is gone can guard no more; the parent
// still stops everything itself.
func (g *guard) say(verb string, pid int, quit syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = fmt.Fprintln(g.pipe, verb, pid, int(quit))
}

// close ends the guard. Nothing must be left for it to do.
func (g *guard) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.cmd.Process.Kill()
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}

// Guard is the guard process: it learns from r which process groups run, and
// when r ends it ends those that are left and removes dir.
func Guard(r io.Reader, dir string) error {
	running := map[int]syscall.Signal{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var verb string
		var pid, quit int
		if _, err := fmt.Sscan(lines.Text(), &verb, &pid, &quit); err != nil || pid <= 1 {
			return fmt.Errorf("guard was told %q", lines.Text())
		}
		delete(running, pid)
		if verb == "watch" {
			running[pid] = syscall.Signal(quit)
		}
	}
	for pid, quit := range running {
		signal(pid, quit)
	}
	for limit := time.Now().Add(grace); anyAlive(running) && time.Now().Before(limit); {
		time.Sleep(20 * time.Millisecond)
	}
	for pid := range running {
		signal(pid, syscall.SIGKILL)
	}
	return os.RemoveAll(dir)
}

func anyAlive(pids map[int]syscall.Signal) bool {
	for pid := range pids {
		if syscall.Kill(-pid, 0) == nil {
			return true
		}
	}
	return false
}

// signal sends to a process group; a group that is gone needs no signal.
func signal(pid int, s syscall.Signal) { _ = syscall.Kill(-pid, s) }
