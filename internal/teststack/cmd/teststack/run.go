//go:build linux || darwin

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/promptflag/promptflag/internal/teststack/stack"
)

const usage = `usage: teststack [-unleash 7|8] [-only unleash,s3,gcs,azure,aimock,github,act] -- command args…
       teststack [-unleash 7|8] [-only …] install
`

// Exit codes of our own; otherwise the code is the command's.
const (
	exitUsage = 2
	exitStack = 125 // the servers or the command could not be started or stopped in order
)

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("teststack", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	major := flags.Int("unleash", 7, "major version of Unleash")
	only := flags.String("only", "", "comma-separated servers; empty: all")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	command := flags.Args()
	if len(command) == 0 {
		flags.Usage()
		return exitUsage
	}
	o := stack.Options{Unleash: *major, Cache: os.Getenv("PROMPTFLAG_STACK_CACHE"), Log: stderr}
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	// Signals end the run in order; a second one does not wait.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	if len(command) == 1 && command[0] == "install" {
		if err := stack.Install(ctx, o); err != nil {
			fmt.Fprintln(stderr, "teststack:", err)
			return exitStack
		}
		return 0
	}
	s, err := stack.Start(ctx, o)
	if err != nil {
		fmt.Fprintln(stderr, "teststack:", err)
		return exitStack
	}
	code, err := s.Run(ctx, command)
	if err != nil {
		fmt.Fprintf(stderr, "teststack: %s: %v\n", command[0], err)
		code = exitStack
	}
	for _, d := range s.Died() {
		fmt.Fprintln(stderr, "teststack:", d)
	}
	if err := s.Stop(); err != nil {
		fmt.Fprintln(stderr, "teststack: stop:", err)
		if code == 0 {
			code = exitStack
		}
	}
	return code
}
