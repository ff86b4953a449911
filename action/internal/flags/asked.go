package flags

import "time"

// Asked is what a server knows about services that ask for a flag.
type Asked struct {
	// Since is from when on evaluations are counted.
	Since time.Time
	// By has the evaluations since then by environment, whatever the answer was,
	// as far as services have reported them; 1 where the server has only noted that
	// one asked.
	By map[string]int64
	// Known: some service has reported evaluations of this flag before. Without,
	// nothing says that any service reports them at all.
	Known bool
}
