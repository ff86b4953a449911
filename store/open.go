package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// Open opens a bucket by URL:
//
//	mem://               a new, empty bucket in this process; nothing is shared
//	file:///abs/dir      a directory; file:///C:/dir on Windows
//
// Buckets of a cloud (s3, gs, azblob) are opened by store/cloud. Nothing is
// read or created here: a directory that is missing is an empty bucket until
// the first write makes it. Errors never repeat the URL, it may hold secrets.
func Open(_ context.Context, rawURL string) (*Bucket, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("open bucket: not a URL (want mem:// or file:///abs/dir)")
	}
	switch u.Scheme {
	case "mem":
		if u.Host+u.Path+u.Opaque+u.RawQuery != "" {
			return nil, errors.New("open bucket: mem:// takes no name and no parameters")
		}
		return New(NewMem()), nil
	case "file":
		dir, err := dirOf(u, runtime.GOOS)
		if err != nil {
			return nil, fmt.Errorf("open bucket: %w", err)
		}
		return OpenDir(dir)
	case "s3", "gs", "azblob":
		return nil, fmt.Errorf("open bucket: %s:// is opened by store/cloud (cloud.Open), this program links only mem and file", u.Scheme)
	}
	return nil, fmt.Errorf("open bucket: %w", unknownScheme(u.Scheme))
}

// OpenDir opens a directory as a bucket; a relative dir is resolved now.
func OpenDir(dir string) (*Bucket, error) {
	d, err := NewDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return New(d), nil
}

func unknownScheme(scheme string) error {
	const want = "want mem://, file:///abs/dir, s3://, gs:// or azblob://"
	if len(scheme) <= 1 { // none, or a Windows drive
		return errors.New("a path is not a bucket URL, write file:///abs/dir (" + want + ")")
	}
	return fmt.Errorf("scheme %.20q is unknown (%s)", scheme, want)
}

// dirOf returns the directory that a file URL names on goos.
func dirOf(u *url.URL, goos string) (string, error) {
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("file URL: no parameters, fragment or user allowed")
	}
	if u.Opaque != "" || (u.Host != "" && u.Host != "localhost") {
		return "", fmt.Errorf("file URL: relative, or with a host; write the absolute path behind three slashes%s", absHint(u))
	}
	dir := u.Path
	if goos == "windows" && len(dir) >= 3 && dir[0] == '/' && dir[2] == ':' {
		dir = dir[1:] // /C:/x
	}
	if dir == "" || strings.ContainsRune(dir, 0) {
		return "", errors.New("file URL: no directory (want file:///abs/dir)")
	}
	return filepath.FromSlash(dir), nil
}

func absHint(u *url.URL) string {
	abs, err := filepath.Abs(filepath.FromSlash(u.Host + u.Path + u.Opaque))
	if err != nil {
		return ""
	}
	return ": file:///" + strings.TrimPrefix(filepath.ToSlash(abs), "/")
}
