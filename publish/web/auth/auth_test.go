package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"
)

// fakeClock is a time that tests move.
type fakeClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// site is an Auth with the pages that it guards, and a browser.
type site struct {
	t *testing.T
	*Auth
	clock   *fakeClock
	cookies map[string]string
	from    string // address
	host    string
}

func open(t *testing.T, change func(*Options)) *site {
	t.Helper()
	clock := &fakeClock{t: time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)}
	o := Options{
		Device: "gate-pi", Instance: "gate-pi-8224", Folder: t.TempDir(), LinkFile: filepath.Join(t.TempDir(), "run", "web-link"), Now: clock.now,
		Site: Site{Hosts: []string{"cams.example"}, Links: []string{"http://127.0.0.1:8224/"}},
	}
	if change != nil {
		change(&o)
	}
	a, err := Open(o, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	a.checks.cost = bcrypt.MinCost
	return &site{t: t, Auth: a, clock: clock, cookies: map[string]string{}, from: "127.0.0.1:40000", host: "127.0.0.1:8224"}
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/session", s.ServeSession)
	mux.HandleFunc("/api/v1/password", s.ServePassword)
	mux.HandleFunc("/api/v1/tokens", s.ServeTokens)
	mux.HandleFunc("/look", func(w http.ResponseWriter, r *http.Request) {
		if s.Allow(w, r, false) {
			w.WriteHeader(http.StatusOK)
		}
	})
	mux.HandleFunc("/change", func(w http.ResponseWriter, r *http.Request) {
		if s.Allow(w, r, true) {
			w.WriteHeader(http.StatusOK)
		}
	})
	return s.Site(mux)
}

// do sends a request as a browser does, and keeps the cookies. change may alter it.
func (s *site) do(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, "http://"+s.host+path, strings.NewReader(body))
	r.RemoteAddr = s.from
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range s.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(s.cookies, c.Name)
		} else {
			s.cookies[c.Name] = c.Value
		}
	}
	return w
}

func (s *site) want(status int, method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.do(method, path, body, change...)
	if w.Code != status {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	return w
}

// code is the one that works now, as its file has it.
func (s *site) code() string {
	s.t.Helper()
	text, err := os.ReadFile(s.options.LinkFile)
	if err != nil {
		s.t.Fatal(err)
	}
	_, code, _ := strings.Cut(strings.SplitN(string(text), "\n", 2)[0], "#")
	return code
}

func (s *site) signInByLink() {
	s.t.Helper()
	s.want(http.StatusNoContent, "POST", "/session", fmt.Sprintf(`{"code":%q}`, s.code()))
}

const password = "a gate and a dog"

func TestLink(t *testing.T) {
	s := open(t, nil)
	s.want(http.StatusUnauthorized, "GET", "/look", "")
	code := s.code()
	info, err := os.Stat(s.options.LinkFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("link file: %v, %v", info.Mode(), err)
	}
	w := s.want(http.StatusNoContent, "POST", "/session", `{"code":"`+strings.ToLower(strings.ReplaceAll(code, "-", ""))+`"}`)
	cookie := w.Header().Get("Set-Cookie")
	for _, part := range []string{"inceptiond-gate-pi-8224=", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q without %s", cookie, part)
		}
	}
	if strings.Contains(cookie, "Path") || strings.Contains(cookie, "Secure") {
		t.Errorf("cookie %q with a path, or for TLS alone", cookie)
	}
	s.want(http.StatusOK, "GET", "/look", "")
	s.want(http.StatusOK, "POST", "/change", "")
	if s.code() == code {
		t.Error("the code is the same after it was used")
	}
	s.cookies = map[string]string{}
	s.want(http.StatusForbidden, "POST", "/session", fmt.Sprintf(`{"code":%q}`, code))
}

func TestSessionLives(t *testing.T) {
	s := open(t, nil)
	s.signInByLink()
	again := *s
	var err error
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.options.LinkFile); !os.IsNotExist(err) {
		t.Errorf("the link is there after the end: %v", err)
	}
	if again.Auth, err = Open(s.options, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	again.want(http.StatusOK, "GET", "/look", "")
	again.clock.add(sessionTime)
	again.want(http.StatusUnauthorized, "GET", "/look", "")
	s.signOutWorks(&again)
}

func (s *site) signOutWorks(again *site) {
	again.signInByLink()
	again.want(http.StatusOK, "GET", "/look", "")
	cookies := map[string]string{}
	for k, v := range again.cookies {
		cookies[k] = v
	}
	again.want(http.StatusNoContent, "DELETE", "/session", "")
	again.cookies = cookies // who has copied it
	again.want(http.StatusUnauthorized, "GET", "/look", "")
}

func TestDamagedState(t *testing.T) {
	for _, text := range []string{"", "{", "null", `{"schema":2}`, `{"schema":1,"sessions":[{"hash":"AA=="}]}`, strings.Repeat("x", maxState+1)} {
		folder := t.TempDir()
		os.WriteFile(filepath.Join(folder, stateFile), []byte(text), 0o600)
		s := open(t, func(o *Options) { o.Folder = folder })
		s.want(http.StatusUnauthorized, "GET", "/look", "")
		s.signInByLink()
		s.want(http.StatusOK, "GET", "/look", "")
	}
}

func TestMostSessions(t *testing.T) {
	s := open(t, nil)
	first := ""
	for i := range maxSessions + 1 {
		s.clock.add(time.Second)
		s.cookies = map[string]string{}
		s.signInByLink()
		if i == 0 {
			first = s.cookies[s.cookieName(sessionCookie, false)]
		}
	}
	s.want(http.StatusOK, "GET", "/look", "")
	s.cookies[s.cookieName(sessionCookie, false)] = first
	s.want(http.StatusUnauthorized, "GET", "/look", "")
}

func TestPasswordWanted(t *testing.T) {
	s := open(t, func(o *Options) { o.Public = true })
	w := s.want(http.StatusOK, "POST", "/session", fmt.Sprintf(`{"code":%q}`, s.code()))
	if !strings.Contains(w.Body.String(), "wanted") {
		t.Errorf("answer %s", w.Body)
	}
	s.want(http.StatusUnauthorized, "GET", "/look", "")
	s.want(http.StatusUnauthorized, "GET", "/api/v1/tokens", "")
	for _, p := range []string{"", "elevenchars", strings.Repeat("x", 73)} {
		s.want(http.StatusUnprocessableEntity, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, p))
	}
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	s.want(http.StatusOK, "GET", "/look", "")
	s.want(http.StatusConflict, "DELETE", "/api/v1/password", "")
}

func TestPassword(t *testing.T) {
	s := open(t, nil)
	s.want(http.StatusForbidden, "POST", "/session", `{"password":"there is none yet"}`)
	s.signInByLink()
	other := s.cookies
	s.cookies = map[string]string{}
	s.signInByLink()
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	s.want(http.StatusOK, "GET", "/look", "")
	mine := s.cookies
	s.cookies = other // was signed out by that
	s.want(http.StatusUnauthorized, "GET", "/look", "")

	s.cookies = map[string]string{}
	s.want(http.StatusForbidden, "POST", "/session", `{"password":"a gate and a cat"}`)
	s.want(http.StatusNoContent, "POST", "/session", fmt.Sprintf(`{"password":%q}`, password))
	s.want(http.StatusForbidden, "PUT", "/api/v1/password", `{"password":"something quite new"}`)
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":"something quite new","old":%q}`, password))

	s.cookies = mine // a link needs no old password, but it has gone with the new one
	s.want(http.StatusUnauthorized, "PUT", "/api/v1/password", `{"password":"something else again"}`)
	s.cookies = map[string]string{}
	s.signInByLink()
	s.clock.add(freshLink)
	s.want(http.StatusForbidden, "PUT", "/api/v1/password", `{"password":"something else again"}`)
	s.want(http.StatusNoContent, "DELETE", "/api/v1/password", "")
	s.cookies = map[string]string{}
	s.want(http.StatusForbidden, "POST", "/session", `{"password":"something quite new"}`)
}

func TestTokens(t *testing.T) {
	s := open(t, nil)
	s.want(http.StatusUnauthorized, "POST", "/api/v1/tokens", `{"name":"ha"}`)
	s.signInByLink()
	s.want(http.StatusUnprocessableEntity, "POST", "/api/v1/tokens", `{"name":" "}`)
	tokens := map[bool]string{}
	for _, change := range []bool{false, true} {
		var made struct{ Token string }
		json.Unmarshal(s.want(http.StatusOK, "POST", "/api/v1/tokens", fmt.Sprintf(`{"name":"ha","change":%v}`, change)).Body.Bytes(), &made)
		tokens[change] = made.Token
	}
	text, err := os.ReadFile(filepath.Join(s.options.Folder, stateFile))
	if err != nil || strings.Contains(string(text), tokens[true]) {
		t.Errorf("the token itself is kept, or nothing: %v", err)
	}
	cookies := s.cookies
	s.cookies = map[string]string{}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	basic := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("anybody", token) }
	}
	for _, as := range []func(string) func(*http.Request){bearer, basic} {
		s.want(http.StatusOK, "GET", "/look", "", as(tokens[false]))
		s.want(http.StatusForbidden, "POST", "/change", "", as(tokens[false]))
		s.want(http.StatusOK, "POST", "/change", "", as(tokens[true]))
		s.want(http.StatusUnauthorized, "GET", "/look", "", as("wrong"))
		s.want(http.StatusForbidden, "GET", "/api/v1/tokens", "", as(tokens[true]))
		s.want(http.StatusForbidden, "PUT", "/api/v1/password", `{"password":"something quite new"}`, as(tokens[true]))
	}
	s.cookies = cookies
	// What a browser shows to a proxy that wants a password of its own is no token, and does not matter.
	s.want(http.StatusOK, "POST", "/change", "", basic("of the proxy"))
	s.want(http.StatusOK, "GET", "/api/v1/tokens", "", basic("of the proxy"))
	var list listed
	json.Unmarshal(s.want(http.StatusOK, "GET", "/api/v1/tokens", "").Body.Bytes(), &list)
	if len(list.Tokens) != 2 || len(list.Sessions) != 1 || !list.Sessions[0].Here || list.Tokens[0].Used == nil {
		t.Fatalf("listed %+v", list)
	}
	s.want(http.StatusNotFound, "DELETE", "/api/v1/tokens?id=x", "")
	s.want(http.StatusNoContent, "DELETE", "/api/v1/tokens?id="+list.Tokens[1].ID, "")
	s.cookies = map[string]string{}
	s.want(http.StatusUnauthorized, "POST", "/change", "", bearer(tokens[true]))
	s.cookies = cookies
	s.want(http.StatusNoContent, "DELETE", "/api/v1/tokens?id="+list.Sessions[0].ID, "")
	s.want(http.StatusUnauthorized, "GET", "/look", "")
}

func TestFailures(t *testing.T) {
	s := open(t, nil)
	s.from = "10.0.0.9:1"
	for range maxFailures {
		s.want(http.StatusForbidden, "POST", "/session", `{"code":"0000-0000-0000"}`)
	}
	w := s.want(http.StatusTooManyRequests, "POST", "/session", `{"code":"0000-0000-0000"}`)
	if w.Header().Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	s.want(http.StatusTooManyRequests, "POST", "/session", `{"password":"not the right one"}`)
	s.signInByLink() // nobody who has a link is kept out
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	right := fmt.Sprintf(`{"password":%q}`, password)
	s.want(http.StatusNoContent, "POST", "/session", right) // nor a browser that was signed in before, whoever else is at its address
	s.want(http.StatusNoContent, "DELETE", "/session", "")
	s.want(http.StatusNoContent, "POST", "/session", right)
	known := s.cookies
	s.cookies = map[string]string{}
	s.want(http.StatusTooManyRequests, "POST", "/session", right) // but a stranger at that address
	s.from = "10.0.0.10:1"
	s.want(http.StatusNoContent, "POST", "/session", right) // and not one at another
	s.from = "10.0.0.9:2"
	s.clock.add(failureTime)
	s.cookies = map[string]string{}
	s.want(http.StatusNoContent, "POST", "/session", right)
	s.cookies = known
	for range maxFailures {
		s.want(http.StatusForbidden, "POST", "/session", `{"password":"not the right one"}`)
	}
	s.want(http.StatusTooManyRequests, "POST", "/session", right) // which is not free to guess
	s.from = "[2001:db8:1:2::1]:1"
	for i := range maxFailures {
		s.from = fmt.Sprintf("[2001:db8:1:2::%d]:1", i)
		s.want(http.StatusForbidden, "POST", "/session", `{"code":"0000-0000-0000"}`)
	}
	s.want(http.StatusTooManyRequests, "POST", "/session", `{"code":"0000-0000-0000"}`)
}

// TestFlood has strangers from many addresses try passwords: they get little of the machine, and the owner comes in.
func TestFlood(t *testing.T) {
	s := open(t, nil)
	s.checks.cost = hashCost
	s.from = "192.168.1.7:1"
	s.signInByLink()
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	handler := s.handler()
	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for i := range 50 {
		flood.Go(func() {
			for k := 0; ; k++ {
				if ctx.Err() != nil {
					return
				}
				r := httptest.NewRequestWithContext(ctx, "POST", "http://127.0.0.1:8224/session", strings.NewReader(`{"password":"not the right one"}`))
				r.Header.Set("Content-Type", "application/json")
				if r.RemoteAddr = s.from; i%2 == 0 { // half of them come by the owner's proxy
					r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i, k/250, k%250)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				mu.Lock()
				codes[w.Code]++
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	begin := time.Now()
	s.want(http.StatusNoContent, "DELETE", "/session", "")
	for range 3 { // its browser was signed in before: it is no stranger
		s.want(http.StatusNoContent, "POST", "/session", fmt.Sprintf(`{"password":%q}`, password))
	}
	s.cookies = map[string]string{}
	s.signInByLink() // and a link needs no turn
	for time.Since(begin) < 2*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(begin)
	stop()
	flood.Wait()
	mu.Lock()
	defer mu.Unlock()
	if codes[http.StatusForbidden] > int(took/(500*time.Millisecond))+1 {
		t.Errorf("%d strangers' passwords were compared in %v: %v", codes[http.StatusForbidden], took, codes)
	}
	if n := len(s.limit.failures); n > maxVisitors {
		t.Errorf("%d addresses are kept", n)
	}
}

func TestBadRequests(t *testing.T) {
	s := open(t, nil)
	s.want(http.StatusMethodNotAllowed, "PATCH", "/session", "{}")
	s.want(http.StatusBadRequest, "POST", "/session", "{")
	s.want(http.StatusRequestEntityTooLarge, "POST", "/session", `{"code":"`+strings.Repeat("x", maxBody)+`"}`)
	s.want(http.StatusUnsupportedMediaType, "POST", "/session", "{}", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
}

func TestParseCode(t *testing.T) {
	for typed, want := range map[string]string{
		"K7QM-2RTD-9X4C": "K7QM-2RTD-9X4C", "k7qm2rtd9x4c": "K7QM-2RTD-9X4C", " #k7qm 2rtd 9x4c ": "K7QM-2RTD-9X4C", "oil0-OIL0-0000": "0110-0110-0000",
		"": "", "K7QM-2RTD-9X4": "", "K7QM-2RTD-9X4CC": "", "K7QM-2RTD-9X4U": "", "K7QM-2RTD-9X4é": "",
	} {
		if got := parseCode(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for range 100 {
		if c := newCode(); parseCode(c) != c {
			t.Errorf("%s is not read as it was made", c)
		}
	}
}

func TestAgent(t *testing.T) {
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":                         "Chrome on Windows",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36":                            "Chrome on Android",
		"": "a browser", "curl/8.5": "curl",
	} {
		if got := agent(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("127.0.0.1", "Bearer x", "a=b", `{"code":"K7QM-2RTD-9X4C"}`, "POST")
	f.Add("[::1]:8224", "Basic Og==", "inceptiond-gate-pi-8224=x", `{"password":"x"}`, "PUT")
	a, err := Open(Options{Instance: "gate-pi-8224", Now: time.Now}, zap.NewNop())
	if err != nil {
		f.Fatal(err)
	}
	s := &site{Auth: a}
	f.Fuzz(func(t *testing.T, host, authorization, cookie, body, method string) {
		for _, path := range []string{"/session", "/api/v1/password", "/api/v1/tokens", "/change"} {
			r := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader(body))
			r.Method, r.Host = method, host
			r.Header.Set("Authorization", authorization)
			r.Header.Set("Cookie", cookie)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, r)
			if w.Code >= 500 || path == "/change" && w.Code < 400 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"schema":1,"password":"AA==","sessions":[{"id":"1","hash":"AA=="}],"tokens":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseState(text)
		if err == nil && (len(s.Sessions) > maxSessions || len(s.Tokens) > maxTokens) {
			t.Error("too much is kept")
		}
	})
}
