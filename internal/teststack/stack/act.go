//go:build linux || darwin

package stack

import (
	"context"

	"github.com/promptflag/promptflag/internal/teststack"
)

// findAct says where act is. It is no server: tests start it.
func (s *Stack) findAct(context.Context) ([]string, error) {
	return []string{teststack.EnvAct + "=" + s.cache.binary(act)}, nil
}
