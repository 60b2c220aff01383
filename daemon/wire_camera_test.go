package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var (
	grey = color.RGBA{150, 150, 150, 255}
	red  = color.RGBA{220, 30, 30, 255}
	blue = color.RGBA{40, 70, 220, 255}
)

// picture draws what a name says; a number at its end tells pictures apart that are the same.
func picture(name string) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 96, 72))
	draw.Draw(img, img.Bounds(), image.NewUniform(grey), image.Point{}, draw.Src)
	switch strings.TrimRight(name, "0123456789") {
	case "disc":
		disc(img, 48, 36, 24, red)
	case "leftdisc": // half of the picture
		disc(img, 24, 36, 20, red)
	case "square":
		draw.Draw(img, image.Rect(28, 16, 68, 56), image.NewUniform(blue), image.Point{}, draw.Src)
	case "stripes":
		for x := 0; x < 96; x += 12 {
			draw.Draw(img, image.Rect(x, 0, x+6, 72), image.White, image.Point{}, draw.Src)
		}
	case "nothing":
	default:
		panic("no picture is called " + name)
	}
	return img
}

func disc(img *image.RGBA, x, y, radius int, c color.RGBA) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if dx*dx+dy*dy <= radius*radius {
				img.SetRGBA(x+dx, y+dy, c)
			}
		}
	}
}

// drawPNG draws pictures into files of a folder: FILE=PICTURE. Without a picture the file holds none.
func drawPNG(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		name, what, _ := strings.Cut(f, "=")
		data := bytes.NewBufferString("not a picture\n")
		if what != "" {
			data.Reset()
			if err := png.Encode(data, picture(what)); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// jpegPicture is a picture as a JPEG. It is kept beside the golden files, since another version of Go may encode it in
// another way.
func jpegPicture(t *testing.T, name string) []byte {
	t.Helper()
	file := filepath.Join("testdata", "wire", name+".jpg")
	if *update {
		var data bytes.Buffer
		if err := jpeg.Encode(&data, picture(name), nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// webcam is a network camera that sends a picture when the test says so: /stream as MJPEG, /still as one JPEG.
type webcam struct {
	server  *httptest.Server
	refuses atomic.Bool  // answers 503
	opened  atomic.Int32 // streams
	ended   atomic.Int32 // of them
	parts   chan []byte  // nil ends the stream
}

func startWebcam(t *testing.T, still []byte) *webcam {
	t.Helper()
	w := &webcam{parts: make(chan []byte)}
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", w.stream)
	mux.HandleFunc("/still", func(r http.ResponseWriter, _ *http.Request) {
		r.Header().Set("Content-Type", "image/jpeg")
		r.Write(still)
	})
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	return w
}

// address is the host and port of the camera.
func (w *webcam) address() string { return w.server.Listener.Addr().String() }

func (w *webcam) stream(r http.ResponseWriter, request *http.Request) {
	if w.refuses.Load() {
		r.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.opened.Add(1)
	defer w.ended.Add(1)
	r.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	r.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(r).Flush
	for flush() == nil {
		select {
		case <-request.Context().Done():
			return
		case part := <-w.parts:
			if part == nil {
				return
			}
			fmt.Fprintf(r, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(part), part)
		}
	}
}

// show sends pictures on the stream, or ends it with nil.
func (w *webcam) show(t *testing.T, parts ...[]byte) {
	t.Helper()
	for _, part := range parts {
		select {
		case w.parts <- part:
		case <-time.After(patience):
			t.Fatal("nobody watches the camera")
		}
	}
}

// showUntil sends a picture again and again until done.
func (w *webcam) showUntil(t *testing.T, part []byte, done func() bool) {
	t.Helper()
	eventually(t, "what the camera's pictures lead to", func() bool {
		select {
		case w.parts <- part:
		case <-time.After(50 * time.Millisecond): // the daemon has ended the stream
		}
		time.Sleep(50 * time.Millisecond)
		return done()
	})
}
