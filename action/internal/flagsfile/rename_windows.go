package flagsfile

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// rename tries again for a while: Windows refuses to replace a file in the
// moment in which a reader has it open.
func rename(root *os.Root, from, to string) error {
	for attempt := 0; ; attempt++ {
		err := root.Rename(from, to)
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || attempt == 200 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
