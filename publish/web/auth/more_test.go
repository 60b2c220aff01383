package auth

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestCodeAtOnce has many use the same code at the same time.
func TestCodeAtOnce(t *testing.T) {
	s := open(t, nil)
	body := fmt.Sprintf(`{"code":"http://gate-pi.local:8224/#%s\n"}`, s.code())
	var in atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		browser := *s
		browser.cookies, browser.from = map[string]string{}, fmt.Sprintf("10.0.0.%d:1", i)
		all.Go(func() {
			if browser.do("POST", "/session", body).Code == http.StatusNoContent {
				in.Add(1)
			}
			browser.do("GET", "/look", "")
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d came in by one code", in.Load())
	}
}

// TestPasswordsAtOnce has one browser that is known, and strangers at one address, try many passwords at the same time.
func TestPasswordsAtOnce(t *testing.T) {
	s := open(t, nil)
	s.signInByLink()
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	s.want(http.StatusNoContent, "DELETE", "/session", "")
	var compared [2]atomic.Int32
	var all sync.WaitGroup
	for i := range 40 {
		browser := *s
		browser.cookies = map[string]string{}
		if i%2 == 1 {
			for name, value := range s.cookies {
				browser.cookies[name] = value
			}
		}
		all.Go(func() {
			if browser.do("POST", "/session", `{"password":"not the right one"}`).Code == http.StatusForbidden {
				compared[i%2].Add(1)
			}
		})
	}
	all.Wait()
	if strangers, known := compared[0].Load(), compared[1].Load(); strangers > maxFailures || known != maxFailures {
		t.Errorf("%d passwords of strangers and %d of a known browser were compared, want at most and exactly %d", strangers, known, maxFailures)
	}
}

// TestSessionOverTLS signs in over TLS and without it at the same host, as after web.tls was taken away again.
func TestSessionOverTLS(t *testing.T) {
	s := open(t, nil)
	for name, over := range map[string]func(*http.Request){
		"of our own": func(r *http.Request) { r.TLS = &tls.ConnectionState{} },
		"of a proxy": func(r *http.Request) { r.Header.Set("Origin", "https://127.0.0.1:8224") },
	} {
		s.cookies = map[string]string{}
		w := s.want(http.StatusNoContent, "POST", "/session", fmt.Sprintf(`{"code":%q}`, s.code()), over)
		for _, c := range w.Result().Cookies() {
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "" || !strings.HasSuffix(c.Name, "-tls") {
				t.Errorf("TLS %s: cookie %s", name, c)
			}
		}
		s.want(http.StatusOK, "GET", "/look", "")
	}
	first := len(s.cookies)
	s.signInByLink()
	if len(s.cookies) <= first {
		t.Error("a cookie of TLS was to be replaced without it, which no browser does")
	}
	s.want(http.StatusOK, "GET", "/look", "")
}

// TestSessionIsSaid asks who is signed in, as all may.
func TestSessionIsSaid(t *testing.T) {
	s := open(t, nil)
	said := func(want string) {
		t.Helper()
		if got := s.want(http.StatusOK, "GET", "/session", "").Body.String(); got != want+"\n" {
			t.Errorf("got %swant %s", got, want)
		}
	}
	said(`{"change":false,"device":"gate-pi","link":false,"password":"unset","signed_in":false}`)
	s.signInByLink()
	said(`{"change":true,"device":"gate-pi","link":true,"password":"unset","signed_in":true}`)
	s.clock.add(freshLink)
	said(`{"change":true,"device":"gate-pi","link":false,"password":"unset","signed_in":true}`)
	if err := s.Move(Site{Public: true}); err != nil {
		t.Fatal(err)
	}
	said(`{"change":false,"device":"gate-pi","link":false,"password":"wanted","signed_in":true}`)
	s.want(http.StatusUnauthorized, "GET", "/look", "")
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	said(`{"change":true,"device":"gate-pi","link":false,"password":"set","signed_in":true}`)
	s.want(http.StatusNoContent, "DELETE", "/session", "")
	said(`{"change":false,"device":"gate-pi","link":false,"password":"set","signed_in":false}`)
}

// TestChallenge says to programs that they may show a password, and to browsers, which would ask for one, does not.
func TestChallenge(t *testing.T) {
	s := open(t, nil)
	for agent, want := range map[string]string{"Wget/1.21": "Basic", "": "Basic", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Bearer"} {
		w := s.want(http.StatusUnauthorized, "GET", "/look", "", func(r *http.Request) { r.Header.Set("User-Agent", agent) })
		if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, want+" ") {
			t.Errorf("%q is asked for %q", agent, got)
		}
	}
}

// TestFolderThatCannotBeWritten keeps nobody out.
func TestFolderThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file") // where a folder should be; root may write in any folder
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.WarnLevel)
	s := open(t, func(o *Options) { o.Folder = filepath.Join(file, "web") })
	s.log = zap.New(core)
	s.signInByLink()
	s.want(http.StatusOK, "GET", "/look", "")
	s.want(http.StatusNoContent, "PUT", "/api/v1/password", fmt.Sprintf(`{"password":%q}`, password))
	if logs.Len() != 1 {
		t.Errorf("it was said %d times: %v", logs.Len(), logs.All())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // the last chance
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.options.Folder, stateFile))
	if err != nil || !strings.Contains(string(text), "password") {
		t.Errorf("not kept: %s, %v", text, err)
	}
}

// TestLinkThatCannotBeWritten leaves no code there that does not work.
func TestLinkThatCannotBeWritten(t *testing.T) {
	s := open(t, nil)
	code := s.code()
	if err := os.Mkdir(s.options.LinkFile+".new", 0o700); err != nil { // in the way
		t.Fatal(err)
	}
	s.want(http.StatusNoContent, "POST", "/session", fmt.Sprintf(`{"code":%q}`, code))
	if _, err := os.Stat(s.options.LinkFile); !os.IsNotExist(err) {
		t.Errorf("an old link is there: %v", err)
	}
	if _, next, _ := strings.Cut(s.Links()[0], "#"); next == code {
		t.Error("the code was not renewed")
	}
}

// TestLinkOfAnother ends one of two daemons that have one file.
func TestLinkOfAnother(t *testing.T) {
	s := open(t, nil)
	next, err := Open(s.options, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(s.options.LinkFile); err != nil || !strings.Contains(string(text), next.code) {
		t.Errorf("the link of the second has %s, %v", text, err)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLinkBesidesOneWithoutAPage starts and ends a daemon whose page has no address beside one whose page has.
func TestLinkBesidesOneWithoutAPage(t *testing.T) {
	s := open(t, nil)
	without := s.options
	without.Site.Links = nil
	other, err := Open(without, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(s.options.LinkFile); err != nil || !strings.Contains(string(text), s.code()) {
		t.Errorf("the link of the first has %s, %v", text, err)
	}
	if err := s.Move(without.Site); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.options.LinkFile); !os.IsNotExist(err) {
		t.Errorf("a link that works no more is there: %v", err)
	}
}

// TestDamagedIsPutAside keeps what cannot be read.
func TestDamagedIsPutAside(t *testing.T) {
	for _, text := range []string{"{", `{"schema":1,"password":"JDJhJDMxJDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTJlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVl"}`} {
		folder := t.TempDir()
		path := filepath.Join(folder, stateFile)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, func(o *Options) { o.Folder = folder })
		s.signInByLink()
		if aside, err := os.ReadFile(path + ".unreadable"); err != nil || string(aside) != text {
			t.Errorf("put aside: %s, %v", aside, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the new one: %v, %v", info, err)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, text := range []string{"K7QM-2RTD-9X4C", "k7qm 2rtd 9x4c", "http://127.0.0.1:8224/#K7QM-2RTD-9X4C\n", "oil0oil00000", "", "#"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code := parseCode(text)
		if code == "" {
			return
		}
		if again := parseCode(code); again != code || len(code) != codeLength+2 {
			t.Errorf("%q is read as %q, and that as %q", text, code, again)
		}
	})
}
