package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// hostTable says of Host headers whether they are ours. The machine is Gate-Pi.example.net, web.hosts has cams.example.
var hostTable = map[string]bool{
	"127.0.0.1:8224": true, "127.0.0.1": true, "192.168.1.20:8224": true, "203.0.113.9": true,
	"[::1]:8224": true, "[::1]": true, "[fe80::1%25eth0]:8224": true, "[2001:db8::7]:443": true, "::1": true,
	"localhost": true, "LOCALHOST:8224": true, "localhost.": true, "localhost.:8224": true,
	"gate-pi": true, "gate-pi:8224": true, "GATE-PI.local": true, "gate-pi.local.:8224": true, "gate-pi.example.net": true,
	"cams.example": true, "Cams.Example:443": true, "cams.example.": true,

	"": false, ":8224": false, ".": false, "..": false, "[]": false, "evil.example": false, "evil.example:8224": false,
	"localhost.evil.example": false, "127.0.0.1.evil.example:8224": false, "evil.localhost": false, "other-pi.local": false,
	"local": false, ".local": false, "gate-pi.local.evil.example": false, "cams.example.evil.example": false, "acams.example": false,
	"127.0.0.1:8224:1": false, "2130706433": false, "127.1": false, "0x7f000001": false, "0x7f.1": false,
	"127.0.0.1@evil.example": false, "evil.example/127.0.0.1": false, "localhost\x00": false, "l\u043ecalhost": false,
}

// send sends a request that something behind the guard answers with 204.
func send(a *Auth, method, host, origin, fetch string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.Host = host
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": fetch} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	a.Site(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })).ServeHTTP(w, r)
	return w
}

// openNamed is the guard of a machine of a known name.
func openNamed(t testing.TB) *Auth {
	t.Helper()
	a, err := Open(Options{Now: (&fakeClock{}).now, Site: Site{Hosts: []string{"Cams.example.", "2001:db8::5"}}}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	a.hostname = func() (string, error) { return "Gate-Pi.example.net", nil }
	return a
}

// TestHosts is the table Host x Origin x Sec-Fetch-Site x method, but for what each pair means: [TestSites].
func TestHosts(t *testing.T) {
	a := openNamed(t)
	for name, ours := range hostTable {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			for _, fetch := range []string{"", "same-origin", "none", "same-site", "cross-site"} {
				for _, origin := range []string{"", "http://evil.example", "https://cams.example", "null"} {
					want := http.StatusNoContent
					crossed := fetch == "same-site" || fetch == "cross-site" || fetch == "" && origin != ""
					switch {
					case !ours:
						want = http.StatusMisdirectedRequest
					case crossed && method != "GET" && method != "HEAD" && origin != "https://cams.example":
						want = http.StatusForbidden
					}
					w := send(a, method, name, origin, fetch)
					if w.Code != want {
						t.Errorf("%s at %q, Origin %q, Sec-Fetch-Site %q: %d, want %d", method, name, origin, fetch, w.Code, want)
					}
					if !ours && !strings.Contains(w.Body.String(), "web.hosts") {
						t.Errorf("the error does not say how to mend it: %s", w.Body)
					}
				}
			}
		}
	}
}

// TestSites has browsers, proxies and attackers change something.
func TestSites(t *testing.T) {
	a := openNamed(t)
	const ok, misdirected, forbidden = http.StatusNoContent, http.StatusMisdirectedRequest, http.StatusForbidden
	for _, test := range []struct {
		name, host, origin, fetch string
		want                      int
	}{
		{"curl", "127.0.0.1:8224", "", "", ok},
		{"curl by name", "gate-pi:8224", "", "", ok},
		{"loopback", "127.0.0.1:8224", "http://127.0.0.1:8224", "same-origin", ok},
		{"typed in", "127.0.0.1:8224", "", "none", ok},
		{"plain HTTP on a name", "gate-pi.local:8224", "http://gate-pi.local:8224", "", ok},
		{"plain HTTP on an address", "192.168.1.20:8224", "http://192.168.1.20:8224", "", ok},
		{"IPv6", "[2001:db8::7]:8224", "http://[2001:db8::7]:8224", "", ok},
		{"port 80", "gate-pi.local", "http://gate-pi.local", "", ok},
		{"port 80 that a proxy has added", "gate-pi.local:80", "http://gate-pi.local", "", ok},
		{"port 443 that a proxy has added", "cams.example:443", "https://cams.example", "", ok},
		{"proxy with https that keeps Host", "cams.example", "https://cams.example", "same-origin", ok},
		{"proxy with https and a port", "cams.example", "https://cams.example:8443", "same-origin", ok},
		{"proxy with https that does not", "127.0.0.1:8224", "https://cams.example", "same-origin", ok},
		{"the same, old browser", "127.0.0.1:8224", "https://cams.example", "", ok},
		{"proxy by an IPv6 address", "127.0.0.1:8224", "https://[2001:db8::5]", "", ok},
		{"proxy with plain HTTP that does not", "127.0.0.1:8224", "http://cams.example", "", forbidden},
		{"proxy of a name that is not listed", "other.example", "https://other.example", "same-origin", misdirected},

		{"rebound", "evil.example:8224", "http://evil.example:8224", "same-origin", misdirected},
		{"rebound, plain HTTP", "evil.example:8224", "http://evil.example:8224", "", misdirected},
		{"rebound, without Origin", "evil.example", "", "none", misdirected},
		{"cross-site", "127.0.0.1:8224", "https://evil.example", "cross-site", forbidden},
		{"cross-site, plain HTTP on a name", "gate-pi.local:8224", "http://evil.example", "", forbidden},
		{"cross-site without Origin", "127.0.0.1:8224", "", "cross-site", forbidden},
		{"sandboxed", "127.0.0.1:8224", "null", "cross-site", forbidden},
		{"sandboxed, plain HTTP", "gate-pi.local:8224", "null", "", forbidden},
		{"another port of this machine", "gate-pi.local:8224", "http://gate-pi.local:8123", "", forbidden},
		{"the same, with Sec-Fetch-Site", "127.0.0.1:8224", "http://127.0.0.1:8123", "same-site", forbidden},
		{"port 80 beside 443", "gate-pi.local:443", "http://gate-pi.local", "", forbidden},
		{"port 443 beside 80", "gate-pi.local:80", "https://gate-pi.local", "", forbidden},
		{"proxy's name over http", "127.0.0.1:8224", "http://cams.example", "cross-site", forbidden},
		{"proxy's name with a tail", "127.0.0.1:8224", "https://cams.example.evil.example", "cross-site", forbidden},
		{"no origin at all", "127.0.0.1:8224", "::", "", forbidden},
		{"an unknown Sec-Fetch-Site", "127.0.0.1:8224", "http://127.0.0.1:8224", "maybe", forbidden},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			if w := send(a, method, test.host, test.origin, test.fetch); w.Code != test.want {
				t.Errorf("%s, %s: got %d %s, want %d", test.name, method, w.Code, w.Body, test.want)
			}
		}
	}
}

// TestForwardedIsNotBelieved says who somebody is by headers of proxies.
func TestForwardedIsNotBelieved(t *testing.T) {
	s := open(t, nil)
	s.from = "192.0.2.7:1"
	claim := func(r *http.Request) {
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Forwarded", "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Ingress-Path"} {
			r.Header.Set(name, "127.0.0.1")
		}
	}
	s.want(http.StatusUnauthorized, "GET", "/look", "", claim)
	s.want(http.StatusMisdirectedRequest, "GET", "/look", "", claim, func(r *http.Request) { r.Host = "evil.example" })
	for range maxFailures {
		s.want(http.StatusForbidden, "POST", "/session", `{"code":"0000-0000-0000"}`)
	}
	s.want(http.StatusTooManyRequests, "POST", "/session", `{"code":"0000-0000-0000"}`, claim)
}

func TestMoveOfHosts(t *testing.T) {
	a := openNamed(t)
	if w := send(a, "GET", "new.example", "", ""); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("got %d", w.Code)
	}
	if err := a.Move(Site{Hosts: []string{"new.example"}}); err != nil {
		t.Fatal(err)
	}
	if w := send(a, "POST", "new.example", "https://new.example", "same-origin"); w.Code != http.StatusNoContent {
		t.Errorf("got %d", w.Code)
	}
	if w := send(a, "GET", "cams.example", "", ""); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("got %d", w.Code)
	}
}

func FuzzHost(f *testing.F) {
	for host := range hostTable {
		f.Add(host, "http://"+host, "")
	}
	a := openNamed(f)
	names := []string{"localhost", "gate-pi", "gate-pi.local", "gate-pi.example.net", "cams.example"}
	f.Fuzz(func(t *testing.T, host, origin, fetch string) {
		w := send(a, "POST", host, origin, fetch)
		if w.Code == http.StatusMisdirectedRequest || w.Code == http.StatusForbidden {
			return
		}
		for _, name := range names {
			if strings.Contains(strings.ToLower(host), name) {
				return
			}
		}
		if w.Code != http.StatusNoContent || strings.Trim(host, "0123456789abcdefABCDEF:.[]") != "" && !strings.Contains(host, "%") {
			t.Errorf("Host %q: %d", host, w.Code)
		}
	})
}
