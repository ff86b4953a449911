package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/filelock"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
	"github.com/promptflag/promptflag/store"
)

// bucket looks whether a bucket can be read, and tries to write if that is
// wanted.
func (d *doctor) bucket(ctx context.Context, raw string) []Check {
	name := place(raw)
	b, err := d.Bucket(ctx, raw)
	if err != nil {
		return one("bucket", Fail, "correct bucket in promptflag.toml, or the variables that its SDK reads", "%s: %v", name, err)
	}
	defer b.Close()
	if strings.HasPrefix(raw, "mem:") {
		return one("bucket", Warn, `write bucket = "s3://…" or another one that lasts into promptflag.toml`, "mem:// is gone when this process ends")
	}
	checks := d.readBucket(ctx, b, name)
	if !d.Write {
		return append(checks, one("bucket write", Warn, "promptflag doctor --write writes a small object under pr/0/doctor/ and tries to replace it", "%s: not tried", name)...)
	}
	return append(checks, d.writeBucket(ctx, b, name)...)
}

// place is a bucket for people: without parameters, which may hold keys.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the bucket"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func (d *doctor) readBucket(ctx context.Context, b *store.Bucket, name string) []Check {
	const about = "bucket read"
	blobs, err := b.TryRead(ctx)
	switch {
	case errors.Is(err, store.ErrCorrupt):
		return one(about, Fail, "nobody may write under blobs/ but publish: look who does. The version must be published again under another bucket or after removing that object", "%s: %v", name, err)
	case errors.Is(err, fs.ErrPermission):
		return one(about, Fail, "set the credentials that the SDK of the cloud reads (for S3 AWS_ACCESS_KEY_ID, or a role), and let them get and list what is in the bucket", "%s: %v", name, err)
	case err != nil && strings.HasPrefix(name, "file:"):
		return one(about, Fail, "it must be a folder that this user may read", "%s: %v", name, err)
	case errors.Is(err, store.ErrNotFound):
		return one(about, Fail, "make it, or correct bucket in promptflag.toml: its name, region and endpoint", "%s: there is no such bucket", name)
	case err != nil:
		return one(about, CannotTell, "look whether bucket, region and endpoint are right and it is reachable from here", "%s: %v", name, err)
	case !blobs:
		return one(about, OK, "", "%s: listed, it has no versions yet", name)
	}
	return one(about, OK, "", "%s: listed, and a version read", name)
}

func (d *doctor) writeBucket(ctx context.Context, b *store.Bucket, name string) []Check {
	const about = "bucket write"
	sent := d.Now()
	wrote, err := b.TryWrite(ctx, d.ID)
	switch {
	case errors.Is(err, store.ErrOverwrites):
		return one("bucket conditional write", Fail, "use a service that knows If-None-Match: on this one two publishes may overwrite each other", "%s: %v", name, err)
	case errors.Is(err, fs.ErrPermission):
		return one(about, Fail, "allow to put objects under blobs/, releases/, evals/, recorded/, leases/ and pr/", "%s: %v", name, err)
	case err != nil && strings.HasPrefix(name, "file:"):
		return one(about, Fail, "it must be a folder that this user may write", "%s: %v", name, err)
	case errors.Is(err, store.ErrNotFound):
		return one(about, Fail, "make it, or correct bucket in promptflag.toml: its name, region and endpoint", "%s: there is no such bucket", name)
	case err != nil:
		return one(about, CannotTell, "look whether it is up and reachable from here", "%s: %v", name, err)
	}
	if !strings.HasPrefix(name, "file:") {
		d.clocks.saw(name, wrote, sent)
	}
	return append(one(about, OK, "", "%s: written and read back", name),
		one("bucket conditional write", OK, "", "%s: what is there is not replaced", name)...)
}

// embedded looks at the document of flags on this machine.
func (d *doctor) embedded(ctx context.Context, e config.Environment, dir string) []Check {
	const about = "embedded flags"
	f, err := flagsfile.New(dir, e.UnleashEnvironment, &flagsfile.Options{Project: e.Project})
	if err != nil {
		return one(about, Fail, "correct unleash.url or unleash.environment in promptflag.toml", "%v", err)
	}
	all, err := f.Export(ctx)
	if err != nil {
		return one(about, Fail, "it must be a document that promptflag wrote, in a folder that this user may read", "%v", err)
	}
	found := "there is no document yet, publish makes it"
	if len(all) > 0 {
		found = fmt.Sprintf("read, %d flags", len(all))
		if len(all) == 1 {
			found = "read, 1 flag"
		}
	}
	return append(one(about, OK, "", "%s", found), d.locks(dir)...)
}

// locks tries to lock a file in the folder of the flags: some network file
// systems have no locks.
func (d *doctor) locks(dir string) []Check {
	const about = "file locks"
	if !d.Write {
		return nil // the first publish fails with a clear error where there are none
	}
	err := os.MkdirAll(dir, 0o755)
	if err != nil {
		return one(about, Fail, "it must be a folder that this user may write", "%v", err)
	}
	name := filepath.Join(dir, ".promptflag-doctor-"+d.ID+".lock")
	err = tryLock(name)
	if err != nil {
		return one(about, Fail, "move the flags to a file system with locks: two publishes would write over each other", "%v", err)
	}
	return one(about, OK, "", "the file system of the flags has them")
}

func tryLock(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(name)
	defer f.Close()
	if err := filelock.Try(f); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	again, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer again.Close()
	if err := filelock.Try(again); !errors.Is(err, filelock.ErrBusy) {
		return fmt.Errorf("lock %s a second time: %v, want busy", name, err)
	}
	return nil
}
