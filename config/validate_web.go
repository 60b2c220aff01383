package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// web checks the page. The files of its certificate are for others to look at.
func (k *checker) web(w *Web) {
	if w.Listen != "" {
		k.hostAndPort("web.listen", w.Listen, "127.0.0.1:8224")
	}
	k.pair("web.tls", w.TLS.CertFile, w.TLS.KeyFile)
	for i, host := range w.Hosts {
		k.host(fmt.Sprintf("web.hosts[%d]", i), host)
	}
	for i, origin := range w.Embed {
		k.origin(fmt.Sprintf("web.embed[%d]", i), origin)
	}
	within(k, "web.rate", w.Rate, 0.1, 30)
}

// hostAndPort checks where something listens; example is such an address.
func (k *checker) hostAndPort(key, address, example string) {
	if _, port, err := net.SplitHostPort(address); err != nil || !validPort(port, false) {
		k.fail(key, "%s is not host:port (want one such as %s)", quote(address), example)
	}
}

// hostName is what browsers send as the name of a site.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// host checks a name by which the page may be called. An address is needless, and no mistake.
func (k *checker) host(key, host string) {
	if isHost(host) {
		return
	}
	name := host
	if u, err := url.Parse(host); err == nil && u.Host != "" {
		name = u.Host
	}
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	if name = strings.TrimRight(name, "./"); name != host && isHost(name) {
		k.fail(key, "%s is more than a name (did you mean %s?)", quote(host), name)
		return
	}
	k.fail(key, "%s is not the name of a host (want one such as cams.example.org)", quote(host))
}

func isHost(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil || hostName.MatchString(s) && len(s) <= 253
}

// origin checks a site that may show the page in a frame: scheme, host and perhaps a port (RFC 6454, section 6.2). What
// browsers compare it with has no IPv6 addresses (Content Security Policy Level 3, section 2.3.1).
func (k *checker) origin(key, origin string) {
	const wanted = "want one such as http://homeassistant.local:8123"
	u, err := url.Parse(origin)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !validPort(u.Port(), true) || strings.HasSuffix(u.Host, ":"):
		k.fail(key, "%s is not the address of a site (%s)", quote(origin), wanted)
	case strings.HasPrefix(u.Host, "["):
		k.fail(key, "%s has an IPv6 address, which browsers do not look at here (write a name)", quote(origin))
	case !hostName.MatchString(u.Hostname()):
		k.fail(key, "%s has no proper host (%s)", quote(origin), wanted)
	case origin != u.Scheme+"://"+u.Host:
		k.fail(key, "%s is more than the address of a site (did you mean %s://%s?)", quote(origin), u.Scheme, u.Host)
	}
}
