package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// magic begins the first line of a state: magic, checksum, newline.
const magic = "promptflag-state 1 sha256:"

const headerLen = len(magic) + 2*sha256.Size + 1

// ReadState returns what was last written under name, and when it was last known
// to be true (see Touch). When there is nothing the error is fs.ErrNotExist, when
// it is not what was written ErrCorrupt.
func (c *Cache) ReadState(name string) (data []byte, saved time.Time, err error) {
	path, err := stateName(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	file, info, err := c.read(path, maxState+int64(headerLen))
	if err == nil {
		data, err = decodeState(file)
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read state %s: %w", name, err)
	}
	return data, info.ModTime(), nil
}

// WriteState keeps data, at most 64 MiB, under a name of a-z, 0-9 and "-".
func (c *Cache) WriteState(name string, data []byte) error {
	path, err := stateName(name)
	if err != nil {
		return err
	}
	if len(data) > maxState {
		return fmt.Errorf("write state %s: %d bytes, limit %d", name, len(data), maxState)
	}
	root, err := c.open()
	if err == nil {
		defer root.Close()
		err = c.write(root, path, encodeHeader(data), data)
	}
	if err != nil {
		return fmt.Errorf("write state %s: %w", name, err)
	}
	return nil
}

// Touch notes that what is kept under name was still true at that time.
func (c *Cache) Touch(name string, at time.Time) error {
	path, err := stateName(name)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir)
	if err == nil {
		defer root.Close()
		err = root.Chtimes(path, at, at)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("touch state %s: %w", name, err)
	}
	return nil
}

func encodeHeader(data []byte) []byte {
	sum := sha256.Sum256(data)
	return []byte(magic + hex.EncodeToString(sum[:]) + "\n")
}

func decodeState(file []byte) ([]byte, error) {
	if len(file) < headerLen || !bytes.HasPrefix(file, []byte(magic)) {
		return nil, fmt.Errorf("%w: not a state of this version", ErrCorrupt)
	}
	data := file[headerLen:]
	if !bytes.Equal(file[:headerLen], encodeHeader(data)) {
		return nil, fmt.Errorf("%w: the checksum does not fit", ErrCorrupt)
	}
	return data, nil
}

func stateName(name string) (string, error) {
	if name == "" || len(name) > 200 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", fmt.Errorf("%.100q is not the name of a state (want a-z, 0-9, -)", name)
	}
	return filepath.Join(stateDir, name), nil
}
