package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/evalkit"
)

// HTMLOptions say how much HTML writes.
type HTMLOptions struct {
	Title    string // of the page; "" means "Evaluation"
	MaxCases int    // cases on the page, over all reports; 0 means 2,000
	MaxText  int    // bytes of each input and output; 0 means 4,000
	// MaxSamples is how many answers of each arm are shown for a case, those that
	// failed first; 0 means 3.
	MaxSamples int
}

func (o *HTMLOptions) defaults() HTMLOptions {
	all := HTMLOptions{}
	if o != nil {
		all = *o
	}
	if all.Title == "" {
		all.Title = "Evaluation"
	}
	if all.MaxCases <= 0 {
		all.MaxCases = 2000
	}
	if all.MaxText <= 0 {
		all.MaxText = 4000
	}
	if all.MaxSamples <= 0 {
		all.MaxSamples = 3
	}
	return all
}

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// HTML writes one page for all reports that needs nothing else: it may be opened
// from a disk, asks for nothing (its policy forbids it) and can be read without
// its script. The results of each report are read twice, and only the cases on
// the page, MaxCases at most, are held at once.
func HTML(w io.Writer, reports []*evalkit.Report, open Open, options *HTMLOptions) error {
	o := options.defaults()
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("template of the page: %w", err)
	}
	tags := tagNumbers(reports)
	out := bufio.NewWriterSize(w, 1<<16)
	top := struct {
		Title, Policy string
		Reports       []link
		Tags          []string
	}{
		Title:  line(o.Title),
		Policy: "default-src 'none'; style-src " + hashOf(pageStyle) + "; script-src " + hashOf(pageScript) + "; base-uri 'none'; form-action 'none'",
		Tags:   slices.Sorted(maps.Keys(tags)),
	}
	for i, r := range reports {
		top.Reports = append(top.Reports, link{anchor(i), line(r.Prompt), mood(r.Verdict), headline(r.Verdict)})
	}
	if err := t.ExecuteTemplate(out, "head", top); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	// Written as they are: the policy has the hashes of exactly these bytes.
	out.WriteString("<style>" + pageStyle + "</style>\n")
	if err := t.ExecuteTemplate(out, "top", top); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	room := o.MaxCases
	for i, r := range reports {
		v, err := viewOf(r, i, open, o, room/(len(reports)-i), tags)
		if err != nil {
			return fmt.Errorf("report of %q as a page: %w", r.Prompt, err)
		}
		room -= len(v.Cases)
		if err := t.ExecuteTemplate(out, "report", v); err != nil {
			return fmt.Errorf("report of %q as a page: %w", r.Prompt, err)
		}
	}
	if err := t.ExecuteTemplate(out, "end", nil); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	out.WriteString("<script>" + pageScript + "</script>\n</body>\n</html>\n")
	return out.Flush()
}

type link struct{ Anchor, Name, Mood, Verdict string }

func anchor(i int) string { return fmt.Sprintf("report-%d", i+1) }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// tagNumbers are the tags of all reports by a number, which the filter uses.
func tagNumbers(reports []*evalkit.Report) map[string]int {
	numbers := map[string]int{}
	for _, r := range reports {
		for _, a := range r.Arms {
			for _, t := range a.Tags {
				numbers[line(t.Name)] = 0
			}
		}
	}
	for i, t := range slices.Sorted(maps.Keys(numbers)) {
		numbers[t] = i
	}
	return numbers
}

// mood is a class of the style sheet.
func mood(v evalkit.Verdict) string {
	switch v {
	case evalkit.Pass:
		return "good"
	case evalkit.Fail:
		return "bad"
	}
	return "open"
}

// numbersOf are the tags of a case that the filter knows, as it reads them.
func numbersOf(tags []string, known map[string]int) string {
	var all []string
	for _, t := range tags {
		if n, ok := known[line(t)]; ok {
			all = append(all, fmt.Sprint(n))
		}
	}
	return strings.Join(all, " ")
}
