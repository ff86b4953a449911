// Package disk keeps what a provider needs to start without its servers: blobs
// under their SHA-256 and small named states, in a directory that several
// processes may share.
//
//	<dir>/blobs/sha256/<hex>   bytes that hash to their name; time of change: last use
//	<dir>/state/<name>         a line with version and checksum, and the bytes behind it;
//	                           time of change: when it was last known to be true
//
// Files are written to a temporary name in the same folder, synced and renamed,
// so that a reader sees all of a file or none. There are no locks: what two
// processes write under one name is the same, or the last one counts. The
// folder is not synced: a power cut may bring back the file before. Nothing is
// held open between calls, so the directory may be removed at any time and is
// made again by the next write. Links that lead out of it are not followed.
//
// The directory is made with mode 0700, files have 0600; one that exists keeps
// its mode. Whoever may write there can remove what is kept, but can pass off
// no other bytes as a blob. The checksum of a state only tells damage: whoever
// may write there can put another state in its place.
package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	maxBlob     = 1 << 20
	maxState    = 64 << 20
	defaultMax  = 256 << 20
	renewAfter  = time.Hour // last use is noted no more often
	staleTemp   = time.Hour // a temporary file that old is a crash's
	staleState  = 90 * 24 * time.Hour
	tempPrefix  = ".tmp-"
	blobDir     = "blobs/sha256"
	stateDir    = "state"
	environment = "PROMPTFLAG_CACHE_DIR"
)

// ErrCorrupt: there is a file, and it is not what was written.
var ErrCorrupt = errors.New("corrupt")

// Options of Open; nil means the zero value of every field.
type Options struct {
	// MaxBytes is what Prune leaves of blobs. Zero or less: 256 MiB.
	MaxBytes int64
	// Now is the time. Nil: time.Now.
	Now func() time.Time
	// Getenv finds PROMPTFLAG_CACHE_DIR. Nil: os.Getenv. What
	// os.UserCacheDir reads is always the environment of the process.
	Getenv func(string) string
}

// Cache is one directory. It may be shared by goroutines. Its errors are about
// the disk: whoever gets one goes on without.
type Cache struct {
	dir string
	max int64
	now func() time.Time
	sys system

	mu    sync.Mutex
	known map[string]string // name of a state -> first line of what was last read or written
}

// Open returns the cache in dir; "" is the environment variable
// PROMPTFLAG_CACHE_DIR, else promptflag in os.UserCacheDir. Nothing is read or
// made yet; it fails when no directory can be named.
func Open(dir string, o *Options) (*Cache, error) {
	if o == nil {
		o = &Options{}
	}
	dir, err := where(dir, o.Getenv)
	if err != nil {
		return nil, fmt.Errorf("cache directory: %w", err)
	}
	c := &Cache{dir: dir, max: o.MaxBytes, now: o.Now, sys: realSystem(), known: map[string]string{}}
	if c.max <= 0 {
		c.max = defaultMax
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

func where(dir string, getenv func(string) string) (string, error) {
	if getenv == nil {
		getenv = os.Getenv
	}
	if dir == "" {
		dir = getenv(environment)
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "promptflag")
	}
	return filepath.Abs(dir)
}

// Dir is where the cache is.
func (c *Cache) Dir() string { return c.dir }
