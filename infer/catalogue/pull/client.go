package pull

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/inceptiond/inceptiond/internal/localname"
)

// What a server gets for each step before the body, whose pace is watched.
const (
	dialTimeout   = 15 * time.Second
	maxRedirects  = 5
	maxHeadOctets = 64 << 10
)

// errRedirect marks an answer that leads somewhere else, where nobody should go.
var errRedirect = errors.New("redirected")

// newClient is an HTTP client that goes through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name.
func newClient() *http.Client {
	return &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: localname.Dialer(&net.Dialer{Timeout: dialTimeout}), TLSHandshakeTimeout: dialTimeout,
			DisableCompression: true, MaxResponseHeaderBytes: maxHeadOctets,
		},
	}
}

// checkRedirect follows a few redirects, and none from https to http.
func checkRedirect(next *http.Request, before []*http.Request) error {
	last := before[len(before)-1].URL
	switch {
	case last.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("%w from https to %s://%s, where anybody may change the file on its way: not followed", errRedirect, next.URL.Scheme, next.URL.Host)
	case len(before) > maxRedirects:
		return fmt.Errorf("%w %d times, the last time to %s: given up", errRedirect, maxRedirects, next.URL.Host)
	}
	return nil
}
