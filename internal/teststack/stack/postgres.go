//go:build linux || darwin

package stack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/promptflag/promptflag/internal/teststack/npm"
)

// oldest PostgreSQL of the system that is used.
const oldestPostgres = 14

var postgresMajor = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// systemPostgres returns the bin folder of the newest PostgreSQL that the
// system has, "" if there is none.
func systemPostgres(ctx context.Context) string {
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		dirs, _ := filepath.Glob(pattern) // fails on a bad pattern only
		found = append(found, dirs...)
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		found = append(found, filepath.Dir(p))
	}
	best, major := "", oldestPostgres-1
	for _, dir := range found {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		if m := postgresMajor.FindSubmatch(out); m != nil {
			if n, err := strconv.Atoi(string(m[1])); err == nil && n > major {
				best, major = dir, n
			}
		}
	}
	return best
}

// startPostgres starts PostgreSQL for user unleash and returns its address.
func (s *Stack) startPostgres(ctx context.Context) (addr string, err error) {
	credential, err := account()
	if err != nil {
		return "", err
	}
	bin, err := s.postgresBin(ctx, credential)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(s.group.dir, "postgres")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if credential != nil {
		if err := os.Chown(dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return "", err
		}
	}
	data := filepath.Join(dir, "data")
	err = s.group.run(spec{
		name: "initdb", dir: dir, credential: credential,
		args: []string{filepath.Join(bin, "initdb"), "-D", data, "-U", "unleash", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"},
	})
	if err != nil {
		return "", err
	}
	command := func(port string) spec {
		args := []string{filepath.Join(bin, "postgres"), "-D", data, "-p", port}
		// Tests need no durability.
		for _, setting := range []string{"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50"} {
			args = append(args, "-c", setting)
		}
		// SIGQUIT ends at once and, unlike SIGKILL, gives shared memory back.
		return spec{name: "postgres", dir: dir, credential: credential, args: args, quit: syscall.SIGQUIT}
	}
	ready := func(_ context.Context, _ string, p *process) error {
		return postmasterReady(data, p.pid)
	}
	return s.group.startOn(ctx, command, ready)
}

// postmasterReady reads what pg_ctl reads: line 1 of postmaster.pid is the
// process, line 8 its state.
func postmasterReady(data string, pid int) error {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 8 || lines[0] != strconv.Itoa(pid) || strings.TrimSpace(lines[7]) != "ready" {
		return errors.New("starting")
	}
	return nil
}

// postgresBin returns the folder with initdb and postgres. Another user may
// not be able to reach the one below .work/; then it is copied.
func (s *Stack) postgresBin(ctx context.Context, credential *syscall.Credential) (string, error) {
	if bin := systemPostgres(ctx); bin != "" {
		return bin, nil
	}
	home, err := npm.PostgresHome(s.cache.modules(npm.Postgres))
	if err != nil {
		return "", err
	}
	if credential != nil && !traversable(home) {
		own := filepath.Join(s.group.dir, "pg")
		if err := os.CopyFS(own, os.DirFS(home)); err != nil {
			return "", err
		}
		home = own
	}
	return filepath.Join(home, "bin"), nil
}
