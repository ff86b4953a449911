//go:build unix

package faultproxy

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// port is a port of 127.0.0.1 that nobody else gets, whether anybody listens on it
// or not: a socket that is bound and does not listen keeps it, and refuses
// connections. Without it, a stopped proxy's port soon is another proxy's.
type port struct {
	addr string
	held *os.File
}

func newPort() (*port, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	unix.CloseOnExec(fd)
	p := &port{held: os.NewFile(uintptr(fd), "port")}
	if err = reusable(uintptr(fd)); err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		p.held.Close()
		return nil, fmt.Errorf("bind a port: %w", err)
	}
	p.addr = fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
	return p, nil
}

func reusable(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// listen accepts connections until the listener is closed.
func (p *port) listen() (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) { err = reusable(fd) }); cerr != nil {
			return cerr
		}
		return err
	}}
	return config.Listen(context.Background(), "tcp4", p.addr)
}

func (p *port) close() { _ = p.held.Close() }
