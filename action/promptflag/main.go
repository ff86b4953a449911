// Command promptflag manages LLM prompts with git, a bucket and Unleash. Run
// it without arguments for help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no file in it but the program

	"github.com/promptflag/promptflag/action/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Main(ctx, cli.FromOS()))
}
