package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// plot is a drawing in an area of plotWidth × Height, a row for each arm.
type plot struct {
	Title  string
	Alt    string // the same in words
	Note   string
	Height int
	Rows   []plotRow
	Ticks  []tick
	AxisY  int
	Axis   string
}

type plotRow struct {
	Label, Value string
	New          bool
	LabelY       int
	Bars         []bar
	Box          *box
}

type bar struct {
	X, Y, W, H float64
	Title      string
}

// box spans the middle half; the line goes from the 5th to the 95th percentile.
type box struct {
	Low, Left, Middle, Right, High float64
	Y, Top, Bottom, LineTop        float64
	Width                          float64
	Title                          string
}

type tick struct {
	X      float64
	Text   string
	Anchor string
}

const (
	plotWidth = 360
	plotLeft  = 4
	plotInner = plotWidth - 2*plotLeft
	maxLabel  = 34 // runes
)

func round(v float64) float64 { return math.Round(10*v) / 10 }

// scores is how many cases have which score, by arm; nil when no arm says.
func scores(r *evalkit.Report) *plot {
	const rowHeight, barsHeight = 72, 40
	p := &plot{Title: "Scores", Axis: "score of a case", Note: "How many cases have which score; the last bar is exactly 1."}
	highest := 0.0
	for _, a := range r.Arms {
		for _, n := range a.Scores {
			highest = max(highest, float64(n)/float64(total(a.Scores)))
		}
	}
	var alt []string
	for _, a := range r.Arms {
		all := total(a.Scores)
		if all == 0 {
			continue
		}
		top := len(p.Rows) * rowHeight
		row := plotRow{Label: armLabel(a), New: a.Role == evalkit.New, LabelY: top + 14, Value: plural(all, "case", "cases")}
		step := float64(plotInner) / float64(len(a.Scores))
		var words []string
		for i, n := range a.Scores {
			h := round(barsHeight * float64(n) / float64(all) / highest)
			if n > 0 {
				h = max(h, 1.5)
				words = append(words, fmt.Sprintf("%s: %d", bin(i, len(a.Scores)), n))
			}
			row.Bars = append(row.Bars, bar{
				X: round(plotLeft + float64(i)*step + 1), W: round(step - 2),
				Y: round(float64(top+22+barsHeight) - h), H: h,
				Title: fmt.Sprintf("score %s: %s", bin(i, len(a.Scores)), plural(n, "case", "cases")),
			})
		}
		alt = append(alt, row.Label+": "+strings.Join(words, ", "))
		p.Rows = append(p.Rows, row)
	}
	if len(p.Rows) == 0 {
		return nil
	}
	p.Alt = "Cases by score. " + strings.Join(alt, ". ")
	p.AxisY = len(p.Rows) * rowHeight
	p.Height = p.AxisY + 20
	p.Ticks = []tick{{plotLeft, "0", "start"}, {round(plotLeft + plotInner*5/11.0), "0.5", "middle"}, {plotLeft + plotInner, "1", "end"}}
	return p
}

func bin(i, n int) string {
	if i == n-1 {
		return "1"
	}
	return fmt.Sprintf("%.1f to %.1f", float64(i)/float64(n-1), float64(i+1)/float64(n-1))
}

func total(counts []int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// quantilePlot draws the quantiles of every arm; nil when none has any. write
// is how a value is written.
func quantilePlot(r *evalkit.Report, title, note string, of func(evalkit.Arm) *evalkit.Quantiles, write func(float64) string) *plot {
	const rowHeight = 54
	p := &plot{Title: title, Note: note}
	highest := 0.0
	for _, a := range r.Arms {
		if q := of(a); q != nil && finite(q.P95) {
			highest = max(highest, q.P95)
		}
	}
	if highest <= 0 {
		return nil
	}
	highest *= 1.08
	at := func(v float64) float64 {
		if !finite(v) {
			v = 0
		}
		return round(plotLeft + plotInner*min(max(v/highest, 0), 1))
	}
	var alt []string
	for _, a := range r.Arms {
		q := of(a)
		top := len(p.Rows) * rowHeight
		row := plotRow{Label: armLabel(a), New: a.Role == evalkit.New, LabelY: top + 14, Value: unknown}
		if q != nil {
			row.Value = "p50 " + write(q.P50) + ", p95 " + write(q.P95)
			row.Box = &box{
				Low: at(q.P05), Left: at(q.P25), Middle: at(q.P50), Right: at(q.P75), High: at(q.P95),
				Y: float64(top + 34), Top: float64(top + 24), Bottom: float64(top + 44), LineTop: float64(top + 29),
				Width: max(round(at(q.P75)-at(q.P25)), 1),
				Title: fmt.Sprintf("5 %% below %s, half from %s to %s, median %s, 95 %% below %s", write(q.P05), write(q.P25), write(q.P75), write(q.P50), write(q.P95)),
			}
			alt = append(alt, row.Label+": "+row.Box.Title)
		} else {
			alt = append(alt, row.Label+": "+unknown)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Alt = title + ". " + strings.Join(alt, ". ")
	p.AxisY = len(p.Rows) * rowHeight
	p.Height = p.AxisY + 20
	p.Ticks = []tick{{plotLeft, "0", "start"}, {plotLeft + plotInner/2, write(highest / 2), "middle"}, {plotLeft + plotInner, write(highest), "end"}}
	return p
}

// armLabel is short enough to stand beside figures.
func armLabel(a evalkit.Arm) string {
	text := a.Title
	if a.Role == evalkit.Other || text == "" {
		text = a.Model
	}
	return clip(held(text), maxLabel)
}
