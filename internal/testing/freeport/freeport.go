// Package freeport finds TCP ports for the servers of tests.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// given are the ports that this process has been given: none is given twice, as who got it may not listen yet.
var given sync.Map

// Find is the number of a port on 127.0.0.1 that nobody has. It is none that the kernel gives to whoever asks for any
// (ip_local_port_range in ip(7): from 32768), so that hardly somebody else takes it before the test does.
func Find(t testing.TB) string {
	t.Helper()
	const first, last = 10_000, 32_000
	var err error
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(last-first))
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			l.Close()
			if _, twice := given.LoadOrStore(port, true); !twice {
				return port
			}
		}
	}
	t.Fatal(err)
	return ""
}
