package assert

import "slices"

// deterministic are the types that ask nobody.
func deterministic() []kind {
	return slices.Concat(
		[]kind{equalsKind(), levenshteinKind()},
		containsKinds(),
	)
}
