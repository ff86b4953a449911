package assert

import "slices"

// judged are the types that ask a model. select-best and max-score compare
// outputs of several versions and are no checks of one: see unsupported.
func judged() []kind {
	return slices.Concat(
		[]kind{rubricKind(), closedQAKind(), gEvalKind(), similarKind()},
		factualityKinds(),
		[]kind{answerRelevanceKind(), faithfulnessKind(), recallKind(), contextRelevanceKind()},
	)
}
