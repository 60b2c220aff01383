package httpcam

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/inceptiond/inceptiond/capture/internal/trust"
	"github.com/inceptiond/inceptiond/internal/localname"
)

// maxRedirects is how often a camera may send us elsewhere.
const maxRedirects = 5

// address is u for messages: without a user, and without its query, which may hold a key.
func address(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// transport makes the connections. A camera behind a proxy for https has its heads as they are: the proxy's tunnel hides
// them.
func (s *source) transport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            s.dialPlain,
		DialTLSContext:         s.dialTLS,
		TLSClientConfig:        s.trust.Config(s.url.Hostname()), // behind a proxy
		TLSHandshakeTimeout:    s.o.Timeout,
		ResponseHeaderTimeout:  s.o.Timeout,
		DisableCompression:     true, // pictures are compressed already
		MaxResponseHeaderBytes: 2 * maxHead,
		MaxIdleConnsPerHost:    1,
	}
}

// dial connects to a camera.
func (s *source) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return localname.Dialer(&net.Dialer{Timeout: s.o.Timeout})(ctx, network, address)
}

func (s *source) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newRepairConn(conn, &s.distrust), nil
}

// dialTLS connects to a camera by https, and shakes hands.
func (s *source) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	plain, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(plain, s.trust.Config(host))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, trust.Explain(err, "http")
	}
	return newRepairConn(conn, &s.distrust), nil
}

// redirect follows a camera to another page, but not from https to http. The page there learns nothing of this one, whose
// query may hold a key; the password is login's to keep.
func redirect(next *http.Request, past []*http.Request) error {
	next.Header.Del("Referer")
	switch {
	case len(past) > maxRedirects:
		return fmt.Errorf("more than %d redirections", maxRedirects)
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return fmt.Errorf("it redirects to %s, which is not HTTP: use source: rtsp for addresses of rtsp://", address(next.URL))
	case next.URL.Scheme != "https" && past[0].URL.Scheme == "https":
		return errors.New("it redirects from https to http")
	}
	return nil
}

// explain makes an error of net/http one that people can use. Those repeat the URL: only their cause is kept.
func explain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	for _, cause := range []error{errRTSP, errTLS, errHead} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return err
}
