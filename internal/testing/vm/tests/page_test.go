package tests

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"slices"
	"strings"
	"testing"
)

// browser is somebody who looks at the page, as far as HTTP goes.
type browser struct {
	t      *testing.T
	client http.Client
}

const page = "http://127.0.0.1:8224/"

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, http.Client{Jar: jar, Timeout: patience}}
}

// ask sends a request, with JSON if body is not empty, and returns the answer, whose status must be want.
func (b *browser) ask(method, path, body string, want int, headers ...string) []byte {
	b.t.Helper()
	r, err := http.NewRequest(method, page+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		b.t.Fatalf("%s %s: %d, want %d: %s (%v)", method, path, answer.StatusCode, want, text, err)
	}
	return text
}

// read asks for JSON.
func (b *browser) read(path string, into any) {
	b.t.Helper()
	b.decode(b.ask("GET", path, "", http.StatusOK), into)
}

func (b *browser) decode(text []byte, into any) {
	b.t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		b.t.Fatalf("%v in %s", err, text)
	}
}

// configFile is what the page has of the config file.
type configFile struct {
	Text     string `json:"text"`
	SHA256   string `json:"sha256"`
	Writable bool   `json:"writable"`
	Reason   string `json:"reason"`
	Undo     bool   `json:"undo"`
}

// applied is what came of a change.
type applied struct {
	SHA256                 string
	Kept, Started, Stopped []string
}

// apply puts a text in force in place of the one with a SHA-256.
func (b *browser) apply(text, sha256 string) (a applied) {
	b.t.Helper()
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		b.t.Fatal(err)
	}
	b.decode(b.ask("PUT", "api/v1/config", string(body), http.StatusOK, "If-Match", `"`+sha256+`"`), &a)
	return a
}

// signIn comes in by the link of the installed service.
func (b *browser) signIn(want int) {
	b.t.Helper()
	var code string
	for link := range strings.Lines(sh(b.t, "inceptiond web link")) {
		if _, after, ok := strings.Cut(strings.TrimSpace(link), page+"#"); ok {
			code = after
		}
	}
	b.ask("POST", "session", `{"code":"`+code+`"}`, want)
	newBrowser(b.t).ask("POST", "session", `{"code":"`+code+`"}`, http.StatusForbidden) // it works once
}

// pageConfig is a file with comments of a person's, for a page that other machines may see.
const pageConfig = `# by hand: mqtt is the guest's
mqtt: {broker: "mqtt://127.0.0.1"}
web: {listen: "0.0.0.0:8224"}   # for the LAN
cameras:
  eye: {source: v4l2, v4l2: {device: /dev/video0, format: YUYV}}   # stays
  scenes:
    demo: {interval: 2s}
    top_k: 3   # enough
`

// TestServicePage is the page of the service as it is installed: a link, a password, a change of the config that one camera does
// not notice, a file that root's editor still opens, and a restart over which people stay signed in.
func TestServicePage(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	s := install(t, pageConfig)
	s.start()
	before, _ := awaitResult(t, mqtt, 0, "eye")
	b := newBrowser(t)
	b.ask("GET", "api/v1/status", "", http.StatusUnauthorized)
	b.signIn(http.StatusOK)                                    // and a password is wanted
	b.ask("GET", "api/v1/status", "", http.StatusUnauthorized) // first
	b.ask("PUT", "api/v1/password", `{"password":"correct horse battery"}`, http.StatusNoContent)
	b.ask("GET", "api/v1/status", "", http.StatusOK)
	eventually(t, "a picture", func() bool {
		b.ask("GET", "api/v1/live", "", http.StatusOK) // somebody looks
		answer, err := b.client.Get(page + "api/v1/cameras/eye/picture.jpg")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return false
		}
		m, err := jpeg.Decode(answer.Body)
		return err == nil && m.Bounds().Dx() == 640
	})

	mark := mqtt.end()
	changePage(t, b, s)
	awaitStopped(t, mqtt, mark, "scenes")
	awaitStatus(t, mqtt, mark, "scenes", "online")
	if r, _ := awaitResult(t, mqtt, mqtt.end(), "scenes"); len(r.Predictions) > 1 {
		t.Errorf("%d predictions after top_k: 1", len(r.Predictions))
	}
	if after, _ := awaitResult(t, mqtt, mark, "eye"); after.Sequence <= before.Sequence {
		t.Errorf("frame %d of the camera that was left alone came after %d", after.Sequence, before.Sequence)
	}

	pid := s.property("MainPID")
	sh(t, "systemctl restart inceptiond")
	if s.property("MainPID") == pid {
		t.Error("it has not been restarted")
	}
	var file configFile
	b.read("api/v1/config", &file) // with the session from before
	if !strings.Contains(file.Text, "top_k: 1   # enough\n") || !file.Undo {
		t.Errorf("after the restart: %+v", file)
	}
	second := newBrowser(t)
	second.ask("POST", "session", `{"password":"correct horse battery"}`, http.StatusNoContent)
	second.ask("GET", "api/v1/status", "", http.StatusOK)
	newBrowser(t).ask("POST", "session", `{"password":"wrong horse battery"}`, http.StatusForbidden)
	table := sh(t, "systemd-analyze security --no-pager --threshold=15 %s", unit)
	t.Log(table[strings.LastIndexByte(table, '\n')+1:])
}

// changePage changes the config by the page and by root in turn, and takes a change back.
func changePage(t *testing.T, b *browser, s service) {
	const path = "/etc/inceptiond/inceptiond.yaml"
	look := func() string {
		return sh(t, "cd /etc/inceptiond && stat -c '%%i %%U:%%G %%a' inceptiond.yaml && ls -A && find /var/lib/inceptiond/web -name 'next-*'")
	}
	before := look()
	var file configFile
	b.read("api/v1/config", &file)
	if !file.Writable || file.Text != "device: vm\n"+pageConfig {
		t.Fatalf("the file is %+v", file)
	}
	var edited struct {
		Text     string
		Problems []any
	}
	b.decode(b.ask("POST", "api/v1/config/check", `{"changes":[{"key":"cameras.scenes.top_k","value":1}]}`, http.StatusOK), &edited)
	want := "device: vm\n" + strings.Replace(pageConfig, "top_k: 3", "top_k: 1", 1)
	if edited.Text != want || len(edited.Problems) > 0 {
		t.Fatalf("edited: %+v", edited)
	}
	a := b.apply(edited.Text, file.SHA256)
	if !slices.Equal(a.Kept, []string{"eye"}) || !slices.Equal(a.Started, []string{"scenes"}) {
		t.Errorf("applied: %+v", a)
	}
	has := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("the file has %q, %v; want %q", got, err, want)
		}
	}
	has(want)
	sh(t, "echo '# by root' | tee -a %s", path) // as editors do
	b.ask("PUT", "api/v1/config", `{"text":"device: vm\n"}`, http.StatusPreconditionFailed, "If-Match", `"`+a.SHA256+`"`)
	has(want + "# by root\n")
	b.read("api/v1/config", &file)
	b.apply(file.Text+"# by the page\n", file.SHA256)
	b.ask("POST", "api/v1/config/undo", "", http.StatusOK)
	has(want + "# by root\n")
	if answer := b.ask("PUT", "api/v1/config", `{"text":"cameras: {eye: {top_k: 0}}\n"}`, http.StatusUnprocessableEntity, "If-Match", `"`+file.SHA256+`"`); !bytes.Contains(answer, []byte("cameras.eye.top_k")) {
		t.Errorf("a bad text: %s", answer)
	}
	has(want + "# by root\n")
	if after := look(); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
	sh(t, "chown root %s", path)
	b.read("api/v1/config", &file)
	if file.Writable || !strings.Contains(file.Reason, "sudo chown inceptiond "+path) {
		t.Errorf("taken back: %+v", file)
	}
	sh(t, "chown inceptiond %s", path)
	if journal := s.journal(); strings.Contains(journal, "correct horse battery") {
		t.Error("the password is in the journal")
	}
}
