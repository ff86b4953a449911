package unleashflags

import "log/slog"

// complaints logs what an SDK has to say, each message once. SDKs report on the
// path of evaluations, and a log may be slow: what comes while it is busy is
// dropped.
type complaints struct {
	log  *slog.Logger
	next chan error
	done chan struct{} // closed when the last one is logged
}

func newComplaints(log *slog.Logger) *complaints {
	c := &complaints{log: log, next: make(chan error, 16), done: make(chan struct{})}
	go c.run()
	return c
}

// say takes err and never waits.
func (c *complaints) say(err error) {
	select {
	case c.next <- err:
	default:
	}
}

// stop is called after the last say, and waits for the log.
func (c *complaints) stop() {
	close(c.next)
	<-c.done
}

func (c *complaints) run() {
	defer close(c.done)
	const most = 100
	seen := map[string]bool{}
	for err := range c.next {
		if text := err.Error(); !seen[text] && len(seen) < most {
			seen[text] = true
			c.log.Warn("unleash client", "error", text)
		}
	}
}
