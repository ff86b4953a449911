//go:build linux || darwin

package stack

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/internal/teststack/npm"
)

// startAimock starts a mock of several vendors' models on our fixtures. It is
// strict: what no fixture answers is a 503.
func (s *Stack) startAimock(ctx context.Context) ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("node is not in PATH: install Node.js 20 or newer")
	}
	fixtures := filepath.Join(s.group.dir, "aimock.json")
	if err := npm.WriteFixtures(fixtures); err != nil {
		return nil, err
	}
	main := filepath.Join(s.cache.modules(npm.Aimock), "@copilotkit", "aimock", "dist", "cli.js")
	addr, err := s.group.startOn(ctx, func(port string) spec {
		return spec{
			name: "aimock",
			args: []string{
				node, main, "--host", "127.0.0.1", "--port", port, "--fixtures", fixtures, "--validate-on-load", "--strict",
				"--log-level", "warn", "--fixture-counts-max", "0", "--journal-max", "10000",
			},
		}
	}, func(ctx context.Context, addr string, _ *process) error {
		_, err := get(ctx, "http://"+addr+"/__aimock/health")
		return err
	})
	return []string{teststack.EnvLLM + "=http://" + addr}, err
}
