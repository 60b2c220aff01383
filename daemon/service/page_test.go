package service

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// browser is somebody who is signed in.
type browser struct {
	t      *testing.T
	client *http.Client
	base   string
}

// signIn opens the link of a service's page.
func signIn(t *testing.T, s *Service, port string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{}}, "http://127.0.0.1:" + port + "/"}
	t.Cleanup(b.client.CloseIdleConnections)
	link, err := url.Parse(s.page.Links()[0])
	if err != nil {
		t.Fatal(err)
	}
	if status, text := b.ask(http.MethodPost, "session", `{"code":"`+link.Fragment+`"}`); status != http.StatusNoContent {
		t.Fatalf("sign in: %d %s", status, text)
	}
	return b
}

// ask asks the page; status 0: nobody answers.
func (b *browser) ask(method, path, body string) (status int, text string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := b.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}

// The page shows cameras, tells commands, and goes and comes with the config.
func TestPage(t *testing.T) {
	port := freeport.Find(t)
	page := "mqtt: {broker: off}\nweb: {listen: '127.0.0.1:" + port + "'}\n"
	s := startService(t, page+demos("a", "b"))
	b := signIn(t, s.service, port)
	var live struct {
		Cursor  string
		Cameras []struct {
			Name            string
			Result, Picture *struct{ Sequence uint64 }
		}
		Events []struct{ Event struct{ Kind string } }
	}
	shown := func() bool {
		status, text := b.ask(http.MethodGet, "api/v1/live?after="+live.Cursor, "")
		if err := json.Unmarshal([]byte(text), &live); err != nil || status != http.StatusOK {
			t.Fatalf("live: %d %s", status, text)
		}
		for _, c := range live.Cameras {
			if c.Name == "a" && c.Picture != nil {
				return c.Result != nil && c.Result.Sequence == c.Picture.Sequence
			}
		}
		return false
	}
	publishtest.Eventually(t, "a picture with its result", shown)
	if status, text := b.ask(http.MethodPost, "api/v1/cameras/a/commands", `{"command":"paused","value":"ON"}`); text != `{"outcome":"done"}`+"\n" {
		t.Errorf("pause: %d %s", status, text)
	}
	publishtest.Eventually(t, "a preview", func() bool {
		status, _ := b.ask(http.MethodPost, "api/v1/cameras/b/preview", `{"model":"demo","fit":"stretch","flip":"none"}`)
		return status == http.StatusOK
	})
	for _, path := range []string{"status", "events", "models", "doctor"} {
		if status, text := b.ask(http.MethodGet, "api/v1/"+path, ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	s.reload(page + demos("a"))
	if status, text := b.ask(http.MethodGet, "api/v1/cameras/b/picture.jpg", ""); status != http.StatusNotFound {
		publishtest.Eventually(t, "no camera b: "+text, func() bool {
			status, _ := b.ask(http.MethodGet, "api/v1/cameras/b/picture.jpg", "")
			return status == http.StatusNotFound
		})
	}
	s.reload("mqtt: {broker: off}\nweb: {listen: ''}\n" + demos("a"))
	publishtest.Eventually(t, "no page", func() bool { status, _ := b.ask(http.MethodGet, "healthz", ""); return status == 0 })
	s.reload(page + demos("a"))
	if status, text := b.ask(http.MethodGet, "api/v1/status", ""); status != http.StatusOK {
		t.Errorf("the page is back, and has forgotten who was signed in: %d %s", status, text)
	}
}

// The page moves with the config; whoever is signed in stays so.
func TestPageMoves(t *testing.T) {
	port, next := freeport.Find(t), freeport.Find(t)
	rest := "mqtt: {broker: off}\n" + demos("a")
	s := startService(t, "web: {listen: '127.0.0.1:"+port+"'}\n"+rest)
	b := signIn(t, s.service, port)
	s.reload("web: {listen: '127.0.0.1:" + next + "'}\n" + rest)
	b.base = "http://127.0.0.1:" + next + "/"
	if status, text := b.ask(http.MethodGet, "api/v1/status", ""); status != http.StatusOK {
		t.Errorf("at the new port: %d %s", status, text)
	}
}

// What is secret in a config is in no answer but the one with the file itself.
func TestPageTellsNoSecrets(t *testing.T) {
	port := freeport.Find(t)
	const secret = "planted-secret"
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	user := "username: user, password_file: '" + file + "'"
	s := startService(t, `
mqtt: {broker: 'mqtt://127.0.0.1:1', `+user+`}
web: {listen: '127.0.0.1:`+port+`'}
cameras:
  a: {source: http, http: {url: 'http://127.0.0.1:1/still?key=1', `+user+`}}
  b: {source: rtsp, rtsp: {url: 'rtsp://127.0.0.1:1/live', `+user+`}}
`)
	b := signIn(t, s.service, port)
	publishtest.Eventually(t, "both are lost", func() bool {
		status, text := b.ask(http.MethodGet, "api/v1/status", "")
		return status == http.StatusOK && strings.Count(text, `"state":"lost"`) == 2
	})
	for _, path := range []string{
		"live", "status", "events", "models", "devices", "doctor", "tokens", "openapi.json", "cameras/a/picture.jpg", "cameras/a/input.png",
		"cameras/b/picture.jpg", "../../session",
	} {
		if _, text := b.ask(http.MethodGet, "api/v1/"+path, ""); strings.Contains(text, secret) {
			t.Errorf("%s tells the secret: %s", path, text)
		}
	}
	for _, path := range []string{"cameras/a/preview", "cameras/a/commands", "models/demo/test"} {
		if _, text := b.ask(http.MethodPost, "api/v1/"+path, `{"model":"demo","command":"snapshot","value":"PRESS"}`); strings.Contains(text, secret) {
			t.Errorf("%s tells the secret: %s", path, text)
		}
	}
}
