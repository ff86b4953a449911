//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store/cloud"
)

// readyPrompts is how many prompts a cold start loads.
const readyPrompts = 1000

// samples is how often a start is repeated.
const samples = 9

// readyBucket prints how long a provider with nothing takes until READY, with
// a flag server and an S3 server on this machine.
func readyBucket(ctx context.Context, r *Report) error {
	w, err := newReadyWorld(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	ms, err := w.starts(ctx, providerOptions)
	if err != nil {
		return err
	}
	return r.Print("ready_bucket_1000", ms)
}

// readyDisk prints the same with a warm disk cache: with all servers, with
// servers that refuse connections, and with servers that accept and never answer.
func readyDisk(ctx context.Context, r *Report) error {
	dir, err := os.MkdirTemp("", "promptflag-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := newReadyWorld(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	options := func() *provider.Options { return &provider.Options{CacheDir: dir} }
	if _, err := w.start(ctx, options()); err != nil { // fills it
		return err
	}
	w.gets.Store(0)
	ms, err := w.starts(ctx, options)
	if err != nil {
		return err
	}
	if err := printAll(r, "", nil, value{"ready_disk_1000", ms}, value{"ready_disk_1000_blobs", float64(w.gets.Load())}); err != nil {
		return err
	}
	for _, name := range []string{"ready_dead_1000", "ready_hung_1000"} {
		if err := w.kill(ctx, name == "ready_hung_1000"); err != nil {
			return err
		}
		if ms, err = w.starts(ctx, options); err != nil {
			return err
		}
		if err := r.Print(name, ms); err != nil {
			return err
		}
	}
	return nil
}

// readyWorld is a flag server and a bucket that hold a corpus.
type readyWorld struct {
	*corpus
	server *flagServer
	blobs  provider.Blobs
	shut   func() error
}

func newReadyWorld(ctx context.Context) (*readyWorld, error) {
	url := os.Getenv(teststack.EnvS3)
	if url == "" {
		return nil, fmt.Errorf("%s is not set: run through internal/teststack/cmd/teststack", teststack.EnvS3)
	}
	w := &readyWorld{corpus: newCorpus(readyPrompts)}
	bucket, err := cloud.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	w.blobs, w.shut = counted{bucket, w.corpus}, bucket.Close
	var (
		wg   sync.WaitGroup
		errs = make(chan error, len(w.place))
		free = make(chan struct{}, 16)
	)
	for data := range w.all {
		free <- struct{}{}
		wg.Go(func() {
			_, _, err := bucket.Put(ctx, data)
			errs <- err
			<-free
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return nil, errors.Join(err, bucket.Close())
		}
	}
	if w.server, err = serveFlags(w.feed()); err != nil {
		return nil, errors.Join(err, bucket.Close())
	}
	return w, nil
}

func (w *readyWorld) close() {
	w.server.close()
	_ = w.shut()
}

// counted counts what is asked of a bucket.
type counted struct {
	provider.Blobs
	c *corpus
}

func (b counted) Get(ctx context.Context, digest string) ([]byte, error) {
	b.c.gets.Add(1)
	return b.Blobs.Get(ctx, digest)
}

// kill ends both servers. Where they were, nobody listens, or somebody accepts
// and never answers.
func (w *readyWorld) kill(ctx context.Context, hung bool) error {
	at := strings.TrimPrefix(w.server.url, "http://") // the cache is about this address
	w.server.close()
	if err := w.shut(); err != nil {
		return err
	}
	w.shut = func() error { return nil }
	if hung {
		l, err := net.Listen("tcp4", at) // its queue accepts
		if err != nil {
			return err
		}
		w.shut = l.Close
	}
	bucket, err := cloud.Open(ctx, "s3://test?endpoint=http://"+at+"&use_path_style=true&region=us-east-1")
	if err != nil {
		return err
	}
	shut := w.shut
	w.blobs, w.shut = counted{bucket, w.corpus}, func() error { return errors.Join(bucket.Close(), shut()) }
	return nil
}

// start starts a new provider and returns how long it took until it was ready.
func (w *readyWorld) start(ctx context.Context, po *provider.Options) (time.Duration, error) {
	p, err := newProvider(flagOptions(unleashflags.Options{}, w.server.url), w.blobs, po)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	s, err := newService(ctx, p)
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	defer s.close()
	return took, s.check(ctx, w.corpus)
}

// starts returns the median of several, in milliseconds.
func (w *readyWorld) starts(ctx context.Context, options func() *provider.Options) (float64, error) {
	var all []float64
	for range samples {
		took, err := w.start(ctx, options())
		if err != nil {
			return 0, err
		}
		all = append(all, took.Seconds()*1000)
	}
	note("starts: %s ms", strings.Trim(fmt.Sprintf("%.0f", all), "[]"))
	return Median(all), nil
}
