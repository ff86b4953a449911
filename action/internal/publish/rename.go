package publish

import (
	"reflect"

	"github.com/promptflag/promptflag/prompts"
)

// sameContent reports whether two prompts differ in their name only.
func sameContent(a, b *prompts.Prompt) bool {
	x, y := a.Structure(), b.Structure()
	delete(x, "name")
	delete(y, "name")
	return reflect.DeepEqual(x, y)
}
