//go:build unix

package faultmatrix

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const golden = "testdata/faults.md"

// intro explains the table to whoever reads only that.
const intro = `Made by internal/faultmatrix on a real Unleash and a real S3 server: a row is a
fault, a column the process that it hits. "running" was there before; the others
start while the fault lasts: with the last good state on disk, with a bundle
(Options.Baseline), with nothing. Where disks are corrupt, the one with a bundle
has such a disk too.

Flags: canary has a candidate (version 2) for half of the users, of whom one is
"dialled" and one is of the "others"; simple has a stable version only; off is a
prompt flag whose environment is OFF; plain is no prompt flag; stable is version 1.
While S3 or a disk fails, new versions are published: candidate 4, and version 3 as
stable of simple.

A cell names the answers that are not as the flags ask, with version and reason, and
behind the semicolon the events during the fault. After the fault, in every cell,
all is as asked again and the state READY with the second poll at the latest, and no
evaluation in between answered the caller's default unless the cell says so.

`

// line is what a row of the table says.
type line struct{ where, what, cells string }

// line is what is answered now.
func (st *stage) line(asked answers) line {
	cells := make([]string, starts)
	for i := range cells {
		cells[i] = "–"
	}
	for _, c := range st.cells {
		cells[c.start] = st.text(c, asked)
	}
	return line{st.row.where, st.row.what, strings.Join(cells, " | ")}
}

// merge makes the lines of the table: faults at one place with one outcome share one.
func merge(lines []line) (merged []line) {
	for _, l := range lines {
		i := slices.IndexFunc(merged, func(m line) bool { return m.where == l.where && m.cells == l.cells })
		if i < 0 {
			merged = append(merged, l)
		} else {
			merged[i].what += ", " + l.what
		}
	}
	return merged
}

// text is a cell of the table.
func (st *stage) text(c *cell, asked answers) string {
	got := c.answers()
	text := "as asked"
	var parts []string
	same := onePrompt(got)
	switch {
	case same == got[plain]:
		parts = append(parts, "all "+same)
		asked = got // nothing more to say
	case same != "":
		parts = append(parts, "all prompts "+same)
	}
	for _, p := range c.probes {
		if got[p.label] != asked[p.label] && (same == "" || p.flag == plain) {
			parts = append(parts, p.label+" "+got[p.label])
		}
	}
	if len(parts) > 0 {
		text = strings.Join(parts, ", ")
	}
	types, _ := st.told(c)
	if c.service.failed != nil {
		types = initFails
	}
	if types != "" {
		text += "; " + types
	}
	return text
}

// onePrompt is the answer of all prompt flags, "" if they have several.
func onePrompt(got answers) string {
	rest := got.without(plain)
	if same := slices.Compact(slices.Sorted(maps.Values(rest))); len(same) == 1 {
		return same[0]
	}
	return ""
}

// report keeps the line of a row that went well.
func (m *matrix) report(number int, line line) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[number] = line
}

// recovered notes how a cell came out of its fault.
func (m *matrix) recovered(polls int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polls[polls]++
	m.took = append(m.took, took)
}

// compare compares the lines of the rows that ran with the golden table, or
// writes that.
func (m *matrix) compare(t *testing.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var table strings.Builder
	table.WriteString(intro + "| where | fault |")
	for s := range starts {
		fmt.Fprintf(&table, " %s |", s)
	}
	table.WriteString("\n|" + strings.Repeat("---|", int(starts)+2) + "\n")
	var lines []line
	for _, number := range slices.Sorted(maps.Keys(m.done)) {
		lines = append(lines, m.done[number])
	}
	for _, l := range merge(lines) {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", l.where, l.what, l.cells)
	}
	t.Logf("%d of %d rows\n\n%s", len(m.done), m.rows, table.String())
	if n := len(m.took); n > 0 {
		slices.Sort(m.took)
		t.Logf("back after 0, 1, 2 polls of %v each: %d cells; after %v in the middle, %v at the most",
			refresh, m.polls, m.took[n/2].Round(time.Millisecond), m.took[n-1].Round(time.Millisecond))
	}
	if os.Getenv("UPDATE") == "1" && len(m.done) == m.rows {
		if err := os.WriteFile(golden, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.done) == m.rows {
		if diff := cmp.Diff(string(b), table.String()); diff != "" {
			t.Errorf("%s (-want +got); UPDATE=1 writes it\n%s", golden, diff)
		}
		return
	}
	for _, l := range lines { // of some rows, when the test was asked for these
		found := slices.ContainsFunc(strings.Split(string(b), "\n"), func(text string) bool {
			rest, here := strings.CutPrefix(text, "| "+l.where+" | ")
			return here && strings.HasSuffix(rest, " | "+l.cells+" |") && strings.Contains(rest, l.what)
		})
		if !found {
			t.Errorf("not in %s; UPDATE=1 with all rows writes it: %s: %s | %s", golden, l.where, l.what, l.cells)
		}
	}
}
