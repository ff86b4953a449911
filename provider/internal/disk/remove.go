package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// RemoveBlob deletes what is kept under a digest, for all processes that share
// the directory. That there is nothing is success.
func (c *Cache) RemoveBlob(digest string) error {
	name, err := blobName(digest)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir)
	if err == nil {
		defer root.Close()
		err = root.Remove(name)
	}
	if err = absent(err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove cached %s: %w", digest, err)
	}
	return nil
}
