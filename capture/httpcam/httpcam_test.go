package httpcam

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	return encode(t, image.NewGray(image.Rect(0, 0, w, h)))
}

func encode(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serve runs a camera until the end of the test.
func serve(t *testing.T, camera http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(camera)
	t.Cleanup(s.Close)
	return s
}

// stream answers with a stream that begins with parts and repeats the last one until the client leaves.
func stream(contentType string, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; ; i++ {
			if _, err := w.Write([]byte(parts[min(i, len(parts)-1)])); err != nil {
				return
			}
			if err := http.NewResponseController(w).Flush(); err != nil || r.Context().Err() != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// part is one picture of a stream.
func part(boundary string, picture []byte) string {
	return fmt.Sprintf("%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", boundary, len(picture), picture)
}

func picture(p []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(p)
	}
}

func TestSuite(t *testing.T) {
	p := jpegOf(t, 16, 8)
	for name, camera := range map[string]http.HandlerFunc{
		"stream": stream("multipart/x-mixed-replace; boundary=frame", part("--frame", p)),
		"still":  picture(p),
	} {
		t.Run(name, func(t *testing.T) {
			capturetest.Source(t, func(t *testing.T) capture.Source {
				s, err := Open(t.Context(), Options{URL: serve(t, camera).URL, Interval: time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}

func TestStills(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 5, 4))); err != nil {
		t.Fatal(err)
	}
	answers := [][]byte{jpegOf(t, 16, 8), b.Bytes(), jpegOf(t, 16, 8)[:200], jpegOf(t, 16, 8)[:200], make([]byte, 9<<10), jpegOf(t, 24, 8)}
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { picture(answers[min(n, len(answers)-1)])(w, r); n++ })
	src, err := Open(t.Context(), Options{URL: s.URL, Interval: time.Millisecond, MaxBytes: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for i, want := range []capture.Format{{Pixel: capture.MJPG, Width: 16, Height: 8}, capture.Packed(capture.RGB24, 5, 4),
		{}, {}, {Pixel: capture.MJPG, Width: 24, Height: 8}} {
		var f capture.Frame
		err := src.Read(t.Context(), &f)
		if want == (capture.Format{}) && !errors.Is(err, capture.ErrBadFrame) || want != (capture.Format{}) && (err != nil || f.Format != want) {
			t.Errorf("picture %d: %v, %v; want %v", i, f.Format, err, want)
		}
	}
}

// A camera that fails to give one picture may well give the next.
// A camera that is closed has its connection back: many take few.
func TestCloseEndsTheConnection(t *testing.T) {
	picture := jpegOf(t, 8, 8)
	var opened, closed atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(picture) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	src, err := Open(t.Context(), Options{URL: s.URL, Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var f capture.Frame
	if err := src.Read(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	src.Close()
	for end := time.Now().Add(30 * time.Second); closed.Load() < opened.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d connections are closed", closed.Load(), opened.Load())
		}
	}
}

func TestStillFails(t *testing.T) {
	p := jpegOf(t, 16, 8)
	abort := func(w http.ResponseWriter, _ *http.Request) { // in the middle of the header
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
		conn.Close()
	}
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(p)))
		picture(p[:200])(w, r)
	}
	busy := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	// What ends too early is asked for again at once.
	answers := []http.HandlerFunc{picture(p), cut, picture(p), cut, cut, picture(p), busy, abort, picture(p)}
	wants := []string{"", "", "cut short after 200 bytes", "", "status 503", ""} // abort: the transport tries another connection
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { n++; answers[min(n, len(answers))-1](w, r) })
	src, err := Open(t.Context(), Options{URL: s.URL, Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for i, want := range wants {
		err := src.Read(t.Context(), new(capture.Frame))
		switch {
		case want == "" && err != nil, want != "" && !errors.Is(err, capture.ErrBadFrame):
			t.Fatalf("picture %d: %v, want %q", i, err, want)
		case want != "" && (!strings.Contains(err.Error(), want) || strings.Count(err.Error(), "httpcam: ") != 1):
			t.Errorf("picture %d: %v, want %q and one prefix", i, err, want)
		}
	}
}

// A camera that gives nothing but failures is lost after a while, and the error says why.
func TestStillLost(t *testing.T) {
	n := 0
	busy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		picture(jpegOf(t, 16, 8))(w, r)
	})
	o := Options{URL: busy.URL, Interval: time.Millisecond, Timeout: 100 * time.Millisecond}
	src, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	bad := 0
	for err = nil; err == nil || errors.Is(err, capture.ErrBadFrame); err = src.Read(t.Context(), new(capture.Frame)) {
		if err != nil {
			bad++
		}
	}
	if text := err.Error(); bad == 0 || !errors.Is(err, capture.ErrLost) || !strings.Contains(text, "status 503") || strings.Count(text, "httpcam: ") != 1 {
		t.Errorf("after %d bad frames: %v; want ErrLost for status 503", bad, err)
	}

	endless := serve(t, stream("image/jpeg", strings.Repeat("x", 4<<10)))
	o.URL, o.MaxBytes, o.Timeout = endless.URL, 8<<10, 10*time.Second
	_, err = Open(t.Context(), o)
	if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), `starts with "xxxxxxxx"`) {
		t.Errorf("an endless answer: %v, want ErrLost for what it is", err)
	}
	huge := serve(t, stream("image/jpeg", string(jpegOf(t, 16, 8)[:350])+strings.Repeat("x", 4<<10), strings.Repeat("x", 4<<10)))
	o.URL, o.Timeout = huge.URL, time.Second
	_, err = Open(t.Context(), o)
	if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "more than 8192 bytes") {
		t.Errorf("an endless picture: %v, want ErrLost for its size", err)
	}
}

func TestStreamEnds(t *testing.T) {
	p := part("--frame", jpegOf(t, 16, 8))
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		fmt.Fprint(w, p, part("--frame", []byte("no picture")), p, p[:300])
		_ = http.NewResponseController(w).Flush() // so that it has no length
	})
	src, err := Open(t.Context(), Options{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for i, want := range []error{nil, capture.ErrBadFrame, nil, capture.ErrLost, capture.ErrLost} {
		err := src.Read(t.Context(), new(capture.Frame))
		if !errors.Is(err, want) {
			t.Errorf("read %d: %v, want %v", i, err, want)
		}
		if err != nil && strings.Count(err.Error(), "httpcam: ") != 1 {
			t.Errorf("read %d: %v, want one prefix", i, err)
		}
	}
}

func TestSilence(t *testing.T) {
	quiet := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mute := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, s := range []*httptest.Server{quiet, mute} {
		_, err := Open(t.Context(), Options{URL: s.URL, Timeout: 50 * time.Millisecond})
		if !errors.Is(err, capture.ErrLost) {
			t.Errorf("a camera that sends nothing: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := Open(ctx, Options{URL: s.URL}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open while its context ends: %v", err)
		}
	}
}

func TestLogin(t *testing.T) {
	p := jpegOf(t, 16, 8)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch user, password, _ := r.BasicAuth(); {
		case r.URL.Path == "/other":
			w.Header().Set("WWW-Authenticate", `Negotiate`)
			w.WriteHeader(http.StatusUnauthorized)
		case user != "ann" || password != "s3cret":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			picture(p)(w, r)
		}
	})
	inURL := func(login string) string { return strings.Replace(s.URL, "http://", "http://"+login+"@", 1) }
	for _, o := range []Options{
		{URL: s.URL, Username: "ann", Password: "s3cret"},
		{URL: inURL("ann:s3cret")},
		{URL: inURL("bob:wrong"), Username: "ann", Password: "s3cret"},
	} {
		src, err := Open(t.Context(), o)
		if err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		src.Close()
	}
	for text, o := range map[string]Options{
		"set a user and password":  {URL: s.URL + "?key=s3cret"},
		"check the user":           {URL: inURL("ann:s3cret2")},
		"only Digest and Basic":    {URL: inURL("ann:s3cret") + "/other"},
		"must look like http://":   {URL: "http://ann:s3cret@[::1"},
		"must look like http://ho": {URL: "rtsp://ann:s3cret@camera/stream"},
		"connection refused":       {URL: "http://ann:s3cret@127.0.0.1:1/?key=s3cret"},
	} {
		_, err := Open(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q and no password", o.URL, err, text)
		}
	}
}

func TestAnswers(t *testing.T) {
	var s *httptest.Server
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/page":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<html>")
		case "/loop":
			http.Redirect(w, r, s.URL+"/loop", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, s.URL+"/picture", http.StatusFound)
		case "/picture":
			picture(jpegOf(t, 16, 8))(w, r)
		default:
			http.NotFound(w, r)
		}
	})
	for path, text := range map[string]string{"/page": `"text/html", which is neither`, "/loop": "redirections", "/none": "check the path"} {
		if _, err := Open(t.Context(), Options{URL: s.URL + path}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", path, err, text)
		}
	}
	src, err := Open(t.Context(), Options{URL: s.URL + "/moved"})
	if err != nil {
		t.Fatal(err)
	}
	src.Close()
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(picture(jpegOf(t, 16, 8)))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the refused handshake
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := Open(t.Context(), Options{URL: s.URL}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody known: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	src, err := Open(t.Context(), Options{URL: s.URL, roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	src.Close()

	plain := serve(t, picture(jpegOf(t, 16, 8)))
	down := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(down.Close)
	roots.AddCert(down.Certificate())
	if _, err := Open(t.Context(), Options{URL: down.URL, roots: roots}); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("a redirection to http: %v", err)
	}
}
