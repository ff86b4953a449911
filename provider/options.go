package provider

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// WhenOff says what a prompt flag answers while its environment is OFF or a
// parent flag is not satisfied.
type WhenOff int

const (
	// Stable: the stable version, so that the big switch is a rollback.
	Stable WhenOff = iota
	// Default: the caller's default, as a plain flag does.
	Default
)

// Options of New; nil means the zero value of every field.
type Options struct {
	// FlagPrefix is what flag names have in front of prompt names, the
	// flag_prefix of promptflag.toml. Evaluations name the flag: prefix and
	// prompt name. Empty: flag name = prompt name.
	FlagPrefix string
	// Prompts are globs (package path) of prompt names that this service uses:
	// "support.*". Only these are loaded; asking for another one answers the
	// caller's default with GENERAL. Empty: all.
	Prompts []string
	// WhenOff is what OFF means. Zero: the stable version.
	WhenOff WhenOff
	// Structure makes ObjectValue return a fresh map[string]any of the artifact
	// at every call, for callers that know nothing of package prompts. False: a
	// shared, immutable *prompts.Prompt.
	Structure bool
	// Gone is how long a prompt flag that vanished from the feed answers its
	// last stable version. Zero: 24 hours; negative: not at all.
	Gone time.Duration
	// MaxFeedAge is the age of the feed from which on a candidate that is dialled
	// to some callers is not served any more: they get stable. Zero: no limit.
	MaxFeedAge time.Duration
	// Baseline is a bundle as `promptflag bundle` writes it (feed.json and
	// blobs/sha256/<hex>), usually an embed.FS: the last resort before the
	// caller's default. Nil: none.
	Baseline fs.FS
	// CacheDir is the directory that keeps prompts and the last good feed for
	// the next start; processes may share it. Empty: the environment variable
	// PROMPTFLAG_CACHE_DIR, else "promptflag" in os.UserCacheDir. Without any of
	// these, or when it cannot be written, there is memory only, and a line in
	// the log.
	CacheDir string
	// NoCache keeps nothing on disk.
	NoCache bool
	// CacheBytes bounds the prompts on disk; those that were not used for the
	// longest time go first. Zero: 256 MiB.
	CacheBytes int64
	// Tracker gets what the service tells OpenFeature's Track; package
	// otelprompt has one. Nil: it is dropped.
	Tracker Tracker
	// Logger gets what an operator may want to see; never prompt text, user ids
	// or tokens. Nil: nothing is logged.
	Logger *slog.Logger
}

// Tracker takes tracking events, by any number of goroutines.
type Tracker interface {
	Track(ctx context.Context, name string, ec openfeature.EvaluationContext, d openfeature.TrackingEventDetails)
}

func (o *Options) check() error {
	for _, glob := range o.Prompts {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("option Prompts: glob %q: %w", glob, err)
		}
	}
	return nil
}

// promptName returns the prompt that flag is about, and whether it is to be loaded.
func (o *Options) promptName(flag string) (name string, selected bool) {
	name, ok := strings.CutPrefix(flag, o.FlagPrefix)
	if !ok || len(o.Prompts) == 0 {
		return name, ok
	}
	for _, glob := range o.Prompts {
		if ok, _ := path.Match(glob, name); ok {
			return name, true
		}
	}
	return name, false
}

// gone returns how long a vanished flag is answered.
func (o *Options) gone() time.Duration {
	if o.Gone == 0 {
		return 24 * time.Hour
	}
	return o.Gone
}
