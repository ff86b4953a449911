//go:build linux || darwin

package stack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Run runs a command with the variables of the stack, empty standard input and
// our standard output and error, and returns its exit code. When ctx ends, so
// does the command with all that it started; the error is then ctx's.
func (s *Stack) Run(ctx context.Context, command []string) (code int, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 2 * grace
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid := cmd.Process.Pid
	s.group.guard.watch(pid, syscall.SIGTERM)
	err = cmd.Wait()
	// What the command left running has no servers any more.
	signal(pid, syscall.SIGKILL)
	s.group.guard.forget(pid)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	return 0, err
}
