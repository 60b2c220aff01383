package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// keeping is a daemon that keeps the pictures of all decisions.
type keeping struct {
	*webtest.Daemon
	list    []web.Kept // newest first
	trouble error      // with the disk, before the first picture
	reads   int        // pictures that were ranged over
}

func (k *keeping) KeptID(s *publish.Snapshot) string {
	return fmt.Sprintf("%s.%d", s.Camera, s.Sequence)
}

func (k *keeping) KeptPictures(_ context.Context, camera, before string) iter.Seq2[web.Kept, error] {
	return func(yield func(web.Kept, error) bool) {
		if k.trouble != nil && !yield(web.Kept{}, k.trouble) {
			return
		}
		after := before == ""
		for _, p := range k.list {
			if after && (camera == "" || p.Camera == camera) {
				if k.reads++; !yield(p, nil) {
					return
				}
			}
			after = after || p.ID == before
		}
	}
}

func (k *keeping) FindKept(id string) (web.Kept, bool) {
	for _, p := range k.list {
		if p.ID == id {
			return p, true
		}
	}
	return web.Kept{}, false
}

func (k *keeping) ReadKept(id string) ([]byte, error) {
	for _, p := range k.list {
		if p.ID == id {
			return []byte("jpeg of " + id), nil
		}
	}
	return nil, web.ErrNone
}

// happen decides n times, each with a picture of a size.
func (k *keeping) happen(s *web.Server, n, size int) {
	for range n {
		i := uint64(len(k.list) + 1)
		at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second)
		shot := &publish.Snapshot{Camera: "drive", Sequence: i, Label: "dog", Time: at, Synced: true, JPEG: make([]byte, size), Disk: true}
		_ = s.Publish(context.Background(), publish.Event{Device: "pi", Camera: "drive", Kind: publish.EventDecision, Time: at, Value: "dog"})
		_ = s.Publish(context.Background(), shot)
		k.list = append([]web.Kept{{ID: k.KeptID(shot), Camera: "drive", Label: "dog", Time: at, Synced: true}}, k.list...)
	}
}

// listed is an answer to who asks for events.
type listed struct {
	Events []struct {
		ID      string
		Event   *struct{ Time time.Time }
		Kept    *struct{ Time time.Time }
		Picture bool
	}
	More bool
}

func ask(t *testing.T, s *web.Server, path string, want int) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/events"+path, nil))
	if w.Code != want {
		t.Fatalf("%s: %d %s, want %d", path, w.Code, w.Body, want)
	}
	return w.Body.Bytes()
}

func (k *keeping) open(t *testing.T) (*web.Server, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.WarnLevel)
	s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 5}, k, webtest.Open{}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, logs
}

// pages reads all events, and has between happen from one page to the next. It is the seconds of their times.
func pages(t *testing.T, s *web.Server, limit int, between func()) (seconds []int) {
	t.Helper()
	before := ""
	for {
		var l listed
		if err := json.Unmarshal(ask(t, s, fmt.Sprintf("?limit=%d&before=%s", limit, before), http.StatusOK), &l); err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Events {
			at := e.Event
			if at == nil {
				at = e.Kept
			}
			seconds = append(seconds, at.Time.Hour()%12*3600+at.Time.Minute()*60+at.Time.Second())
			if !e.Picture {
				t.Errorf("%s has no picture", e.ID)
			}
			ask(t, s, "/"+e.ID+"/picture.jpg", http.StatusOK)
			before = e.ID
		}
		if !l.More {
			return seconds
		}
		if len(l.Events) != limit {
			t.Fatalf("%d events, and more", len(l.Events))
		}
		between()
	}
}

// TestOlderEventsAreOnTheDisk: each event once, newest first, whether or not it is remembered, and with its picture, also while
// others happen.
func TestOlderEventsAreOnTheDisk(t *testing.T) {
	for _, limit := range []int{7, 100, 500} {
		for _, more := range []int{0, 3} {
			k := &keeping{Daemon: webtest.New(webtest.Empty, 1)}
			s, _ := k.open(t)
			const first = 620 // of which 120 are on the disk alone, and 20 of the others in memory
			k.happen(s, first, 100_000)
			got := pages(t, s, limit, func() { k.happen(s, more, 100_000) })
			for i, second := range got {
				if second != first-i {
					t.Fatalf("pages of %d, %d more: event %d is of second %d", limit, more, i, second)
				}
			}
			if len(got) != first {
				t.Errorf("pages of %d, %d more: %d events", limit, more, len(got))
			}
		}
	}
}

// TestKeptEventsAreDecisions of a camera, and no more of them are read than are listed.
func TestKeptEventsAreDecisions(t *testing.T) {
	k := &keeping{Daemon: webtest.New(webtest.Empty, 1)}
	before, _ := k.open(t)
	k.happen(before, 300, 10)
	s, logs := k.open(t) // which remembers nothing
	for query, want := range map[string]int{"": 100, "?kind=decision": 100, "?kind=camera": 0, "?camera=drive&limit=7": 7, "?camera=yard": 0, "?before=drive.2": 1} {
		k.reads = 0
		var l listed
		if err := json.Unmarshal(ask(t, s, query, http.StatusOK), &l); err != nil || len(l.Events) != want || k.reads > want+1 {
			t.Errorf("%q: %d events for %d reads, %v", query, len(l.Events), k.reads, err)
		}
	}
	ask(t, s, "/drive.301/picture.jpg", http.StatusNotFound)
	k.trouble = errors.New("input/output error")
	if text := string(ask(t, s, "", http.StatusOK)); !strings.Contains(text, `"kept"`) || logs.FilterMessageSnippet("cannot be listed").Len() != 1 {
		t.Errorf("%s, %v", text, logs.All())
	}
	k.trouble = web.ErrNone
	ask(t, s, "?before=..", http.StatusBadRequest)
}
