package disk

import (
	"bytes"
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

// magic begins the first line of a state: magic, checksum, newline.
const magic = "promptflag-state 1 sha256:"

const headerLen = len(magic) + 2*sha256.Size + 1

// ReadState returns what was last written under name, and when it was last known
// to be true (see Touch). When there is nothing the error is fs.ErrNotExist, when
// it is not what was written it is ErrCorrupt and not fs.ErrNotExist; the file
// stays until it is written again. data belongs to the caller. saved is as right
// as the clocks of all who write there, and may be to come.
func (c *Cache) ReadState(name string) (data []byte, saved time.Time, err error) {
	path, err := stateName(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	data, info, err := c.readState(name, path)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read state %s: %w", name, err)
	}
	return data, info.ModTime(), nil
}

func (c *Cache) readState(name, path string) ([]byte, fs.FileInfo, error) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, nil, absent(err)
	}
	defer root.Close()
	file, info, err := read(root, path, int64(headerLen)+maxState)
	if err != nil {
		return nil, nil, err
	}
	data, err := decodeState(file)
	if err != nil {
		return nil, nil, err
	}
	c.know(name, file[:headerLen])
	return data, info, nil
}

// WriteState keeps data, at most 64 MiB, under a name of a-z, 0-9 and "-", as
// true now. When it fails, what was kept before is still there.
func (c *Cache) WriteState(name string, data []byte) error {
	path, err := stateName(name)
	if err != nil {
		return err
	}
	header := encodeHeader(data)
	c.know(name, header) // also when it cannot be kept: what is there is no longer true
	if len(data) > maxState {
		return fmt.Errorf("write state %s: %d bytes, limit %d", name, len(data), maxState)
	}
	if err := c.write(path, header, data); err != nil {
		return fmt.Errorf("write state %s: %w", name, err)
	}
	return nil
}

// Touch notes that what this Cache last read or was given to write under name
// was still true at that time. When something else is kept there, because a
// write failed or another process wrote, it is left as it is and the error is
// fs.ErrNotExist: WriteState puts that right.
func (c *Cache) Touch(name string, at time.Time) error {
	path, err := stateName(name)
	if err != nil {
		return err
	}
	if err := c.touch(name, path, at); err != nil {
		return fmt.Errorf("touch state %s: %w", name, err)
	}
	return nil
}

func (c *Cache) touch(name, path string, at time.Time) error {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return absent(err)
	}
	defer root.Close()
	header, err := readHeader(root, path)
	if err != nil {
		return err
	}
	c.mu.Lock()
	known := c.known[name]
	c.mu.Unlock()
	if string(header) != known {
		return fmt.Errorf("something else is kept: %w", fs.ErrNotExist)
	}
	return root.Chtimes(path, at, at)
}

// readHeader returns as much of the first line as there is.
func readHeader(root *os.Root, path string) ([]byte, error) {
	f, err := root.OpenFile(path, os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return nil, absent(err)
	}
	defer f.Close()
	header := make([]byte, headerLen)
	n, err := io.ReadFull(f, header)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return header[:n], nil
}

// know notes the first line of the state that this Cache goes by.
func (c *Cache) know(name string, header []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[name] = string(header)
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
