// Package freeport finds TCP ports for the servers of tests.
package freeport

import (
	"net"
	"testing"
)

// Find is the number of a port on 127.0.0.1 that nobody has; somebody else may take it before the test does.
func Find(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
