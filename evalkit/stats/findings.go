package stats

import (
	"fmt"
	"strings"
)

// shown is how many findings an error spells out; a hundred thousand cases may
// all be wrong.
const shown = 10

// findings are what is wrong with an argument, all of it.
type findings struct {
	list []string
	more int
}

func (f *findings) add(format string, args ...any) {
	if len(f.list) == shown {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// err is nil when there are none.
func (f *findings) err(doing string) error {
	if len(f.list) == 0 {
		return nil
	}
	text := doing + ": " + strings.Join(f.list, "; ")
	if f.more > 0 {
		text += fmt.Sprintf("; and %d more", f.more)
	}
	return fmt.Errorf("%s", text)
}
