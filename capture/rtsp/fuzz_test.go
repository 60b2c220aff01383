package rtsp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

func TestFrames(t *testing.T) {
	const head = "YUV4MPEG2 W3 H1 F25:1 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=FULL\n"
	r := newFrames(strings.NewReader(head + "FRAME\nyyyuuvvFRAME Ip\nYYYUUVVFRAME\nyy"))
	var f capture.Frame
	for _, want := range []string{"yyyuuvv", "YYYUUVV"} {
		if err := r.next(&f); err != nil || string(f.Pix) != want {
			t.Fatalf("%q, %v, want %q", f.Pix, err, want)
		}
	}
	if want := (capture.Format{Pixel: capture.I420, Width: 3, Height: 1, Stride: 3, FullRange: true}); f.Format != want {
		t.Errorf("%+v, want %+v", f.Format, want)
	}
	if err := r.next(&f); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame that is cut short: %v", err)
	}
}

func TestBadFrames(t *testing.T) {
	for text, want := range map[string]error{
		"":                                      io.EOF,
		"YUV4MPEG2 W4":                          io.EOF,
		"RIFF\n":                                errStream,
		"YUV4MPEG2\n":                           errStream,
		"YUV4MPEG2 W0 H4\n":                     errStream,
		"YUV4MPEG2 W-4 H4\n":                    errStream,
		"YUV4MPEG2 Wx H4\n":                     errStream,
		"YUV4MPEG2 W99999999999999999999 H1\n":  errStream,
		"YUV4MPEG2 W16000 H16000\n":             errStream,
		"YUV4MPEG2 W2 H2 C422\n":                errStream,
		"YUV4MPEG2 W2 H2 C420p10 XYSCSS=420P\n": errStream,
		"YUV4MPEG2 W2 H2\nFRAMES\n":             errStream,
		strings.Repeat("x", 10000):              errStream,
	} {
		if err := newFrames(strings.NewReader(text)).next(new(capture.Frame)); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W2 H2 F25:1 C420jpeg XCOLORRANGE=LIMITED\nFRAME\nyyyyuvFRAME\nYYYYUV"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newFrames(bytes.NewReader(data))
		var frame capture.Frame
		for r.next(&frame) == nil {
			if err := frame.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzSaid(f *testing.F) {
	f.Add([]byte("[rtsp @ 0x55d0] [error] method DESCRIBE failed: 401 Unauthorized\n"), 7)
	f.Add([]byte("[graph 0 input from stream 0:0 @ 0x1] [verbose] w:1 h:2 pixfmt:gray\n[graph 0 @ 0x1] [verbose] w:2 h:2 pixfmt:gray\n"), 3)
	f.Add([]byte("[concat @ 0x1] [error] Impossible to open 'rtsp://user:secret@host/'\na=rtpmap:96 H264/90000\n"), 9)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		o := Options{URL: "rtsp://host/", Username: "user", Password: "secret"}.withDefaults()
		cam, err := o.address()
		if err != nil {
			t.Fatal(err)
		}
		s := newSaid(o, cam, func() {})
		s.begin()
		for len(data) > 0 {
			n := min(len(data), max(1, piece))
			if _, err := s.Write(data[:n]); err != nil {
				t.Fatal(err)
			}
			data = data[n:]
		}
		s.silence()
		text := s.reason(io.EOF, "ended").Error()
		if len(text) > 3*maxSaidLine+1000 || strings.Contains(text, "secret") {
			t.Errorf("%q", text)
		}
	})
}
