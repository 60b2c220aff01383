package pull

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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
			DisableCompression: true, MaxResponseHeaderBytes: maxHeadOctets, OnProxyConnectResponse: judgeProxy,
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

// judgeProxy says why a proxy opens no way to the server.
func judgeProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusProxyAuthRequired:
		return fmt.Errorf("the proxy %s wants a login (HTTPS_PROXY=http://user:password@%s)", proxy.Host, proxy.Host)
	case code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		return againError{error: fmt.Errorf("the proxy %s cannot reach the server now (%s)", proxy.Host, answer.Status)}
	}
	return fmt.Errorf("the proxy %s refuses (%s): fetch the file elsewhere, and use --from", proxy.Host, answer.Status)
}
