// Package web is the page that people open in a browser: what the cameras see, what the model says of it, and how to
// change that. Files of the page are below assets; what may be asked over HTTP is docs/schema/openapi.json.
package web

// Options say where the page is, and who may see it.
type Options struct {
	Listen   string   // host:port
	TLS      TLS      // zero: plain HTTP
	Hosts    []string // names it may be called by, besides addresses, localhost and this machine's name
	Embed    []string // sites that may show it in a frame: "http://homeassistant.local:8123"
	Rate     float64  // pictures a second and camera, at most
	StateDir string   // folder of passwords, sessions and tokens; empty: in memory
	LinkFile string   // file that holds the code of the one-time link; empty: none
	Device   string
	Version  string
}

// TLS is a certificate and its key, in PEM. Both are read again when they change.
type TLS struct{ CertFile, KeyFile string }
