package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptflag/promptflag/provider/internal/disk"
)

const (
	writePause = time.Second // from one write of a file to the next
	touchPause = time.Minute // from one note that the feed is still current to the next
	firstPrune = time.Minute
	prunePause = time.Hour
)

// keeper writes to disk what the next start wants to know, off the loop: a disk
// may be slow, full or hung. A nil keeper keeps nothing.
type keeper struct {
	p        *Provider
	disk     *disk.Cache
	key      string // of the feed
	owned    string // of the state: it depends on what this provider loads
	troubled bool   // the last write failed; belongs to run

	mu    sync.Mutex
	todo  map[string][]byte // the newest content of files to write
	touch bool
	gone  []string // digests to remove
	wake  chan struct{}
}

// openKeeper returns nil when there is no place on disk.
func openKeeper(p *Provider) *keeper {
	if p.opt.NoCache {
		return nil
	}
	cache, err := disk.Open(p.opt.CacheDir, &disk.Options{MaxBytes: p.opt.CacheBytes})
	if err != nil {
		p.log.Warn("nothing is kept on disk", "error", err)
		return nil
	}
	key := p.flags.Key()
	sum := sha256.Sum256([]byte(p.opt.FlagPrefix + "\x00" + strings.Join(slices.Sorted(slices.Values(p.opt.Prompts)), "\x00")))
	return &keeper{
		p: p, disk: cache, key: key + "-feed", owned: key + "-state-" + hex.EncodeToString(sum[:4]),
		todo: map[string][]byte{}, wake: make(chan struct{}, 1),
	}
}

func (k *keeper) readFeed() ([]byte, time.Time) {
	if k == nil {
		return nil, time.Time{}
	}
	body, at, err := k.disk.ReadState(k.key)
	if err != nil {
		k.warn("last feed not read from disk", err)
		return nil, time.Time{}
	}
	return body, at
}

func (k *keeper) readState() (s savedState) {
	if k == nil {
		return s
	}
	data, _, err := k.disk.ReadState(k.owned)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil || s.Format != 1 {
		k.warn("last good state not read from disk", err)
		return savedState{}
	}
	return s
}

func (k *keeper) warn(what string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.p.log.Warn(what, "error", err)
	}
}

// feed has the body of a feed written.
func (k *keeper) feed(body []byte) {
	if k != nil && body != nil {
		k.put(k.key, body)
	}
}

// state has the last good state written.
func (k *keeper) state(s savedState) {
	if k == nil {
		return
	}
	data, err := json.Marshal(s)
	if err != nil {
		k.warn("last good state", err)
		return
	}
	k.put(k.owned, data)
}

// current notes that the feed on disk is still the newest.
func (k *keeper) current() {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.touch = true
	k.mu.Unlock()
}

func (k *keeper) put(name string, data []byte) {
	k.mu.Lock()
	k.todo[name] = data
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, and then what is left.
func (k *keeper) run(ctx context.Context) {
	touch, prune := time.NewTicker(touchPause), time.NewTicker(firstPrune)
	defer touch.Stop()
	defer prune.Stop()
	k.warn("leftovers in the cache on disk not removed", k.disk.Clean())
	for {
		select {
		case <-k.wake:
			k.write()
			k.sweep()
			select {
			case <-time.After(writePause):
			case <-ctx.Done():
			}
		case <-touch.C:
			k.write() // what failed before: the disk may be well again
			k.sweep()
			k.confirm()
		case <-prune.C:
			prune.Reset(prunePause)
			if err := k.disk.Prune(k.p.loader.holds()); err != nil {
				k.warn("cache on disk not pruned", err)
			}
		case <-ctx.Done():
			k.write()
			k.sweep()
			k.confirm()
			return
		}
	}
}

func (k *keeper) write() {
	k.mu.Lock()
	todo := k.todo
	k.todo = map[string][]byte{}
	k.mu.Unlock()
	for name, data := range todo {
		err := k.disk.WriteState(name, data)
		if err != nil && !k.troubled {
			k.p.log.Warn("not kept on disk for the next start", "error", err)
		}
		if k.troubled = err != nil; k.troubled {
			k.again(name, data)
		}
	}
}

// again has content that could not be written tried again later, unless there
// is newer one.
func (k *keeper) again(name string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, newer := k.todo[name]; !newer {
		k.todo[name] = data
	}
}

func (k *keeper) confirm() {
	k.mu.Lock()
	touch := k.touch
	k.touch = false
	k.mu.Unlock()
	if touch {
		k.warn("feed on disk not confirmed", k.disk.Touch(k.key, time.Unix(0, k.p.seen.Load())))
	}
}

// holds returns whether memory has a version of a digest, as of now.
func (l *loader) holds() func(digest string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	digests := make(map[string]bool, len(l.items))
	for ref := range l.items {
		digests[string(ref.Digest)] = true
	}
	return func(digest string) bool { return digests[digest] }
}
