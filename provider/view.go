package provider

import (
	"sync/atomic"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// view is what evaluation sees: one load, one look into a map, one load. A new
// definition of a flag changes its slot; a flag that comes or goes makes a new view.
type view struct {
	set   string // Feed.Set
	slots map[string]*slot
}

// slot holds the definition of one flag that evaluation sees.
type slot struct{ atomic.Pointer[shown] }

// shown is one definition of one flag with everything that it can answer. All
// but lacked never changes.
type shown struct {
	flag  *Flag     // nil: the flag vanished
	until time.Time // of a flag that vanished: when it is forgotten

	isPrompt bool
	selected bool   // this provider is to load it
	trouble  string // why something is not served as asked; "" = all is well

	// Answers; nil when nothing is loadable for the case.
	off, none *answer
	match     [][]*answer // by strategy and variant; nil: as none

	last *prompts.Prompt // the newest stable version that was loaded, of this definition or an earlier one

	sticky string      // the context field that a partial candidate asks for
	lacked atomic.Bool // a caller did not have it
}

// lookup returns what evaluation sees of a flag; nil when there is none.
func (v *view) lookup(flag string, now func() time.Time) *shown {
	sl := v.slots[flag]
	if sl == nil {
		return nil
	}
	s := sl.Load()
	if s == nil || s.flag == nil && now().After(s.until) {
		return nil
	}
	return s
}
