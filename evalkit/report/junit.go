package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/assert"
)

const (
	// maxReasons is how many cases say why they failed; the others only that they did.
	maxReasons = 10_000
	// maxReason is the text of one case, in bytes.
	maxReason = 2000
)

// The elements and attributes are those that the schema of the xUnit plugin of
// Jenkins (junit-10.xsd) allows; GitLab, Azure and the usual actions read the same.
type junitCase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Failure *junitFault
	Error   *junitFault
}

type junitFault struct {
	XMLName xml.Name
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes one test suite for each report: a test case for the verdict, one
// for each gate, and one for each case, as the new version answered it. A case of which any sample
// fails is a failure, one of which a sample could not be asked or checked is an
// error, and so is a gate that is inconclusive. Texts of models are left out but
// for what assertions say of them.
func JUnit(w io.Writer, reports []*evalkit.Report, open Open) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	root := xml.StartElement{Name: xml.Name{Local: "testsuites"}, Attr: attributes("name", "promptflag eval")}
	if err := e.EncodeToken(root); err != nil {
		return err
	}
	for _, r := range reports {
		if err := junitSuite(e, r, open); err != nil {
			return fmt.Errorf("report of %q as JUnit: %w", r.Prompt, err)
		}
	}
	if err := e.EncodeToken(root.End()); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitSuite(e *xml.Encoder, r *evalkit.Report, open Open) error {
	x, err := load(open, r)
	if err != nil {
		return err
	}
	why, err := reasons(open, r, x)
	if err != nil {
		return err
	}
	var tests, failures, errs int
	count := func(c junitCase) {
		tests++
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errs++
		}
	}
	for _, g := range gatesOf(r) {
		count(junitGate(r, g))
	}
	for _, c := range x.cases {
		count(junitEntry(r, c, ""))
	}
	suite := xml.StartElement{Name: xml.Name{Local: "testsuite"}, Attr: attributes(
		"name", r.Prompt,
		"tests", fmt.Sprint(tests), "failures", fmt.Sprint(failures), "errors", fmt.Sprint(errs), "skipped", "0",
		"time", fmt.Sprintf("%.3f", r.Seconds),
		"timestamp", r.Started.UTC().Format("2006-01-02T15:04:05"),
	)}
	if err := e.EncodeToken(suite); err != nil {
		return err
	}
	if err := junitProperties(e, r); err != nil {
		return err
	}
	for _, g := range gatesOf(r) {
		if err := e.Encode(junitGate(r, g)); err != nil {
			return err
		}
	}
	for _, c := range x.cases {
		if err := e.Encode(junitEntry(r, c, why[c.id])); err != nil {
			return err
		}
	}
	return e.EncodeToken(suite.End())
}

// attributes are pairs of names and values.
func attributes(pairs ...string) []xml.Attr {
	var all []xml.Attr
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, xml.Attr{Name: xml.Name{Local: pairs[i]}, Value: line(pairs[i+1])})
	}
	return all
}

func junitProperties(e *xml.Encoder, r *evalkit.Report) error {
	pairs := [][2]string{
		{"verdict", string(r.Verdict)}, {"reason", r.Reason},
		{"suite", r.Suite.Hash}, {"dataset", r.Suite.Dataset}, {"judge", r.Suite.Judge},
	}
	if len(r.Arms) > 0 {
		pairs = append(pairs, [2]string{"version", r.Arms[0].Digest}, [2]string{"model", r.Arms[0].Model})
	}
	list := xml.StartElement{Name: xml.Name{Local: "properties"}}
	if err := e.EncodeToken(list); err != nil {
		return err
	}
	for _, p := range pairs {
		if p[1] == "" {
			continue
		}
		one := xml.StartElement{Name: xml.Name{Local: "property"}, Attr: attributes("name", p[0], "value", p[1])}
		if err := e.EncodeToken(one); err != nil {
			return err
		}
		if err := e.EncodeToken(one.End()); err != nil {
			return err
		}
	}
	return e.EncodeToken(list.End())
}

// gatesOf are the verdict itself, which may be worse than every gate, and the gates.
func gatesOf(r *evalkit.Report) []evalkit.Gated {
	return append([]evalkit.Gated{{Name: "verdict", Verdict: r.Verdict, Sentence: r.Reason}}, r.Gates...)
}

func junitGate(r *evalkit.Report, g evalkit.Gated) junitCase {
	name := g.Name
	if g.Rule != "" {
		name += ": " + g.Rule
	}
	if g.Baseline != "" {
		name += ", against " + armTitle(r, g.Baseline)
	}
	c := junitCase{Name: line(name), Class: line(r.Prompt) + ".gates", Time: "0"}
	switch g.Verdict {
	case evalkit.Pass:
	case evalkit.Fail:
		c.Failure = fault("failure", "gate", g.Sentence, g.Sentence)
	default: // a verdict that is not known is not a pass
		c.Error = fault("error", "inconclusive", g.Sentence, g.Sentence)
	}
	return c
}

func junitEntry(r *evalkit.Report, x *entry, why string) junitCase {
	c := junitCase{Name: line(x.id), Class: line(r.Prompt) + ".cases", Time: fmt.Sprintf("%.3f", x.seconds)}
	pass, fail, wrong := x.tally(0)
	if x.file != "" {
		why = fmt.Sprintf("%s:%d\n%s", x.file, x.line, why)
	}
	switch all := pass + fail + wrong; {
	case wrong > 0:
		c.Error = fault("error", "error", fmt.Sprintf("%d of %s could not be asked or checked", wrong, plural(all, "answer", "answers")), why)
	case fail > 0:
		c.Failure = fault("failure", "assertion", fmt.Sprintf("%d of %s failed", fail, plural(all, "answer", "answers")), why)
	case pass == 0:
		c.Error = fault("error", "missing", "not asked: the run ended before it", why)
	}
	return c
}

func fault(element, kind, message, text string) *junitFault {
	return &junitFault{XMLName: xml.Name{Local: element}, Type: kind, Message: line(message), Text: visible(text)}
}

// reasons are why cases failed under the new version, by case: what the first
// sample that failed says.
func reasons(open Open, r *evalkit.Report, x *index) (map[string]string, error) {
	all := map[string]string{}
	if open == nil || len(r.Arms) == 0 {
		return all, nil
	}
	return all, lines(open, r.Prompt, func(h *head, text []byte) error {
		s := h.Sample
		if s == nil || s.Arm != r.Arms[0].ID || len(all) >= maxReasons || all[s.Case] != "" {
			return nil
		}
		m := markOf(s.Pass, s.Fault, s.Error)
		// An answer that was asked for again says nothing any more.
		if m == passed || s.Repeat < 0 || s.Repeat >= len(x.entry(s.Case).marks[0]) || x.entry(s.Case).marks[0][s.Repeat] != m {
			return nil
		}
		var b body
		if err := json.Unmarshal(text, &b); err != nil {
			return err
		}
		why, _ := cut(reason(b.Sample), maxReason)
		all[s.Case] = why
		return nil
	})
}

// reason is why a sample did not pass, a line for each assertion.
func reason(s *evalkit.Sample) string {
	var b strings.Builder
	if s.Fault != "" || s.Error != "" {
		fmt.Fprintf(&b, "%s: %s\n", s.Fault, line(s.Error))
	}
	for _, c := range checks(s.Results) {
		if c.State != checkPassed {
			fmt.Fprintf(&b, "%s %s: %s\n", c.Word(), c.Name, c.Reason)
		}
	}
	return b.String()
}

// armTitle is how people call an arm.
func armTitle(r *evalkit.Report, id string) string {
	for _, a := range r.Arms {
		if a.ID == id && a.Title != "" {
			return a.Title
		}
	}
	return id
}

// checkState is what one assertion says.
type checkState int

const (
	checkFailed checkState = iota
	checkErred
	checkMeasured // weight 0, did not pass: never gates
	checkPassed
)

// check is one assertion as it is shown.
type check struct {
	State  checkState
	Name   string // "contains", with its metric
	Score  float64
	Reason string // one line
	Part   bool   // of a set, which stands before it
}

// Word says the state.
func (c check) Word() string {
	return [...]string{"failed", "could not check", "measured", "passed"}[c.State]
}

// maxCheckReason bounds what one assertion says, in bytes.
const maxCheckReason = 400

// checks are the assertions of a sample, those of sets after their set.
func checks(results []assert.Result) []check {
	var all []check
	for _, a := range results {
		c := check{State: checkFailed, Name: line(a.Type), Score: a.Score, Reason: short(a.Reason, maxCheckReason)}
		if a.Metric != "" {
			c.Name += " (" + line(a.Metric) + ")"
		}
		switch {
		case a.Error != "":
			c.State, c.Reason = checkErred, short(a.Error, maxCheckReason)
		case a.Pass:
			c.State = checkPassed
		case a.Weight == 0:
			c.State = checkMeasured
		}
		all = append(all, c)
		for _, part := range checks(a.Parts) {
			part.Name, part.Part = c.Name+" › "+part.Name, true
			all = append(all, part)
		}
	}
	return all
}
