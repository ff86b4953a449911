//go:build unix

package bench

import (
	"syscall"
	"time"
)

// ProcessCPU returns the CPU time that this process has used, in user and
// system mode, on all cores.
func ProcessCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("getrusage of this process: " + err.Error()) // cannot be: no argument can be wrong
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
