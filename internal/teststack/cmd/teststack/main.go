//go:build linux || darwin

// Teststack runs a command with the servers that tests need; see package
// teststack.
package main

import (
	"os"

	"github.com/promptflag/promptflag/internal/teststack/stack"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == stack.GuardCommand {
		if err := stack.Guard(os.Stdin, os.Args[2]); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(run(os.Args[1:], os.Stderr))
}
