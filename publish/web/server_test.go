package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// patience is how long anything may take that is waited for.
const patience = time.Minute

// page is a page that is served, and the daemon behind it.
type page struct {
	*web.Server
	daemon *webtest.Daemon
	url    string // ends with a slash
	client *http.Client
}

// open serves the page of a daemon in a state, until the test ends.
func open(t *testing.T, state webtest.State) *page {
	t.Helper()
	d := webtest.New(state, 1)
	s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 50, Device: "gate-pi", Version: "test"}, d, webtest.Open{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	p := &page{s, d, "http://" + s.Addr() + "/", &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d.Begin(s)
	return p
}

// do sends a request, and returns the answer and what came with it.
func (p *page) do(t *testing.T, method, path, media, body string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, data
}

// get asks for JSON.
func (p *page) get(t *testing.T, path string, v any) {
	t.Helper()
	answer, data := p.do(t, http.MethodGet, path, "", "")
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.StatusCode, data)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v: %s", path, err, data)
	}
}

func TestPagesAndAssets(t *testing.T) {
	p := open(t, webtest.Full)
	_, shell := p.do(t, http.MethodGet, "", "", "")
	for _, name := range []string{"events", "teach", "health", "settings", "setup", "model", "setup?camera=drive"} {
		answer, text := p.do(t, http.MethodGet, name, "", "")
		if answer.StatusCode != http.StatusOK || !bytes.Equal(text, shell) {
			t.Errorf("%s: %d, and not the shell", name, answer.StatusCode)
		}
	}
	if strings.Contains(string(shell), "{{") {
		t.Error("the shell has a placeholder left")
	}
	_, after, found := strings.Cut(string(shell), `src="`)
	script, _, _ := strings.Cut(after, `"`)
	if !found || !strings.HasPrefix(script, "assets/") {
		t.Fatalf("no script in %s", shell)
	}
	answer, text := p.do(t, http.MethodGet, script, "", "")
	if answer.StatusCode != http.StatusOK || len(text) == 0 || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", script, answer.StatusCode, answer.Header)
	}
	for _, path := range []string{"events/", "assets", "assets/", "assets/x/app.js", "//", "a/../events", "nothing", "api/v1", "api/v1/", strings.Replace(script, "app.js", "page.html", 1)} {
		if answer, text := p.do(t, http.MethodGet, path, "", ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s, want 404", path, answer.StatusCode, text)
		}
	}
}

// shown is what the tests look at of an answer of live.
type shown struct {
	Cursor  string
	All     bool
	Line    string
	Well    bool
	Cameras []struct {
		Name    string
		Status  *struct{ State string }
		Result  *struct{ Sequence uint64 }
		Picture *struct {
			Camera   string
			Sequence uint64
			Width    int
		}
	}
	Events []struct {
		ID      string
		Picture bool
	}
}

// sequence is that of the picture of a camera in an answer, and that of its result; 0: there is none.
func (s shown) sequence(camera string) (picture, result uint64) {
	for _, c := range s.Cameras {
		if c.Name != camera {
			continue
		}
		if c.Picture != nil {
			picture = c.Picture.Sequence
		}
		if c.Result != nil {
			result = c.Result.Sequence
		}
	}
	return picture, result
}

// TestLive follows the page as a browser does: a picture comes with the result of its own frame.
func TestLive(t *testing.T) {
	p := open(t, webtest.Full)
	var first shown
	p.get(t, "api/v1/live", &first)
	if !first.All || len(first.Cameras) != 6 || first.Well || first.Line != "yard lost" {
		t.Fatalf("first: %+v", first)
	}
	cursor := first.Cursor
	for end := time.Now().Add(patience); ; {
		p.daemon.Step()
		var next shown
		p.get(t, "api/v1/live?after="+cursor, &next)
		if next.All {
			t.Fatal("all is told again")
		}
		cursor = next.Cursor
		sequence, result := next.sequence(webtest.Drive)
		if sequence == 0 {
			if time.Now().After(end) {
				t.Fatal("no picture")
			}
			continue
		}
		if result != sequence {
			t.Errorf("picture %d has result %d", sequence, result)
		}
		answer, data := p.do(t, http.MethodGet, fmt.Sprintf("api/v1/cameras/drive/picture.jpg?sequence=%d", sequence), "", "")
		if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil || answer.Header.Get("Inceptiond-Sequence") != fmt.Sprint(sequence) {
			t.Errorf("picture %d: %v, header %q", sequence, err, answer.Header.Get("Inceptiond-Sequence"))
		}
		return
	}
}

// TestPictureAlone asks for a picture as Home Assistant does: nobody has the page open.
func TestPictureAlone(t *testing.T) {
	p := open(t, webtest.Full)
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer, data := p.do(t, http.MethodGet, "api/v1/cameras/drive/picture.jpg", "", "")
		if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
			t.Errorf("%d: %v", answer.StatusCode, err)
		}
	}()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-done:
			tick.Stop()
			return
		case <-tick.C:
			p.daemon.Step()
		}
	}
}

func TestWhyThereIsNoPicture(t *testing.T) {
	t.Parallel()
	p := open(t, webtest.Full)
	answer, text := p.do(t, http.MethodGet, "api/v1/cameras/yard/picture.jpg", "", "")
	if answer.StatusCode != http.StatusNotFound || !strings.Contains(string(text), "plug the camera in again") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

func TestTakenPortIsNoError(t *testing.T) {
	p := open(t, webtest.Empty)
	d := webtest.New(webtest.Empty, 1)
	s, err := web.OpenGuarded(web.Options{Listen: p.Addr(), Rate: 5}, d, webtest.Open{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr() != "" {
		t.Error("two have the same port")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
