package lease

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// processID names this process so that no other one, before or after, has the
// same name and PID: by the start of the system, its PID namespace, and its own
// start. "" where that cannot be read.
func processID() string {
	place, ok := place()
	if !ok {
		return ""
	}
	start, _, err := started("self")
	if err != nil {
		return ""
	}
	return place + "/" + start
}

// place is where a PID means something: this boot, this namespace.
func place() (string, bool) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", false
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", false
	}
	return strings.TrimSpace(string(boot)) + "/" + namespace, true
}

// processEnded reports that the process of that PID and name is gone for
// certain. A namespace whose number is given to another one is gone with all
// its processes.
func processEnded(pid int, id string) bool {
	here, ok := place()
	start, same := strings.CutPrefix(id, here+"/")
	if !ok || !same || start == "" || pid <= 0 {
		return false
	}
	// Other users' processes may be hidden in /proc, but not from a signal.
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return true
	}
	now, state, err := started(fmt.Sprint(pid))
	return err == nil && (now != start || state == "Z" || state == "X")
}

// started reads when a process began, in ticks since the start of the system,
// and its state.
func started(pid string) (start, state string, err error) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return "", "", err
	}
	// The second field, a name in parentheses, may contain anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const stateField, startField = 0, 19 // the 3rd and the 22nd, proc_pid_stat(5)
	if len(fields) <= startField {
		return "", "", errors.New("unknown form of /proc/pid/stat")
	}
	return fields[startField], fields[stateField], nil
}
