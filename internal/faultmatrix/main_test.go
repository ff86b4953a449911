//go:build unix

package faultmatrix

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// rowsAtOnce is how many rows run at the same time: they wait most of the time.
const rowsAtOnce = 10

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", fmt.Sprint(rowsAtOnce)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a condition may take that should be there in a second or
// three: the machine may be busy.
const patience = 60 * time.Second

// eventually waits for ok to return no error.
func eventually(ctx context.Context, pause time.Duration, ok func() error) error {
	for end := time.Now().Add(patience); ; {
		err := ok()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %w", patience, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
