package report

import (
	"github.com/promptflag/promptflag/evalkit"
)

// modelTable compares the new version under several models, the first one its
// own; without other models there are no rows.
func modelTable(r *evalkit.Report) (head []string, rows [][]string) {
	arms := others(r)
	if len(arms) == 0 {
		return nil, nil
	}
	metrics := names(r, func(a *evalkit.Arm) []evalkit.Named { return a.Metrics })
	head = []string{"model", "pass rate"}
	for _, m := range metrics {
		head = append(head, clip(line(m), maxColumn))
	}
	head = append(head, "cost of 1,000 calls", "latency p95", "errors")
	for _, a := range arms {
		row := []string{clip(line(a.Model), 2*maxColumn), share.estimate(a.PassRate)}
		for _, m := range metrics {
			row = append(row, score.estimate(named(a.Metrics, m)))
		}
		p95 := unknown
		if a.Latency != nil {
			p95 = duration(a.Latency.P95)
		}
		rows = append(rows, append(row, kilo(a.Cost), p95, thousands(a.Errors)))
	}
	return head, rows
}

func named(list []evalkit.Named, name string) *evalkit.Estimate {
	for i := range list {
		if list[i].Name == name {
			return &list[i].Estimate
		}
	}
	return nil
}
