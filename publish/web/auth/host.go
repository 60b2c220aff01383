package auth

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Site answers requests that come under a name that is not ours, as after a rebinding of DNS, or from another site; the
// others go to next.
func (a *Auth) Site(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		hosts, cross := a.site.Hosts, a.cross
		a.mu.Unlock()
		switch {
		case !a.knows(r.Host, hosts):
			fail(w, http.StatusMisdirectedRequest, "this machine is not called "+shown(r.Host)+" here: add that name to web.hosts in the config file, or use an address")
		case cross.Check(withoutUsualPort(r)) != nil:
			fail(w, http.StatusForbidden, "another site has sent this request (if that is a proxy, it has to pass the header Host on, or web.hosts has to name it)")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// newCross trusts proxies that have one of some names, and speak https to browsers.
func newCross(hosts []string) *http.CrossOriginProtection {
	cross := http.NewCrossOriginProtection()
	for _, host := range hosts {
		host = canonical(host)
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		_ = cross.AddTrustedOrigin("https://" + host) // of what is no host no request can come
	}
	return cross
}

// canonical is the name of a host without what makes no difference: case, the brackets of IPv6, the dot at its end.
func canonical(host string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(host), "["), "]"), ".")
}

// knows tells whether the page may be called by a Host header: by an address, which nobody can have point elsewhere, by localhost,
// by one of hosts, and by the machine's name with and without its domain and .local, which may change at any time.
func (a *Auth) knows(host string, hosts []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name := canonical(host)
	if name == "" {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	if slices.ContainsFunc(hosts, func(h string) bool { return canonical(h) == name }) {
		return true
	}
	own, err := a.hostname()
	if err != nil {
		return false
	}
	own = canonical(own)
	short, _, _ := strings.Cut(own, ".")
	return name == own || name == short || name == short+".local"
}

// withoutUsualPort is r with a Host as browsers write an Origin: some proxies add the port that goes without saying.
func withoutUsualPort(r *http.Request) *http.Request {
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil {
		return r
	}
	host := strings.TrimSuffix(r.Host, map[string]string{"http": ":80", "https": ":443"}[origin.Scheme])
	if host == r.Host {
		return r
	}
	same := *r
	same.Host = host
	return &same
}

// shown is a text of anybody's for people: not too long, and nothing that is not to be seen.
func shown(s string) string {
	const most = 64
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
