package loopback_test

import (
	"testing"

	"github.com/inceptiond/inceptiond/internal/loopback"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "::1%lo": true,
		"": false, "0.0.0.0": false, "::": false, "192.168.1.2": false, "::ffff:10.0.0.1": false, "fe80::1%eth0": false,
		"localhost.example": false, "broker.local": false, "127.0.0.1.example": false, "127.1": false, "[::1]": false,
	} {
		if got := loopback.Host(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
