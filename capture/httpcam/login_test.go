package httpcam

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// guard is a camera that asks for Digest, checks the answers by itself, and counts.
type guard struct {
	challenges []string // of the header; NONCE stands for the nonce
	uses       int      // of a nonce until it is too old; 0: any number
	silent     bool     // it does not say stale
	next       bool     // it names the next nonce
	serve      http.Handler

	mu     sync.Mutex
	nonce  int
	count  int // of the nonce's uses
	asked  int // requests without a login
	failed int // wrong passwords
	stale  int // old nonces
	basic  int // requests with Basic
	good   int
}

var param = regexp.MustCompile(`(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))`)

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	header := r.Header.Get("Authorization")
	values, isDigest := strings.CutPrefix(header, "Digest ")
	switch {
	case strings.HasPrefix(header, "Basic "):
		g.basic++
	case !isDigest:
		g.asked++
	default:
		p := make(map[string]string)
		for _, m := range param.FindAllStringSubmatch(values, -1) {
			p[m[1]] = m[2] + m[3]
		}
		switch {
		case p["response"] != response(r, p):
			g.failed++
		case p["nonce"] != fmt.Sprint("n", g.nonce), g.uses > 0 && g.count >= g.uses:
			g.stale++
			g.refuse(w, !g.silent)
			return
		default:
			g.count++
			if nc := p["nc"]; nc != "" && nc != fmt.Sprintf("%08x", g.count) {
				http.Error(w, "count "+nc, http.StatusBadRequest)
				return
			}
			g.good++
			if g.next {
				g.nonce, g.count = g.nonce+1, 0
				w.Header().Set("Authentication-Info", fmt.Sprintf(`nextnonce="n%d"`, g.nonce))
			}
			g.serve.ServeHTTP(w, r)
			return
		}
	}
	g.refuse(w, false)
}

// refuse asks for a login, with another nonce.
func (g *guard) refuse(w http.ResponseWriter, stale bool) {
	g.nonce++
	g.count = 0
	for _, c := range g.challenges {
		if stale {
			c += ", stale=true"
		}
		w.Header().Add("WWW-Authenticate", strings.ReplaceAll(c, "NONCE", fmt.Sprint("n", g.nonce)))
	}
	w.WriteHeader(http.StatusUnauthorized)
}

// response is what the login must hold, for ann and s3cret (RFC 7616, 3.4.1).
func response(r *http.Request, p map[string]string) string {
	algorithm, session := strings.CutSuffix(strings.ToUpper(p["algorithm"]), "-SESS")
	h := func(parts ...string) string {
		data := []byte(strings.Join(parts, ":"))
		switch algorithm {
		case "SHA-256":
			return fmt.Sprintf("%x", sha256.Sum256(data))
		case "SHA-512-256":
			return fmt.Sprintf("%x", sha512.Sum512_256(data))
		}
		return fmt.Sprintf("%x", md5.Sum(data))
	}
	if want := "ann"; p["username"] != want && (p["userhash"] != "true" || p["username"] != h(want, p["realm"])) || p["uri"] != r.URL.RequestURI() {
		return "no"
	}
	a1 := h("ann", p["realm"], "s3cret")
	if session {
		a1 = h(a1, p["nonce"], p["cnonce"])
	}
	a2 := h(r.Method, p["uri"])
	switch p["qop"] {
	case "":
		return h(a1, p["nonce"], a2)
	case "auth-int":
		a2 = h(r.Method, p["uri"], h(""))
	}
	return h(a1, p["nonce"], p["nc"], p["cnonce"], p["qop"], a2)
}

func TestDigest(t *testing.T) {
	p := jpegOf(t, 16, 8)
	const plain = `Digest realm="cam", nonce="NONCE"`
	stills, frames := picture(p), stream("multipart/x-mixed-replace; boundary=b", part("--b", p))
	for name, g := range map[string]*guard{
		"RFC 2069":          {challenges: []string{plain}},
		"qop":               {challenges: []string{plain + `, qop="auth", algorithm=MD5, opaque=""`}},
		"auth-int too":      {challenges: []string{plain + `, qop="auth-int, auth"`}},
		"auth-int alone":    {challenges: []string{plain + `, qop="auth-int"`}},
		"MD5-sess":          {challenges: []string{plain + `, qop="auth", algorithm=MD5-sess`}},
		"SHA-256":           {challenges: []string{plain + `, qop="auth", algorithm=SHA-256`}},
		"SHA-256-sess":      {challenges: []string{plain + `, qop="auth", algorithm=SHA-256-sess`}},
		"SHA-512-256":       {challenges: []string{plain + `, qop="auth", algorithm=SHA-512-256, userhash=true`}},
		"strongest":         {challenges: []string{plain + `, algorithm=MD5`, plain + `, algorithm=SHA-256, qop="auth"`}},
		"beside Basic":      {challenges: []string{`Basic realm="cam"`, plain}},
		"in one header":     {challenges: []string{`Basic realm="cam", ` + plain}},
		"realm with quotes": {challenges: []string{`Digest realm="the \"cam\"", nonce="NONCE", qop="auth"`}},
		"stale":             {challenges: []string{plain + `, qop="auth"`}, uses: 2},
		"stale at once":     {challenges: []string{plain + `, qop="auth"`}, uses: 1},
		"old, but not said": {challenges: []string{plain + `, qop="auth"`}, uses: 2, silent: true},
		"nextnonce":         {challenges: []string{plain + `, qop="auth"`}, next: true},
	} {
		for kind, serveIt := range map[string]http.HandlerFunc{"stills": stills, "stream": frames} {
			g := &guard{challenges: g.challenges, uses: g.uses, silent: g.silent, next: g.next, serve: serveIt}
			t.Run(name+" "+kind, func(t *testing.T) {
				s := httptest.NewServer(g)
				readGood(t, Options{URL: s.URL + "/snap.jpg?channel=1", Username: "ann", Password: "s3cret"}, 7, p)
				s.Close() // ends all handlers
				if g.asked != 1 || g.failed != 0 || g.basic != 0 {
					t.Errorf("%d requests without login, %d wrong, %d with Basic", g.asked, g.failed, g.basic)
				}
			})
		}
	}
}

// A wrong password is sent once, and the error says what it is.
func TestWrongPassword(t *testing.T) {
	p := picture(jpegOf(t, 16, 8))
	for name, challenges := range map[string][]string{
		"Digest": {`Digest realm="cam", nonce="NONCE", qop="auth"`},
		"both":   {`Basic realm="cam"`, `Digest realm="cam", nonce="NONCE", qop="auth"`},
		"Basic":  {`Basic realm="cam"`},
		"none":   nil,
	} {
		g := &guard{challenges: challenges, serve: p}
		_, err := Open(t.Context(), Options{URL: serve(t, g.ServeHTTP).URL, Username: "ann", Password: "wrong"})
		if !errors.Is(err, capture.ErrLogin) || !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "check the user and password") {
			t.Errorf("%s: %v", name, err)
		}
		if g.failed+g.basic != 1 || g.asked != 1 || strings.Contains(name, "b") && g.basic != 0 {
			t.Errorf("%s: %d wrong, %d with Basic, %d without", name, g.failed, g.basic, g.asked)
		}
	}
}

// A password that is changed while stills are fetched ends the source: it is not sent again and again.
func TestPasswordChanges(t *testing.T) {
	p := picture(jpegOf(t, 16, 8))
	g := &guard{challenges: []string{`Digest realm="cam", nonce="NONCE", qop="auth"`}, serve: p}
	changed := &guard{challenges: []string{`Digest realm="another cam", nonce="NONCE", qop="auth"`}}
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 5 {
			g.ServeHTTP(w, r)
			return
		}
		r.Method = "HEAD" // so that every response is wrong
		changed.ServeHTTP(w, r)
	})
	src, err := Open(t.Context(), Options{URL: s.URL, Username: "ann", Password: "s3cret", Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for err == nil {
		err = src.Read(t.Context(), new(capture.Frame))
	}
	if !errors.Is(err, capture.ErrLogin) || changed.failed != 2 { // one of them was with an old nonce
		t.Errorf("%v after %d wrong ones", err, changed.failed)
	}
}

// Basic is sent when the camera asks for it, and from then on at once.
func TestBasic(t *testing.T) {
	p := jpegOf(t, 16, 8)
	without := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); user != "ann" || password != "s3cret" {
			if !ok {
				without++
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		picture(p)(w, r)
	})
	o := Options{URL: s.URL, Username: "ann", Password: "s3cret"}
	readGood(t, o, 5, p)
	if without != 1 {
		t.Errorf("%d requests without login", without)
	}
	src, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if text, advice := src.(*source).About(); !strings.Contains(text, "login by Basic") || !strings.Contains(advice, "can read the password") {
		t.Errorf("%q, %q", text, advice)
	}
}

// A redirection takes the password nowhere but to the same scheme, host and port, and what the query holds nowhere.
func TestRedirects(t *testing.T) {
	p := jpegOf(t, 16, 8)
	other := func(t *testing.T, address string) (*httptest.Server, *[]*http.Request) {
		var seen []*http.Request
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r)
			if r.URL.Path == "/open" {
				picture(p)(w, r)
				return
			}
			w.Header().Add("WWW-Authenticate", `Basic realm="other"`)
			w.Header().Add("WWW-Authenticate", `Digest realm="other", nonce="1"`)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip(err)
		}
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
		return s, &seen
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		for name, address := range map[string]string{"another port": "127.0.0.1:0", "another host": "127.0.0.2:0"} {
			for _, path := range []string{"/open", "/closed"} {
				to, seen := other(t, address)
				for challenge := range map[string]bool{`Digest realm="cam", nonce="NONCE", qop="auth"`: true, `Basic realm="cam"`: true, "": true} {
					g := &guard{challenges: []string{challenge}, serve: http.RedirectHandler(to.URL+path, code)}
					from := serve(t, func(w http.ResponseWriter, r *http.Request) {
						if user, _, ok := r.BasicAuth(); challenge == "" || ok && user == "ann" && strings.HasPrefix(challenge, "Basic") {
							g.serve.ServeHTTP(w, r)
							return
						}
						g.ServeHTTP(w, r)
					})
					src, err := Open(t.Context(), Options{URL: from.URL + "/?key=s3cret", Username: "ann", Password: "s3cret"})
					switch {
					case err == nil:
						src.Close()
						if path == "/closed" {
							t.Errorf("%d to %s%s: no error", code, name, path)
						}
					case path == "/open" || !strings.Contains(err.Error(), "redirects to http://127") || strings.Contains(err.Error(), "s3cret"):
						t.Errorf("%d to %s%s: %v", code, name, path, err)
					}
				}
				if len(*seen) < 3 {
					t.Errorf("%d to %s%s: %d requests", code, name, path, len(*seen))
				}
				for _, r := range *seen {
					if text := fmt.Sprint(r.Header, r.URL); strings.Contains(text, "Authorization") || strings.Contains(text, "s3cret") {
						t.Errorf("%d to %s%s: %s", code, name, path, text)
					}
				}
			}
		}
	}
}

// Within its origin a redirection keeps the login, whether its address is whole or not.
func TestRedirectWithin(t *testing.T) {
	p := jpegOf(t, 16, 8)
	g := &guard{challenges: []string{`Digest realm="cam", nonce="NONCE", qop="auth"`}}
	s := serve(t, g.ServeHTTP)
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"new?x=1", "/dir/new?x=1", s.URL + "/new?x=1"} {
			g.mu.Lock()
			g.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery == "x=1" {
					picture(p)(w, r)
					return
				}
				w.Header().Set("Location", to)
				w.WriteHeader(code)
			})
			g.mu.Unlock()
			readGood(t, Options{URL: s.URL + "/dir/old?y=2", Username: "ann", Password: "s3cret"}, 3, p)
		}
	}
	if g.failed > 0 || g.basic > 0 {
		t.Errorf("%d wrong, %d Basic", g.failed, g.basic)
	}
}
