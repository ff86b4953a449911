// Package disk keeps what a provider needs to start without its servers: blobs
// under their SHA-256 and small named states, in a directory that several
// processes may share.
//
//	<dir>/blobs/sha256/<hex>   bytes that hash to their name
//	<dir>/state/<name>         a line with version, time and checksum, and the bytes behind it
//
// Files are written to a temporary name in the same folder, synced and renamed,
// so that a reader sees all of a file or none. There are no locks: what two
// processes write under one name is the same, or the last one counts. Nothing
// that is read is trusted: what does not fit its checksum is not there. The
// directory is made with mode 0700, files have 0600; one that exists keeps its
// mode.
package disk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	maxBlob     = 1 << 20
	maxState    = 64 << 20
	defaultMax  = 256 << 20
	renewAfter  = time.Hour // last use is noted no more often
	staleTemp   = time.Hour // a temporary file that old is a crash's
	tempPrefix  = ".tmp-"
	blobDir     = "blobs/sha256"
	stateDir    = "state"
	environment = "PROMPTFLAG_CACHE_DIR"
)

// ErrCorrupt: there is a file, and it is not what was written.
var ErrCorrupt = errors.New("corrupt")

// Options of Open; nil means the zero value of every field.
type Options struct {
	// MaxBytes is what Prune leaves of blobs. Zero: 256 MiB.
	MaxBytes int64
	// Now is the time. Nil: time.Now.
	Now func() time.Time
}

// Cache is one directory. It may be shared by goroutines. Its errors are about
// the disk: whoever gets one goes on without.
type Cache struct {
	dir string
	max int64
	now func() time.Time
}

// Open returns the cache in dir; "" is the environment variable
// PROMPTFLAG_CACHE_DIR, else promptflag in os.UserCacheDir. Nothing is read or
// made yet; it fails when no directory can be named.
func Open(dir string, o *Options) (*Cache, error) {
	if dir == "" {
		dir = os.Getenv(environment)
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("cache directory: %w", err)
		}
		dir = filepath.Join(base, "promptflag")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cache directory: %w", err)
	}
	c := &Cache{dir: dir, max: defaultMax, now: time.Now}
	if o != nil && o.MaxBytes > 0 {
		c.max = o.MaxBytes
	}
	if o != nil && o.Now != nil {
		c.now = o.Now
	}
	return c, nil
}

// Dir is where the cache is.
func (c *Cache) Dir() string { return c.dir }

// Blob returns the bytes that hash to digest, "sha256:<64 lower hex>". When
// there are none the error is fs.ErrNotExist; a file with other bytes is removed
// and is ErrCorrupt as well.
func (c *Cache) Blob(digest string) ([]byte, error) {
	name, err := blobName(digest)
	if err != nil {
		return nil, err
	}
	data, info, err := c.read(name, maxBlob)
	if err != nil {
		return nil, fmt.Errorf("read cached %s: %w", digest, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != filepath.Base(name) {
		c.discard(name, info)
		return nil, fmt.Errorf("read cached %s: %w: %w", digest, ErrCorrupt, fs.ErrNotExist)
	}
	c.used(name, info)
	return data, nil
}

// PutBlob keeps data, which hashes to digest. A file that is there is left as it
// is; Blob finds out when it is damaged.
func (c *Cache) PutBlob(digest string, data []byte) error {
	name, err := blobName(digest)
	if err != nil {
		return err
	}
	if len(data) > maxBlob {
		return fmt.Errorf("cache %s: %d bytes, limit %d", digest, len(data), maxBlob)
	}
	root, err := c.open()
	if err != nil {
		return fmt.Errorf("cache %s: %w", digest, err)
	}
	defer root.Close()
	if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(data)) {
		c.used(name, info)
		return nil
	}
	if err := c.write(root, name, data); err != nil {
		return fmt.Errorf("cache %s: %w", digest, err)
	}
	return nil
}

// used notes that a blob was of use, for Prune.
func (c *Cache) used(name string, info fs.FileInfo) {
	now := c.now()
	if now.Sub(info.ModTime()) < renewAfter {
		return
	}
	if root, err := os.OpenRoot(c.dir); err == nil {
		_ = root.Chtimes(name, now, now)
		root.Close()
	}
}

// discard removes a damaged file, unless somebody has replaced it meanwhile.
func (c *Cache) discard(name string, seen fs.FileInfo) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return
	}
	defer root.Close()
	if info, err := root.Lstat(name); err == nil && os.SameFile(info, seen) {
		_ = root.Remove(name)
	}
}

// read returns a regular file of at most limit bytes.
func (c *Cache) read(name string, limit int64) ([]byte, fs.FileInfo, error) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, nil, absent(err)
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, absent(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a file: %w", name, fs.ErrNotExist)
	case info.Size() > limit:
		return nil, nil, fmt.Errorf("%s has %d bytes, limit %d: %w", name, info.Size(), limit, ErrCorrupt)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return data, info, nil
}

// absent takes a file where a directory should be for nothing being there.
func absent(err error) error {
	if isNotDir(err) {
		return fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	return err
}

// open opens the directory and makes it when it is not there.
func (c *Cache) open() (*os.Root, error) {
	root, err := os.OpenRoot(c.dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenRoot(c.dir)
}

// write replaces a file with data, or leaves it as it is.
func (c *Cache) write(root *os.Root, name string, data ...[]byte) error {
	dir := filepath.Dir(name)
	if _, err := root.Stat(dir); err != nil {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	temp := filepath.Join(dir, tempPrefix+rand.Text())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	for _, part := range data {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = rename(root, temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}

// rename replaces name. On Windows it fails while somebody reads the old file,
// which is soon over.
func rename(root *os.Root, temp, name string) error {
	err := root.Rename(temp, name)
	for i := 0; err != nil && isBusy(err) && i < 20; i++ {
		time.Sleep(10 * time.Millisecond)
		err = root.Rename(temp, name)
	}
	return err
}

func blobName(digest string) (string, error) {
	digits, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || len(digits) != 2*sha256.Size || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%.100q is not a digest (want sha256: and 64 lower-case hex digits)", digest)
	}
	return filepath.Join(filepath.FromSlash(blobDir), digits), nil
}
