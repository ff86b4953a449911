package history

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/promptflag/promptflag/store"
)

// An Exporter writes entries one by one.
type Exporter interface {
	Write(Entry) error
	// Close writes what is left. It does not close the writer below.
	Close() error
}

// newJSONL writes an [Entry] as a JSON object on each line.
func newJSONL(w io.Writer) Exporter {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return jsonl{enc}
}

type jsonl struct{ enc *json.Encoder }

func (j jsonl) Write(e Entry) error { return j.enc.Encode(e) }
func (j jsonl) Close() error        { return nil }

// columns are those of the CSV. New ones are added at the end.
var columns = [...]string{
	"time", "environment", "prompt", "action", "ref",
	"stable_before", "stable_after", "candidate_before", "candidate_after", "percent_before", "percent_after",
	"enabled_before", "enabled_after", "source", "outcome",
	"actor", "account", "author", "approvers", "commit", "subject", "pull_request", "run", "reason", "verdict",
	"detail", "operation", "events", "tool",
}

// newCSV writes a header and a row for each entry (RFC 4180). A cell that a
// spreadsheet would take for a formula gets an apostrophe in front.
func newCSV(w io.Writer) (Exporter, error) {
	out := csv.NewWriter(w)
	return csvExport{out}, out.Write(columns[:])
}

type csvExport struct{ w *csv.Writer }

func (c csvExport) Close() error {
	c.w.Flush()
	return c.w.Error()
}

func (c csvExport) Write(e Entry) error {
	outcome, detail := "done", e.Detail
	switch {
	case e.Fault != "":
		outcome, detail = "unreadable", e.Detail+": "+e.Fault
	case !e.Finished:
		outcome = "started, not finished"
	}
	var events []string
	for _, id := range e.Events {
		events = append(events, strconv.FormatInt(id, 10))
	}
	b, a := cells(e.Before), cells(e.After)
	row := []string{
		e.Time.UTC().Format(time.RFC3339Nano), e.Environment, e.Prompt, e.Action, e.Ref,
		b.stable, a.stable, b.candidate, a.candidate, b.percent, a.percent,
		b.enabled, a.enabled, string(e.Source), outcome,
		e.Actor, e.Account, e.Author, strings.Join(e.Approvers, " "), e.Commit, e.Subject, e.PullRequest, e.Run, e.Reason, e.Verdict,
		detail, e.Operation, strings.Join(events, " "), e.Tool,
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return c.w.Write(row)
}

// harmless keeps a spreadsheet from running a cell.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

// side is a state in cells; all are empty where nothing is known.
type side struct{ stable, candidate, percent, enabled string }

func cells(s *store.State) side {
	if s == nil {
		return side{}
	}
	out := side{stable: s.Stable, candidate: s.Candidate, enabled: strconv.FormatBool(s.Enabled)}
	switch {
	case s.Candidate == "":
	case s.CandidateDisabled:
		out.percent = "0"
	default:
		out.percent = strconv.Itoa(s.Percent)
	}
	return out
}

// Formats are the words for [NewExporter].
const (
	FormatJSONL = "jsonl"
	FormatCSV   = "csv"
)

// NewExporter returns the exporter of a format.
func NewExporter(format string, w io.Writer) (Exporter, error) {
	switch format {
	case FormatJSONL:
		return newJSONL(w), nil
	case FormatCSV:
		return newCSV(w)
	}
	return nil, fmt.Errorf("format %q: want %s or %s", format, FormatJSONL, FormatCSV)
}
