//go:build linux || darwin

package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/internal/teststack/npm"
)

// Tokens that the server is started with.
const (
	adminToken = "*:*.promptflag-admin-token"
	devToken   = "default:development.promptflag-dev-token"
	prodToken  = "default:production.promptflag-prod-token"
)

// unleashTrees: major version -> npm tree and exact version.
var unleashTrees = map[int]struct{ tree, version string }{
	7: {npm.Unleash7, "7.6.5"},
	8: {npm.Unleash8, "8.2.0"},
}

// startUnleash starts PostgreSQL, then Unleash on it.
func (s *Stack) startUnleash(ctx context.Context) ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node is not in PATH: install Node.js 20 or newer")
	}
	db, err := s.startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	u := unleashTrees[s.o.Unleash]
	server := filepath.Join(s.cache.modules(u.tree), "unleash-server", "dist", "server.js")
	command := func(port string) spec {
		return spec{
			name: "unleash",
			args: []string{node, server},
			env: []string{
				"DATABASE_URL=postgres://unleash@" + db + "/postgres", "DATABASE_SSL=false", "DATABASE_POOL_MAX=10",
				"HTTP_HOST=127.0.0.1", "HTTP_PORT=" + port, "NODE_ENV=production", "LOG_LEVEL=warn",
				"CHECK_VERSION=false", "SEND_TELEMETRY=false",
				"INIT_ADMIN_API_TOKENS=" + adminToken,
				"INIT_BACKEND_API_TOKENS=" + devToken + "," + prodToken,
				"INIT_CLIENT_API_TOKENS=" + devToken + "," + prodToken,
				// Tests make users and log in more often than people do.
				"CREATE_USER_RATE_LIMIT_PER_MINUTE=10000", "SIMPLE_LOGIN_LIMIT_PER_MINUTE=10000",
			},
		}
	}
	addr, err := s.group.startOn(ctx, command, func(ctx context.Context, addr string, _ *process) error {
		body, err := get(ctx, "http://"+addr+"/health")
		if err == nil && !strings.Contains(body, "GOOD") {
			err = fmt.Errorf("health is %s", body)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return []string{
		teststack.EnvUnleashURL + "=http://" + addr,
		teststack.EnvUnleashVersion + "=" + u.version,
		teststack.EnvUnleashAdmin + "=" + adminToken,
		teststack.EnvSpecification + "=" + s.cache.specification(),
		teststack.EnvUnleashDev + "=" + devToken,
		teststack.EnvUnleashProd + "=" + prodToken,
	}, nil
}

// get returns the body of any answer below 500.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode >= 500 {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return string(b), err
}
