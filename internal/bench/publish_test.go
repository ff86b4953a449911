//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptflag/promptflag/internal/teststack"
)

const (
	publishPrompts = 1000
	publishRuns    = 5
)

// publishNothing prints what plan and publish take when there is nothing to do:
// processes of the program, a repository of 1,000 prompts, the real Unleash and
// the S3 server, all requests counted on the way.
func publishNothing(ctx context.Context, r *Report) error {
	server, token, bucket := os.Getenv(teststack.EnvUnleashURL), os.Getenv(teststack.EnvUnleashAdmin), os.Getenv(teststack.EnvS3)
	if server == "" || bucket == "" {
		return fmt.Errorf("%s or %s is not set: run through internal/teststack/cmd/teststack", teststack.EnvUnleashURL, teststack.EnvS3)
	}
	dir, err := os.MkdirTemp("", "promptflag-publish-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "promptflag")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/promptflag/promptflag/action/promptflag").CombinedOutput(); err != nil {
		return fmt.Errorf("build promptflag: %w: %s", err, out)
	}
	where, err := url.Parse(bucket)
	if err != nil {
		return errors.New("the URL of the S3 server is none")
	}
	q := where.Query()
	flags, blobs := newCounter(server), newCounter(q.Get("endpoint"))
	defer flags.Close()
	defer blobs.Close()
	prefix := fmt.Sprintf("bench%d.", time.Now().UnixNano())
	q.Set("endpoint", blobs.URL)
	q.Set("prefix", prefix+"/")
	where.RawQuery = q.Encode()
	tree := filepath.Join(dir, "tree")
	if err := writeTree(tree, publishPrompts); err != nil {
		return err
	}
	config := fmt.Sprintf("bucket = %q\n[unleash]\nurl = %q\nflag_prefix = %q\n[environments.production]\npercent = 10\n", where, flags.URL, prefix)
	if err := os.WriteFile(filepath.Join(tree, "promptflag.toml"), []byte(config), 0o644); err != nil {
		return err
	}
	run := func(want string, args ...string) (float64, error) {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir, cmd.Env = tree, append(os.Environ(), "GITHUB_ACTIONS=", "UNLEASH_ADMIN_TOKEN="+token)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			return 0, fmt.Errorf("promptflag %v: %w: want %q in %.1000s", args, err, want, out)
		}
		return time.Since(start).Seconds(), nil
	}
	first, err := run(fmt.Sprintf("%d of %d done", publishPrompts, publishPrompts), "publish", "--not-head")
	if err != nil {
		return err
	}
	note("the first publish of %d prompts: %.1f s, %d requests to Unleash, %d to the bucket", publishPrompts, first, flags.n.Load(), blobs.n.Load())
	flags.n.Store(0)
	blobs.n.Store(0)
	took := map[string][]float64{}
	for range publishRuns {
		for _, args := range [][]string{{"plan"}, {"publish", "--not-head"}} {
			seconds, err := run("0 changes", args...)
			if err != nil {
				return err
			}
			took[args[0]] = append(took[args[0]], seconds)
		}
	}
	const runs = 2 * publishRuns
	return printAll(r, "", nil, value{"publish_first_1000", first},
		value{"plan_nothing_1000", Median(took["plan"])}, value{"publish_nothing_1000", Median(took["publish"])},
		value{"publish_nothing_1000_unleash", float64(flags.n.Load()) / runs}, value{"publish_nothing_1000_bucket", float64(blobs.n.Load()) / runs})
}

// counter passes requests on and counts them.
type counter struct {
	*httptest.Server
	n atomic.Int64
}

func newCounter(target string) *counter {
	c := &counter{}
	to, err := url.Parse(target)
	if err != nil {
		to = &url.URL{}
	}
	forward := &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // S3 requests sign it
		},
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.n.Add(1)
		forward.ServeHTTP(w, r)
	}))
	return c
}
