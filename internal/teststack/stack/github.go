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

// startGitHub starts Prism on GitHub's description of its API. It says of requests
// what is wrong with them; --errors would refuse answers too, and many of the
// examples in the description are not as the description wants them.
func (s *Stack) startGitHub(ctx context.Context) ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("node is not in PATH: install Node.js 20 or newer")
	}
	main := filepath.Join(s.cache.modules(npm.Prism), "@stoplight", "prism-cli", "dist", "index.js")
	addr, err := s.group.startOn(ctx, func(port string) spec {
		return spec{
			name: "github",
			args: []string{
				node, main, "mock", "--host", "127.0.0.1", "--port", port, "--verboseLevel", "error",
				npm.GitHubDescription(s.cache.modules(npm.OpenAPI)),
			},
		}
	}, func(ctx context.Context, addr string, _ *process) error {
		_, err := get(ctx, "http://"+addr+"/user")
		return err
	})
	return []string{teststack.EnvGitHub + "=http://" + addr}, err
}
