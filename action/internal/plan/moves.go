package plan

import "fmt"

// Move is a share of users whose version changes.
type Move struct {
	Percent int    `json:"percent"`
	From    string `json:"from"` // version, "" if they had none
	To      string `json:"to"`
	// Of says of which users, when it is not all of them.
	Of string `json:"of,omitempty"`
}

func (m Move) String() string {
	of := "users"
	if m.Of != "" {
		of = m.Of
	}
	if m.From == "" {
		return fmt.Sprintf("%d %% of %s get %s", m.Percent, of, m.To)
	}
	return fmt.Sprintf("%d %% of %s move from %s to %s", m.Percent, of, m.From, m.To)
}

// Moves compares two states. Both candidates draw their users from the same
// buckets, because groupId and stickiness stay: the first p per cent of the
// buckets have the candidate, so a dial from 45 to 5 moves 40 per cent.
func Moves(before, after State) []Move {
	b, a := split(before), split(after)
	low, high := min(b.percent, a.percent), max(b.percent, a.percent)
	parts := []Move{
		{Percent: low, From: b.candidate, To: a.candidate},
		{Percent: high - low},
		{Percent: 100 - high, From: b.stable, To: a.stable},
	}
	if b.percent > a.percent {
		parts[1].From, parts[1].To = b.candidate, a.stable
	} else {
		parts[1].From, parts[1].To = b.stable, a.candidate
	}
	of := ""
	if b.constrained || a.constrained {
		of = "users that match the candidate's constraints"
	}
	var moves []Move
	for _, p := range parts {
		if p.Percent == 0 || p.From == p.To || p.To == "" {
			continue
		}
		p.Of = of
		if n := len(moves); n > 0 && moves[n-1].From == p.From && moves[n-1].To == p.To {
			moves[n-1].Percent += p.Percent
			continue
		}
		moves = append(moves, p)
	}
	// With constraints, everybody else moves with stable.
	if of != "" && b.stable != a.stable {
		moves = append(moves, Move{Percent: 100, From: b.stable, To: a.stable, Of: "other users"})
	}
	return moves
}

type shares struct {
	stable, candidate string
	percent           int
	constrained       bool
}

func split(s State) shares {
	sh := shares{stable: Version(s.Stable)}
	if s.Candidate != "" && !s.CandidateDisabled && s.Enabled {
		sh.candidate, sh.percent, sh.constrained = Version(s.Candidate), s.Percent, s.Constrained
	}
	return sh
}
