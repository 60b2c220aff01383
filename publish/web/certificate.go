package web

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// certificateTime is how often the files of a certificate are looked at, at most.
const certificateTime = 10 * time.Second

// certificate is read again when its files change. One that cannot be used leaves the one before in force.
type certificate struct {
	files TLS
	log   *zap.Logger
	every time.Duration

	mu     sync.Mutex
	is     *tls.Certificate
	state  [2]fileState // of the files that were read last, whether or not they could be used
	looked time.Time
}

// fileState tells a file from what it was before.
type fileState struct {
	changed time.Time
	size    int64
}

// newCertificate reads a certificate. The error says how to mend it.
func newCertificate(files TLS, log *zap.Logger) (*certificate, error) {
	c := &certificate{files: files, log: log, every: certificateTime}
	c.state = c.look()
	is, err := readCertificate(files)
	if err != nil {
		return nil, err
	}
	c.is, c.looked = is, time.Now()
	return c, nil
}

func readCertificate(files TLS) (*tls.Certificate, error) {
	is, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("web.tls: %w: cert_file and key_file have to be PEM that the daemon's user may read", err)
	}
	return &is, nil
}

// config is for a listener.
func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.current, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// current is the certificate that is in the files now, if it can be used.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.looked) < c.every {
		return c.is, nil
	}
	c.looked = now
	state := c.look()
	if state == c.state {
		return c.is, nil
	}
	c.state = state
	is, err := readCertificate(c.files)
	if err != nil {
		c.log.Warn("the new certificate of the page cannot be used, the old one goes on", zap.Error(err))
		return c.is, nil
	}
	c.is = is
	c.log.Info("the page has a new certificate")
	return is, nil
}

// look tells how the files are now.
func (c *certificate) look() (state [2]fileState) {
	for i, name := range []string{c.files.CertFile, c.files.KeyFile} {
		if is, err := os.Stat(name); err == nil {
			state[i] = fileState{is.ModTime(), is.Size()}
		}
	}
	return state
}
