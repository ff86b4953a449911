package evaluate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Journal keeps the answers of a run until Remove, so that one that was killed
// goes on where it was and pays for nothing twice. It is a file of lines, each
// written when its answer arrives. Several goroutines may use it.
type Journal struct {
	path string

	mu   sync.Mutex
	file *os.File
	at   map[string]span
	size int64
	left int  // answers of an earlier run
	torn bool // the last line may be in part there
}

type span struct{ start, length int64 }

// journalLine is one answer. Data is what the recorder wrote.
type journalLine struct {
	Key  string          `json:"key"`
	Data json.RawMessage `json:"data"`
}

// maxJournalLine bounds what is read at once: a recorded answer and its request.
const maxJournalLine = 32 << 20

// OpenJournal opens the journal in the file, which need not exist, with the
// answers of a run that did not end.
func OpenJournal(path string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{path: path, file: f, at: map[string]span{}}
	if err := j.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	j.left = len(j.at)
	return j, nil
}

// read finds what is there. A last line that was cut off is none, and the next
// one starts on a line of its own.
func (j *Journal) read() error {
	r := bufio.NewReaderSize(j.file, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if int64(len(line)) > maxJournalLine {
			return errors.New("a line is too long: this is not a journal")
		}
		whole := err == nil
		var l journalLine
		if whole && json.Unmarshal(line, &l) == nil && l.Key != "" {
			j.at[l.Key] = span{j.size, int64(len(line))}
		}
		j.size += int64(len(line))
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				n, err := j.file.Write([]byte("\n"))
				j.size += int64(n)
				return err
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Left is how many answers an earlier run left behind.
func (j *Journal) Left() int { return j.left }

// Get returns the answer that was put under the key; fs.ErrNotExist when there
// is none.
func (j *Journal) Get(_ context.Context, key string) ([]byte, error) {
	j.mu.Lock()
	at, ok := j.at[key]
	j.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("journal: %s: %w", key, fs.ErrNotExist)
	}
	line := make([]byte, at.length)
	if _, err := j.file.ReadAt(line, at.start); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	var l journalLine
	if err := json.Unmarshal(line, &l); err != nil || l.Key != key {
		// Another process wrote between our look at the end and our line.
		return nil, fmt.Errorf("journal: %s: %w", key, fs.ErrNotExist)
	}
	return l.Data, nil
}

// Put adds an answer, the last of a key counts. When the disk is full nothing
// that was there is lost.
func (j *Journal) Put(_ context.Context, key string, data []byte, _ bool) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	line, err := json.Marshal(journalLine{key, compact.Bytes()})
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	line = append(line, '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.torn {
		if _, err := j.file.Write([]byte("\n")); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		j.torn = false
	}
	end, err := j.file.Seek(0, io.SeekEnd) // another process may write too
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if _, err := j.file.Write(line); err != nil {
		j.torn = true
		return fmt.Errorf("write journal: %w", err)
	}
	j.at[key] = span{end, int64(len(line))}
	return nil
}

// Close keeps the journal for the next run.
func (j *Journal) Close() error { return j.file.Close() }

// Remove ends the journal, which is closed: what it holds is elsewhere too.
func (j *Journal) Remove() error {
	if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove journal: %w", err)
	}
	return nil
}
