package cli

import "github.com/promptflag/promptflag/action/internal/config"

// promotedFrom is the environment that others are promoted from: the first that
// a merge publishes to.
func promotedFrom(cfg *config.Config) string {
	for _, e := range cfg.Environments {
		if !e.Manual() {
			return e.Name
		}
	}
	return ""
}
