package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

const (
	fetchTimeout = 3 * time.Second // for one blob
	maxArtifact  = 1 << 20
	maxFeed      = 64 << 20
)

// nearby returns the prompt of ref from disk or bundle, nil when neither has it.
func (l *loader) nearby(disk localBlobs, ref prompts.Ref) (p *prompts.Prompt, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("panic: %v", v)
		}
	}()
	if disk != nil {
		data, err := disk.Blob(string(ref.Digest))
		if err == nil {
			if p, err := decode(ref, data); err == nil {
				return p, nil
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			l.log.Warn("prompt not read from disk", "ref", ref.String(), "error", err)
		}
	}
	if l.bundle == nil {
		return nil, nil
	}
	data, err := readLimited(l.bundle, "blobs/sha256/"+strings.TrimPrefix(string(ref.Digest), "sha256:"), maxArtifact)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(ref, data)
}

// fetch returns the prompt of ref from the bucket.
func (l *loader) fetch(ctx context.Context, ref prompts.Ref) (p *prompts.Prompt, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("panic: %v", v)
		}
		if err != nil {
			p, err = nil, fmt.Errorf("load %s: %w", ref, err)
		}
	}()
	data, err := l.blobs.Get(ctx, string(ref.Digest))
	if err != nil {
		return nil, err
	}
	return decode(ref, data)
}

// decode returns the prompt of ref if data is it: bytes that hash to the
// digest, a known form, the name that the ref says.
func decode(ref prompts.Ref, data []byte) (*prompts.Prompt, error) {
	if got := prompts.DigestOf(data); got != ref.Digest {
		return nil, fmt.Errorf("the bytes hash to %s", got)
	}
	p, err := prompts.DecodeOwned(data)
	if err != nil {
		return nil, err
	}
	if p.Name() != ref.Name {
		return nil, fmt.Errorf("the artifact is prompt %q", p.Name())
	}
	return p, nil
}

// readLimited reads a file of at most limit bytes.
func readLimited(dir fs.FS, name string, limit int64) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("read %s: larger than %d bytes", name, limit)
	}
	return data, nil
}
