package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

func TestCommands(t *testing.T) {
	p := open(t, webtest.Full)
	for _, test := range []struct{ camera, body, want string }{
		{"drive", `{"command":"paused","value":"ON"}`, `{"outcome":"done"}`},
		{"drive", `{"command":"paused","value":"ON"}`, `{"outcome":"unchanged"}`},
		{"drive", `{"command":"enter","value":"1.5"}`, `{"outcome":"refused","reason":"1.5 is out of range (want 0 to 1)"}`},
		{"drive", `{"command":"reload","value":""}`, `{"outcome":"refused","reason":"there is no command reload"}`},
		{"nobody", `{"command":"paused","value":"ON"}`, `{"error":"there is no camera of that name"}`},
		{"drive", `{"command":"paused","value":"ON","more":1}`, `{"error":"this is not the JSON that is wanted: unknown field \"more\""}`},
	} {
		_, text := p.do(t, http.MethodPost, "api/v1/cameras/"+test.camera+"/commands", "application/json", test.body)
		if got := strings.TrimSpace(string(text)); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.camera, test.body, got, test.want)
		}
	}
}

func TestConfig(t *testing.T) {
	p := open(t, webtest.Full)
	answer, text := p.do(t, http.MethodGet, "api/v1/config", "", "")
	var file web.ConfigFile
	if err := json.Unmarshal(text, &file); err != nil || answer.Header.Get("ETag") != `"`+file.SHA256+`"` {
		t.Fatalf("%v, ETag %s", err, answer.Header.Get("ETag"))
	}
	put := func(body, match string, want int) string {
		t.Helper()
		headers := []string{"If-Match", match}
		if match == "" {
			headers = nil
		}
		answer, text := p.do(t, http.MethodPut, "api/v1/config", "application/json", body, headers...)
		if answer.StatusCode != want {
			t.Errorf("%s with %s: %d %s, want %d", body, match, answer.StatusCode, text, want)
		}
		return string(text)
	}
	match := `"` + file.SHA256 + `"`
	put(`{"text":"a: 1\n"}`, "", http.StatusPreconditionRequired)
	put(`{"text":"a: 1\n"}`, "*", http.StatusPreconditionRequired)
	if text := put(`{"text":"a: 1\n"}`, `"0123"`, http.StatusPreconditionFailed); !strings.Contains(text, file.SHA256) || !strings.Contains(text, "the long one") {
		t.Errorf("412 without what the file has: %s", text)
	}
	if text := put(`{"text":"\tnonsense\n"}`, match, http.StatusUnprocessableEntity); !strings.Contains(text, `"line":1`) {
		t.Errorf("422 without a line: %s", text)
	}
	put(`{"text":"`+strings.Repeat("# long\\n", 1<<18)+`"}`, match, http.StatusRequestEntityTooLarge)
	if text := put(`{"text":"a: 1\n"}`, match, http.StatusOK); !strings.Contains(text, `"started":["drive","gate"]`) {
		t.Errorf("applied: %s", text)
	}
	put(`{"text":"a: 2\n"}`, match, http.StatusPreconditionFailed)
	for _, want := range []int{http.StatusOK, http.StatusNotFound} {
		if answer, text := p.do(t, http.MethodPost, "api/v1/config/undo", "", ""); answer.StatusCode != want {
			t.Errorf("undo: %d %s, want %d", answer.StatusCode, text, want)
		}
	}
	var checked struct {
		Text     string
		Problems []web.Problem
	}
	_, text = p.do(t, http.MethodPost, "api/v1/config/check", "application/json", `{"changes":[{"key":"cameras.drive.nonsense","value":1}]}`)
	if err := json.Unmarshal(text, &checked); err != nil || len(checked.Problems) != 1 || !strings.HasPrefix(checked.Text, file.Text) {
		t.Errorf("check of the file with a change: %v %s", err, text)
	}
}

// exchanged is a daemon whose cameras have another model after an Apply.
type exchanged struct {
	*webtest.Daemon
	applied atomic.Bool
}

func (d *exchanged) ApplyConfig(ctx context.Context, text []byte, expected string) (web.Applied, error) {
	d.applied.Store(true)
	return d.Daemon.ApplyConfig(ctx, text, expected)
}

func (d *exchanged) Cameras() []web.Camera {
	list := d.Daemon.Cameras()
	for i := range list {
		if d.applied.Load() {
			list[i].Model = "others"
		}
	}
	return list
}

// TestApplyIsSeenAtOnce: who asks after an Apply is told of cameras as they are then.
func TestApplyIsSeenAtOnce(t *testing.T) {
	d := &exchanged{Daemon: webtest.New(webtest.Full, 1)}
	s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 50, Device: "gate-pi"}, d, webtest.Open{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	p := &page{s, d.Daemon, "http://" + s.Addr() + "/", &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	defer func() {
		p.client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var live struct{ Cameras []web.Camera }
	var file web.ConfigFile
	p.get(t, "api/v1/config", &file)
	p.get(t, "api/v1/live", &live)
	answer, text := p.do(t, http.MethodPut, "api/v1/config", "application/json", `{"text":"a: 1\n"}`, "If-Match", `"`+file.SHA256+`"`)
	if p.get(t, "api/v1/live", &live); answer.StatusCode != http.StatusOK || live.Cameras[0].Model != "others" {
		t.Errorf("%d %s, and then %+v", answer.StatusCode, text, live.Cameras[0])
	}
}

func TestDoctor(t *testing.T) {
	p := open(t, webtest.Full)
	var is struct {
		Running  bool
		Started  string
		Findings []web.Finding
	}
	p.get(t, "api/v1/doctor", &is)
	if is.Running || is.Started != "" || is.Findings == nil {
		t.Errorf("before: %+v", is)
	}
	for _, want := range []int{http.StatusAccepted, http.StatusConflict} {
		if answer, text := p.do(t, http.MethodPost, "api/v1/doctor", "application/json", "{}"); answer.StatusCode != want {
			t.Errorf("start: %d %s, want %d", answer.StatusCode, text, want)
		}
	}
	for end := time.Now().Add(patience); len(is.Findings) < 4 || is.Running; time.Sleep(20 * time.Millisecond) {
		p.get(t, "api/v1/doctor", &is)
		if time.Now().After(end) {
			t.Fatalf("it never ends: %+v", is)
		}
	}
}

func TestPreview(t *testing.T) {
	p := open(t, webtest.Full)
	p.Hurry()
	p.settle(t, webtest.Full)
	_, text := p.do(t, http.MethodPost, "api/v1/cameras/drive/preview", "application/json", `{"model":"birds","region":{"x":0,"y":0,"width":0.5,"height":0.5}}`)
	var made struct {
		Sequence      uint64
		Input         []byte
		Width, Height int
		Classes       []struct{ Label string }
	}
	if err := json.Unmarshal(text, &made); err != nil || made.Sequence == 0 || len(made.Classes) == 0 {
		t.Fatalf("%v: %.200s", err, text)
	}
	m, err := png.Decode(bytes.NewReader(made.Input))
	if err != nil || m.Bounds().Dx() != made.Width || m.Bounds().Dy() != made.Height {
		t.Errorf("input: %v", err)
	}
	answer, text := p.do(t, http.MethodGet, "api/v1/cameras/drive/input.png", "", "")
	if _, err := png.Decode(bytes.NewReader(text)); err != nil || answer.Header.Get("Inceptiond-Sequence") == "" {
		t.Errorf("input.png: %d %v", answer.StatusCode, err)
	}
	answer, text = p.do(t, http.MethodPost, "api/v1/models/birds/test", "image/png", string(made.Input))
	if answer.StatusCode != http.StatusOK {
		t.Errorf("test of a picture: %d %s", answer.StatusCode, text)
	}
}

func TestEventPictures(t *testing.T) {
	p := open(t, webtest.Full)
	for range 31 {
		p.daemon.Step()
	}
	event := p.settle(t, webtest.Full)
	answer, data := p.do(t, http.MethodGet, "api/v1/events/"+event+"/picture.jpg", "", "")
	if answer.StatusCode != http.StatusOK || !bytes.HasPrefix(data, []byte("\xff\xd8")) {
		t.Errorf("%d, %d bytes", answer.StatusCode, len(data))
	}
	var list struct {
		Events []struct {
			ID    string
			Event struct{ Camera, Kind string }
		}
		More bool
	}
	p.get(t, "api/v1/events?camera=drive&kind=decision&limit=1", &list)
	if len(list.Events) != 1 || list.Events[0].Event.Camera != "drive" || list.Events[0].Event.Kind != "decision" {
		t.Errorf("filtered: %+v", list)
	}
	p.get(t, "api/v1/events?before="+list.Events[0].ID, &list)
	if len(list.Events) == 0 {
		t.Error("no older ones")
	}
}

// TestTooManyViewers sends the 33rd away.
func TestTooManyViewers(t *testing.T) {
	p := open(t, webtest.Empty)
	come := func() int {
		var s shown
		answer, text := p.do(t, http.MethodGet, "api/v1/live", "", "")
		if answer.StatusCode != http.StatusOK {
			return answer.StatusCode
		}
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		answered := make(chan struct{})
		go func() { // comes back, and waits for news
			defer close(answered)
			p.do(t, http.MethodGet, "api/v1/live?after="+s.Cursor, "", "")
		}()
		t.Cleanup(func() { <-answered })
		return answer.StatusCode
	}
	for range 32 {
		if status := come(); status != http.StatusOK {
			t.Fatalf("one of the first: %d", status)
		}
	}
	var s struct{ Viewers int }
	for end := time.Now().Add(patience); s.Viewers < 32; p.get(t, "api/v1/status", &s) {
		if time.Now().After(end) {
			t.Fatalf("%d viewers", s.Viewers)
		}
	}
	if status := come(); status != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", status)
	}
}

// faulty is a daemon with a fault.
type faulty struct{ *webtest.Daemon }

func (faulty) Cameras() []web.Camera { panic("planted fault") }

// TestFaultIsAnsweredAndLogged and the page goes on.
func TestFaultIsAnsweredAndLogged(t *testing.T) {
	core, logged := observer.New(zap.ErrorLevel)
	s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 5}, faulty{webtest.New(webtest.Full, 1)}, webtest.Open{}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/live", nil))
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "planted") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if lines := logged.FilterField(zap.String("panic", "planted fault")).All(); len(lines) != 2 {
		t.Errorf("%d lines of the fault in the log", len(lines))
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusNoContent {
		t.Errorf("after the fault: %d", w.Code)
	}
}

// TestNothingStays after Close: no goroutine of ours, and nobody who watches.
func TestNothingStays(t *testing.T) {
	t.Run("work", func(t *testing.T) {
		p := open(t, webtest.Full)
		p.settle(t, webtest.Full)
		p.do(t, http.MethodPost, "api/v1/doctor", "application/json", "{}")
	})
	ours := func() string {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for _, stack := range strings.Split(string(stacks), "\n\n") {
			if strings.Contains(stack, "publish/web.(*") && !strings.Contains(stack, "testing.tRunner") {
				return stack
			}
		}
		return ""
	}
	for end := time.Now().Add(patience); ours() != ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("this goroutine stays:\n%s", ours())
		}
	}
}

// FuzzRequests asks all sorts of things of a page whose guard lets everybody look and nobody change.
func FuzzRequests(f *testing.F) {
	for i, method := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "X"} {
		for _, path := range []string{
			"/", "/events", "/api/v1/live?after=x.1.2", "/api/v1/config", "/api/v1/cameras/drive/picture.jpg?sequence=1", "/api/v1/cameras/%2e%2e/input.png",
			"/api/v1/events/1/picture.jpg", "/api/v1/events?limit=-1", "/assets/../page.html", "//evil/", "/api/v1/models/birds/test", "/session", "/api/v1/config/check",
			"/api/v1/teach", "/api/v1/teach/gate", "/api/v1/teach/gate/samples?shelf=pictures&class=open&order=wrong", "/api/v1/teach/gate/take",
		} {
			f.Add(method, path, "application/json", `{"changes":[{"key":"a","value":1}],"text":"b: 1\n"}`, i%2 == 0)
		}
	}
	f.Add("POST", "/api/v1/teach/gate/samples", "application/json", `{"event":"1","to":{"shelf":"pictures","class":"open"}}`, false)
	f.Add("POST", "/api/v1/teach/gate/take", "application/json", `{"camera":"drive","count":2,"every_s":1,"to":{"shelf":"inbox"}}`, false)
	f.Add("POST", "/api/v1/teach/gate/samples?shelf=held&class=shut", "image/png", "no picture", false)
	looking, changing := fuzzed(f, true), fuzzed(f, false)
	f.Fuzz(func(t *testing.T, method, path, media, body string, look bool) {
		s := changing
		if look {
			s = looking
		}
		r, err := http.NewRequest(method, "http://127.0.0.1", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			t.Skip("no request of a browser")
		}
		if r.URL, err = r.URL.Parse(path); err != nil {
			t.Skip("no address of a browser")
		}
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s %q: %d %s", method, path, w.Code, w.Body)
		}
		for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Cache-Control"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s %q: %d without %s", method, path, w.Code, name)
			}
		}
		if w.Header().Get("Location") != "" {
			t.Errorf("%s %q: redirected to %s", method, path, w.Header().Get("Location"))
		}
		if look && strings.Contains(fmt.Sprint(w.Header())+w.Body.String(), webtest.Secret) {
			t.Errorf("%s %q: the secret is out", method, path)
		}
	})
}

// fuzzed is a server that nobody has to wait for.
func fuzzed(f *testing.F, lookOnly bool) *web.Server {
	f.Helper()
	d := webtest.New(webtest.Full, 1)
	s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 5, Device: "gate-pi"}, d, webtest.Open{LookOnly: lookOnly}, zap.NewNop())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	d.Begin(s)
	d.Step()
	s.Hurry()
	return s
}
