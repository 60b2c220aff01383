package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// guarded is a page with the real guard, and a browser.
func guarded(t *testing.T, o web.Options) (*web.Server, *http.Client) {
	t.Helper()
	o.Rate, o.Device = 5, "gate-pi"
	d := webtest.New(webtest.Full, 1)
	s, err := web.Open(o, d, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d.Begin(s)
	return s, client
}

// send asks the page something, and returns the status and the answer.
func send(t *testing.T, client *http.Client, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// signIn opens a link.
func signIn(t *testing.T, s *web.Server, client *http.Client) (status int, text string) {
	t.Helper()
	link, err := url.Parse(s.Links()[0])
	if err != nil {
		t.Fatal(err)
	}
	return send(t, client, http.MethodPost, "http://"+s.Addr()+"/session", `{"code":"`+link.Fragment+`"}`)
}

// TestNobodyIsSignedIn asks for everything without a session: nothing but the way in is answered.
func TestNobodyIsSignedIn(t *testing.T) {
	s, client := guarded(t, web.Options{Listen: "127.0.0.1:0"})
	open := map[string]bool{"/healthz": true, "/session": true}
	for _, r := range s.Routes() {
		if !strings.HasPrefix(r[1], "/api/") && !open[r[1]] {
			continue // pages and their files
		}
		path := strings.NewReplacer("{camera}", "drive", "{model}", "birds", "{id}", "1").Replace(r[1])
		status, text := send(t, client, r[0], "http://"+s.Addr()+path, "{}")
		if want := open[r[1]]; (status != http.StatusUnauthorized) != want && r[1] != "/session" {
			t.Errorf("%s %s: %d %s", r[0], path, status, text)
		}
	}
	for _, test := range []struct {
		what    string
		headers []string
		want    int
	}{
		{"a name that is not ours", []string{"Host", "evil.example"}, http.StatusMisdirectedRequest},
		{"another site", []string{"Origin", "http://evil.example"}, http.StatusForbidden},
	} {
		if status, text := send(t, client, http.MethodPost, "http://"+s.Addr()+"/session", `{"code":"x"}`, test.headers...); status != test.want {
			t.Errorf("%s: %d %s, want %d", test.what, status, text, test.want)
		}
	}
}

func TestLinkLetsIn(t *testing.T) {
	s, client := guarded(t, web.Options{Listen: "127.0.0.1:0"})
	if status, text := signIn(t, s, client); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, text)
	}
	if status, text := send(t, client, http.MethodGet, "http://"+s.Addr()+"/api/v1/config", ""); status != http.StatusOK {
		t.Errorf("signed in: %d %s", status, text)
	}
}

// TestPublicPageWantsAPassword before it answers anything, also after a reload that opens it to others.
func TestPublicPageWantsAPassword(t *testing.T) {
	s, client := guarded(t, web.Options{Listen: "127.0.0.1:0"})
	if status, text := signIn(t, s, client); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, text)
	}
	ask := func() int {
		_, port, _ := strings.Cut(strings.TrimPrefix(s.Addr(), "[::]"), ":")
		status, _ := send(t, client, http.MethodGet, "http://127.0.0.1:"+port+"/api/v1/status", "")
		return status
	}
	if status := ask(); status != http.StatusOK {
		t.Errorf("on loopback: %d", status)
	}
	_, port, _ := strings.Cut(s.Addr(), ":")
	s.Reload(web.Options{Listen: "0.0.0.0:" + port, Rate: 5, Device: "gate-pi"})
	if status := ask(); status != http.StatusUnauthorized {
		t.Errorf("beyond loopback, without a password: %d", status)
	}
	s.Reload(web.Options{Listen: "127.0.0.1:" + port, Rate: 5, Device: "gate-pi"})
	if status := ask(); status != http.StatusOK {
		t.Errorf("on loopback again: %d", status)
	}
}
