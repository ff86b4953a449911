package plan

// Credit says who made a version and who agreed to it, as the code host knows
// it. The version may have come to the branch before the change that a plan is
// applied for.
type Credit struct {
	Author      string   // of the pull request; "" without one
	Approvers   []string // of what was merged
	PullRequest string   // URL; "" for a push without one
}

// credited is the origin of one item.
func (o Origin) credited(i Item) Origin {
	if i.Credit != nil {
		o.Author, o.Approvers, o.PullRequest = i.Credit.Author, i.Credit.Approvers, i.Credit.PullRequest
	}
	return o
}
