package unleashflags

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"github.com/promptflag/promptflag/provider"
)

// earlier has the flags of the feed that was compiled last, by the hash of
// what they were compiled from: most feeds change one flag of many.
type earlier struct {
	mu    sync.Mutex
	flags map[[sha256.Size]byte]*provider.Flag
}

// compileAll returns the provider's view of every flag, compiled.
func (e *engine) compileAll(raw *wireFeed, environment string) []*provider.Flag {
	e.earlier.mu.Lock()
	known := e.earlier.flags
	e.earlier.mu.Unlock()

	segments := raw.segments()
	text, _ := json.Marshal(raw.Segments)
	base := sha256.Sum256(text) // a segment is part of the flags that use it
	flags := make(map[[sha256.Size]byte]*provider.Flag, len(raw.Features))
	list := make([]*provider.Flag, 0, len(raw.Features))
	names := make(map[string]bool, len(raw.Features))
	var children []*wireFeature
	for _, feature := range raw.Features {
		h := sha256.New()
		h.Write(base[:])
		h.Write(feature)
		key := [sha256.Size]byte(h.Sum(nil))
		flag := known[key]
		if flag == nil {
			f := readFeature(feature, segments, e.about)
			switch {
			case f == nil:
				e.src.log.Error("a flag of the feed has no name")
				continue
			case len(f.Dependencies) > 0: // it depends on more than its own text
				children = append(children, f)
				names[f.Name] = true
				continue
			}
			if flag = e.compile(f, nil, environment); flag == nil {
				continue
			}
		}
		flags[key] = flag
		names[flag.Name] = true
		list = append(list, flag)
	}
	for _, f := range children {
		if flag := e.compile(f, names, environment); flag != nil {
			list = append(list, flag)
		}
	}
	e.earlier.mu.Lock()
	e.earlier.flags = flags
	e.earlier.mu.Unlock()
	return list
}
