//go:build unix

package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or with -figures prints the figures instead.
func TestMain(m *testing.M) {
	print := flag.Bool("figures", false, "print the figures instead of running tests")
	only := flag.String("only", "", "with -figures: run only suites that match this regular expression")
	flag.Parse()
	if !*print {
		goleak.VerifyTestMain(m)
		return
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: -only:", err)
		os.Exit(2)
	}
	os.Exit(printFigures(wanted))
}

// printFigures runs the suites one after the other.
func printFigures(wanted *regexp.Regexp) int {
	r := NewReport(os.Stdout, figures())
	for _, s := range suites() {
		if !wanted.MatchString(s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", s.name)
		start := time.Now()
		if err := s.run(context.Background(), r); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", s.name, err)
			r.Fail()
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %.1f s\n", s.name, time.Since(start).Seconds())
	}
	for _, name := range r.Missing() {
		fmt.Fprintln(os.Stderr, "bench: not measured:", name)
	}
	return r.Code()
}

// note writes progress.
func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "  "+format+"\n", args...) }
