//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/store/cloud"
)

const (
	firstBlobs  = 10000
	firstRounds = 3
	blobsAtOnce = 32 // as publish puts them
)

// publishBlobs compares what the first publish of 10,000 prompts does to the
// bucket, 32 blobs at a time, with rclone copying files of the same bytes. They
// take turns. Without rclone nothing is measured.
func publishBlobs(ctx context.Context, r *Report) error {
	rclone, err := exec.LookPath("rclone")
	if err != nil {
		return errors.New("rclone is not installed: apt-get install rclone, or go install github.com/rclone/rclone@v1.76.0")
	}
	raw := os.Getenv(teststack.EnvS3)
	if raw == "" {
		return fmt.Errorf("%s is not set: run through internal/teststack/cmd/teststack", teststack.EnvS3)
	}
	where, err := url.Parse(raw)
	if err != nil {
		return errors.New("the URL of the S3 server is none")
	}
	dir, err := os.MkdirTemp("", "promptflag-blobs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newCorpus(firstBlobs)
	var all [][]byte
	for data := range c.all {
		if len(all) == firstBlobs {
			break
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("p%05d", len(all))), data, 0o644); err != nil {
			return err
		}
		all = append(all, data)
	}
	var ours, theirs []float64
	for round := range firstRounds {
		prefix := fmt.Sprintf("blobs-%d-%d", time.Now().UnixNano(), round)
		seconds, err := timed(func() error { return putAll(ctx, where, prefix+"-ours/", all) })
		if err != nil {
			return err
		}
		ours = append(ours, seconds)
		if seconds, err = timed(func() error { return copyAll(ctx, rclone, where, dir, prefix+"-theirs") }); err != nil {
			return err
		}
		theirs = append(theirs, seconds)
		note("round %d: %.1f s, rclone copy --transfers 32 %.1f s", round, ours[round], theirs[round])
	}
	ratios := make([]float64, firstRounds)
	for i := range ratios {
		ratios[i] = ours[i] / theirs[i]
	}
	return printAll(r, "", nil, value{"publish_blobs_10000", Median(ours)}, value{"publish_blobs_10000_rclone", Median(theirs)},
		value{"publish_blobs_10000_ratio", Median(ratios)})
}

func timed(f func() error) (float64, error) {
	start := time.Now()
	err := f()
	return time.Since(start).Seconds(), err
}

// putAll does to the bucket what publish does, see plan.Apply.
func putAll(ctx context.Context, where *url.URL, prefix string, all [][]byte) error {
	u := *where
	q := u.Query()
	q.Set("prefix", prefix)
	u.RawQuery = q.Encode()
	bucket, err := cloud.Open(ctx, u.String())
	if err != nil {
		return err
	}
	defer bucket.Close()
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range blobsAtOnce {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return nil
				}
				_, created, err := bucket.Put(ctx, all[i])
				if err == nil && !created {
					err = errors.New("a blob was there before")
				}
				if err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// copyAll runs rclone with nothing configured but the server.
func copyAll(ctx context.Context, rclone string, where *url.URL, dir, prefix string) error {
	endpoint := where.Query().Get("endpoint")
	cmd := exec.CommandContext(ctx, rclone, "copy", dir, fmt.Sprintf(":s3,provider=Other,env_auth=true,endpoint='%s',force_path_style=true,no_check_bucket=true:%s/%s", endpoint, where.Host, prefix),
		"--transfers", "32", "--config", os.DevNull)
	// It does not start with a bundle of certificates; the server has none.
	cmd.Env = append(os.Environ(), "AWS_REGION="+where.Query().Get("region"), "AWS_CA_BUNDLE=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("rclone copy: %w: %.1000s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
