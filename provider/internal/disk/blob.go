package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Blob returns the bytes that hash to digest, "sha256:<64 lower hex>", at most
// 1 MiB. They belong to the caller. When there are none the error is
// fs.ErrNotExist; a file with other bytes is removed and is ErrCorrupt as well.
func (c *Cache) Blob(digest string) ([]byte, error) {
	name, err := blobName(digest)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, fmt.Errorf("read cached %s: %w", digest, absent(err))
	}
	defer root.Close()
	data, info, err := read(root, name, maxBlob)
	if err == nil && !hashesTo(data, name) {
		err = fmt.Errorf("%w: other bytes", ErrCorrupt)
	}
	if errors.Is(err, ErrCorrupt) {
		c.discard(root, name)
		err = fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("read cached %s: %w", digest, err)
	}
	c.renew(root, name, info)
	return data, nil
}

// PutBlob keeps data, at most 1 MiB, which must hash to digest. A file of that
// size that is there is left as it is; Blob finds out when it is damaged.
func (c *Cache) PutBlob(digest string, data []byte) error {
	name, err := blobName(digest)
	if err != nil {
		return err
	}
	switch {
	case len(data) > maxBlob:
		return fmt.Errorf("cache %s: %d bytes, limit %d", digest, len(data), maxBlob)
	case !hashesTo(data, name):
		return fmt.Errorf("cache %s: the bytes do not hash to it", digest)
	case c.hasBlob(name, len(data)):
		return nil
	}
	// On Windows nobody replaces a file while others read it, and if it is
	// being read it is there.
	if err := c.write(name, data); err != nil && !c.hasBlob(name, len(data)) {
		return fmt.Errorf("cache %s: %w", digest, err)
	}
	return nil
}

// hasBlob says whether there is a file of that size, and that it was of use.
func (c *Cache) hasBlob(name string, size int) bool {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(size) {
		return false
	}
	c.renew(root, name, info)
	return true
}

// renew notes that a blob was of use, for Prune. A time to come, from a clock
// that was wrong, is put right.
func (c *Cache) renew(root *os.Root, name string, info fs.FileInfo) {
	now := c.now()
	if now.Sub(info.ModTime()).Abs() >= renewAfter {
		_ = root.Chtimes(name, now, now)
	}
}

// discard removes a damaged file. Another process may have put a whole one in
// its place since it was read: so it is first taken away, then looked at again,
// and put back when it is good.
func (c *Cache) discard(root *os.Root, name string) {
	aside := tempName(name)
	if c.sys.rename(root, name, aside) != nil {
		return
	}
	data, _, err := read(root, aside, maxBlob)
	if err == nil && hashesTo(data, name) && c.sys.rename(root, aside, name) == nil {
		return
	}
	_ = root.Remove(aside)
}

func hashesTo(data []byte, name string) bool {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) == filepath.Base(name)
}

func blobName(digest string) (string, error) {
	digits, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || !isHash(digits) {
		return "", fmt.Errorf("%.100q is not a digest (want sha256: and 64 lower-case hex digits)", digest)
	}
	return filepath.Join(filepath.FromSlash(blobDir), digits), nil
}

func isHash(digits string) bool {
	return len(digits) == 2*sha256.Size && strings.Trim(digits, "0123456789abcdef") == ""
}
