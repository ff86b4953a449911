//go:build linux || darwin

package stack

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// group is the processes of one stack and their folder.
type group struct {
	dir   string // temporary; removed by stop
	guard *guard

	mu    sync.Mutex
	procs []*process
}

// process is one running server.
type process struct {
	name string
	log  string // file
	pid  int
	quit syscall.Signal
	done chan struct{} // closed when it ended
}

// spec says what to run.
type spec struct {
	name       string
	args       []string
	env        []string // added to a minimal environment
	dir        string   // "": the stack's folder
	quit       syscall.Signal
	credential *syscall.Credential
}

func newGroup() (*group, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	guard, err := startGuard(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &group{dir: dir, guard: guard}, nil
}

// command prepares a command of the stack: its own process group, a minimal
// environment so that no secret of the caller reaches a server, and output to
// <name>.log.
func (g *group) command(s spec) (*exec.Cmd, *os.File, error) {
	log, err := os.OpenFile(g.logFile(s.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Dir = s.dir
	if cmd.Dir == "" {
		cmd.Dir = g.dir
	}
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir, "TMPDIR=" + g.dir, "LC_ALL=C", "TZ=UTC",
	}, s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.credential}
	return cmd, log, nil
}

// run runs a short command to its end.
func (g *group) run(s spec) error {
	cmd, log, err := g.command(s)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, err, tail(log.Name()))
	}
	return nil
}

func (g *group) start(s spec) (*process, error) {
	cmd, log, err := g.command(s)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	p := &process{name: s.name, log: log.Name(), pid: cmd.Process.Pid, quit: s.quit, done: make(chan struct{})}
	if p.quit == 0 {
		p.quit = syscall.SIGKILL
	}
	g.guard.watch(p.pid, p.quit)
	go func() {
		_ = cmd.Wait() // a server has no result; stop and died ask whether it ended
		g.guard.forget(p.pid)
		close(p.done)
	}()
	g.mu.Lock()
	g.procs = append(g.procs, p)
	g.mu.Unlock()
	return p, nil
}

// stop ends all processes and removes their folder.
func (g *group) stop() error {
	g.mu.Lock()
	procs := g.procs
	g.procs = nil
	g.mu.Unlock()
	for _, p := range procs {
		signal(p.pid, p.quit)
	}
	limit := time.After(grace)
	for _, p := range procs {
		select {
		case <-p.done:
		case <-limit:
			for _, p := range procs {
				signal(p.pid, syscall.SIGKILL)
			}
			<-p.done
		}
	}
	err := os.RemoveAll(g.dir)
	g.guard.close()
	return err
}

// died reports the servers that ended before they were stopped, each with the
// end of its log.
func (g *group) died() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, p := range g.procs {
		if p.ended() {
			out = append(out, fmt.Sprintf("%s ended by itself:\n%s", p.name, tail(p.log)))
		}
	}
	return out
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (g *group) logFile(name string) string { return filepath.Join(g.dir, name+".log") }

// tail returns the last lines of a log.
func tail(file string) string {
	const lines, size = 40, 16 << 10
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	b = bytes.TrimSpace(b[max(0, len(b)-size):])
	all := bytes.Split(b, []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
