// Githubfake serves package githubfake on loopback until it is ended:
//
//	githubfake [-addr 127.0.0.1:0] [-repository acme/prompts] [state.json]
//
// It prints its URL on one line. GET URL/_fake/state shows what was written.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/promptflag/promptflag/internal/githubfake"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	repository := flag.String("repository", "acme/prompts", "owner/name")
	flag.Parse()
	if err := run(*addr, *repository, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "githubfake:", err)
		os.Exit(1)
	}
}

func run(addr, repository, file string) error {
	fake := githubfake.New(repository)
	if file != "" {
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		state := githubfake.State{Repository: repository}
		if err := json.Unmarshal(src, &state); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		fake.Change(func(s *githubfake.State) { *s = state })
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
