package flagsfile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// File is the flags of one project in one environment, kept in one document.
// It holds nothing open between calls and may be shared.
type File struct {
	dir, environment, project string
	now                       func() time.Time
	random                    io.Reader
	lockWait                  time.Duration

	mu   sync.Mutex
	kept [2]*snapshot // the latest, and the one that it replaces or replaced; either may be nil
}

// Options of New. Nil means all defaults.
type Options struct {
	// Project owns the flags; "" is "default". Flags of other projects in the
	// same document are left alone.
	Project string
	// Now gives the time that new ids carry; nil is time.Now.
	Now func() time.Time
	// Random gives the random part of new ids; nil is crypto/rand.Reader. It
	// must be safe for use by several goroutines if the File is.
	Random io.Reader
}

// environmentName is what a server allows, as the name of a file.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$`)

// New names the document of an environment: <dir>/<environment>.json. Neither
// has to exist; the first change makes them. A relative path is resolved now.
func New(dir, environment string, o *Options) (*File, error) {
	if o == nil {
		o = &Options{}
	}
	if dir == "" {
		return nil, errors.New("flags directory: empty path")
	}
	if len(environment) > 100 || !environmentName.MatchString(environment) {
		return nil, fmt.Errorf("environment %q: not a name (letters, digits and - . _ ~, not beginning with a dot, at most 100)", environment)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("flags directory %s: %w", dir, err)
	}
	f := &File{dir: abs, environment: environment, project: o.Project, now: o.Now, random: o.Random, lockWait: lockWait}
	if f.project == "" {
		f.project = "default"
	}
	if f.now == nil {
		f.now = time.Now
	}
	if f.random == nil {
		f.random = rand.Reader
	}
	return f, nil
}

// Describe names the document, for messages.
func (f *File) Describe() string { return "file " + f.Document() }

// Document is the path of the document.
func (f *File) Document() string { return filepath.Join(f.dir, f.name()) }

func (f *File) name() string { return f.environment + ".json" }

// Ping says whether the document can be read. One that does not exist can.
func (f *File) Ping(ctx context.Context) error {
	_, err := f.read(ctx)
	return f.wrap("read flags", err)
}

// wrap says what was being done, and where unless the cause says it already.
func (f *File) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*documentError](err); ok {
		return fmt.Errorf("%s: %w", op, err)
	}
	return fmt.Errorf("%s: %s: %w", op, f.Describe(), err)
}

// documentError is a document that nobody must write over.
type documentError struct {
	path string
	err  error
}

func (e *documentError) Unwrap() error { return e.err }

func (e *documentError) Error() string {
	sep := ": "
	if _, ok := errors.AsType[*posError](e.err); ok {
		sep = ":"
	}
	return fmt.Sprintf("%s%s%v (the document was left as it is: correct it or put a good copy in its place)", e.path, sep, e.err)
}

// read returns the document as it is now. It must not be changed.
func (f *File) read(ctx context.Context) (*document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return f.empty().doc, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	s, err := f.load(root)
	if err != nil {
		return nil, err
	}
	return s.doc, nil
}

// errUnchanged is what a change returns when there is nothing to write.
var errUnchanged = errors.New("unchanged")

// update runs change on a draft of the document and writes the result, all under
// the lock. Features of the draft are changed through edit. An error of change
// leaves the document as it was.
func (f *File) update(ctx context.Context, op string, change func(*document) error) error {
	err := f.locked(ctx, func(root *os.Root) error {
		before, err := f.load(root)
		if err != nil {
			return err
		}
		d := before.draft()
		if err := change(d); err != nil {
			return err
		}
		d.Revision++
		data, err := d.encode()
		if err != nil {
			return err
		}
		// Kept before it is in the file, and beside what is there now: whichever a
		// reader finds is known. If the file is not replaced, nobody finds it.
		if s, err := d.written(data); err == nil {
			f.keep(s, before)
		}
		return replace(root, f.name(), data)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return f.wrap(op, err)
}

// locked runs do while no other writer can.
func (f *File) locked(ctx context.Context, do func(*os.Root) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	unlock, err := lock(ctx, root, f.name()+".lock", f.lockWait)
	if err != nil {
		return err
	}
	defer unlock()
	return do(root)
}

// edit returns a flag of our project, for changing it in a draft.
func (f *File) edit(d *document, name string) (*feature, error) {
	x, err := f.find(d, name)
	if err != nil {
		return nil, err
	}
	return d.change(x), nil
}

// find returns a flag of our project that is not archived, for reading.
func (f *File) find(d *document, name string) (*feature, error) {
	for _, x := range d.Features {
		if x.Name != name {
			continue
		}
		switch {
		case x.Project != f.project:
			return nil, fmt.Errorf("flag %s: %w (%s)", name, flags.ErrOtherProject, x.Project)
		case x.Archived:
			return nil, fmt.Errorf("flag %s: %w", name, flags.ErrArchived)
		}
		return x, nil
	}
	return nil, fmt.Errorf("flag %s: %w", name, flags.ErrNotFound)
}
