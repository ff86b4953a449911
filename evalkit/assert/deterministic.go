package assert

import "slices"

// deterministic are the types that ask nobody.
func deterministic() []kind {
	return slices.Concat(
		[]kind{equalsKind(), regexKind(), levenshteinKind()},
		containsKinds(),
		jsonKinds(),
		overlapKinds(),
		measureKinds(),
		toolKinds(),
		finishKinds(),
		[]kind{setKind(), exprKind()},
		xmlKinds(),
		htmlKinds(),
	)
}
