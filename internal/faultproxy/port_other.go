//go:build !unix

package faultproxy

import (
	"net"
	"time"
)

// port is a port of 127.0.0.1. While nobody listens on it, somebody else may get it.
type port struct{ addr string }

func newPort() (*port, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &port{l.Addr().String()}, l.Close()
}

// listen accepts connections until the listener is closed.
func (p *port) listen() (l net.Listener, err error) {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if l, err = net.Listen("tcp4", p.addr); err == nil || time.Now().After(end) {
			return l, err
		}
	}
}

func (*port) close() {}
