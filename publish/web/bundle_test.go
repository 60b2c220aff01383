package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// bundled is the answer about a bundle.
type bundled struct {
	Running     bool
	Doing       string
	Error       string
	Name, Until string
	Bytes       int
	Files       []bundle.File
	LeftOut     []string `json:"left_out"`
}

// await waits until no bundle is being made.
func (p *page) awaitBundle(t *testing.T) (is bundled) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		is = bundled{}
		if p.get(t, "api/v1/bundle", &is); !is.Running {
			return is
		}
		if time.Now().After(end) {
			t.Fatalf("it never ends: %+v", is)
		}
	}
}

func (p *page) makeBundle(t *testing.T, wish string, want int) {
	t.Helper()
	if answer, text := p.do(t, http.MethodPost, "api/v1/bundle", "application/json", wish); answer.StatusCode != want {
		t.Errorf("%s: %d %s, want %d", wish, answer.StatusCode, text, want)
	}
}

// A bundle is made once at a time, listed, fetched, and forgotten.
func TestBundle(t *testing.T) {
	p := open(t, webtest.Full)
	p.settle(t, webtest.Full)
	if is := p.awaitBundle(t); is.Name != "" || is.Files == nil || is.LeftOut == nil {
		t.Errorf("before: %+v", is)
	}
	if answer, _ := p.do(t, http.MethodGet, "api/v1/bundle/file", "", ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("no bundle: %d", answer.StatusCode)
	}
	p.makeBundle(t, `{"frames":2}`, http.StatusAccepted)
	p.makeBundle(t, `{}`, http.StatusConflict)
	is := p.awaitBundle(t)
	answer, data := p.do(t, http.MethodGet, "api/v1/bundle/file", "", "")
	b, err := bundle.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != is.Bytes || fmt.Sprint(b.All()) != fmt.Sprint(is.Files) || len(is.LeftOut) != 1 || is.Until == "" {
		t.Errorf("%d bytes of %+v, said was %+v", len(data), b.Manifest, is)
	}
	if disposition := answer.Header.Get("Content-Disposition"); disposition != "attachment; filename="+is.Name || answer.Header.Get("Content-Type") != "application/x-tar" {
		t.Errorf("%s, %s", disposition, answer.Header.Get("Content-Type"))
	}
	for _, name := range []string{bundle.StatusName, bundle.EventsName, bundle.ResultsName(webtest.Drive)} {
		if text, there := b.File(name); !there || len(text) == 0 || text[0] != '{' {
			t.Errorf("%s: %.40q", name, text)
		}
	}
	p.do(t, http.MethodDelete, "api/v1/bundle", "", "")
	if is := p.awaitBundle(t); is.Name != "" || len(is.Files) > 0 {
		t.Errorf("it is not forgotten: %+v", is)
	}
	p.makeBundle(t, `{"frames":-1}`, http.StatusAccepted)
	if is := p.awaitBundle(t); !strings.Contains(is.Error, "-1 frames") {
		t.Errorf("a wish that cannot be: %+v", is)
	}
	p.makeBundle(t, `{"frames":1,"more":1}`, http.StatusBadRequest)
}

// One that is being made can be given up, and the page be closed.
func TestBundleGivenUp(t *testing.T) {
	p := open(t, webtest.Full)
	p.makeBundle(t, `{}`, http.StatusAccepted)
	p.do(t, http.MethodDelete, "api/v1/bundle", "", "")
	if is := p.awaitBundle(t); is.Error == "" || is.Name != "" {
		t.Errorf("given up: %+v", is)
	}
	p.makeBundle(t, `{}`, http.StatusAccepted)
}
