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
		if len(text) > 4*(4*maxShown+100) || strings.Contains(text, "secret") {
			t.Errorf("%q", text)
		}
	})
}

// TestSaid holds lines as ffmpeg 5.1 and newer ones write them.
func TestSaid(t *testing.T) {
	for lines, want := range map[string]string{
		"[graph 0 input from stream 0:0 @ 0x1] [verbose] w:64 h:48 pixfmt:yuv420p tb:1/90000 fr:15/1 sar:1/1\n" +
			"[graph 0 input from stream 0:0 @ 0x2] [verbose] w:32 h:24 pixfmt:yuv420p tb:1/90000 fr:15/1 sar:1/1\n": "changed from 64x48 yuv420p to 32x24 yuv420p",
		"[graph_0_in_0:0 @ 0x1] [verbose] w:64 h:48 pixfmt:yuv420p tb:1/90000 fr:15/1 sar:1/1 csp:bt709 range:tv\n" +
			"[graph_0_in_0:0 @ 0x2] [verbose] w:64 h:48 pixfmt:yuvj420p tb:1/90000 fr:15/1 sar:1/1 csp:bt709 range:pc\n": "changed from 64x48 yuv420p to 64x48 yuvj420p",
		"[rtsp @ 0x1] [error] method PLAY failed: 454 Session Not Found\n":                      "(454)",
		"[rtsp @ 0x1] [error] method DESCRIBE failed: 599 Tired\n":                              "ffmpeg ended: [rtsp] method DESCRIBE failed: 599 Tired",
		"[rtsp @ 0x1] [error] method DESCRIBE failed: 599 \x1b[31mRed\xff\n":                    "599 ?[31mRed?",
		"[rtsp @ 0x1] [warning] RTP: missed 404 packets\n":                                      "ffmpeg ended",
		"[in#0 @ 0x1] [error] Error opening input: Cannot allocate memory\n":                    "too large for this machine's memory",
		"[concat @ 0x1] [error] Impossible to open 'rtsp://user:secret@host/a?key=hidden'\n":    "Impossible to open 'rtsp://host/a?'",
		"[fatal] Unrecognized option 'fps_mode'.\n":                                             "too old",
		strings.Repeat("[h264 @ 0x1] [error] "+strings.Repeat("x", 5000)+"\n", 100):             "xxx",
		strings.Repeat("x", 100000) + "\n[rtsp @ 0x1] [error] method SETUP failed: 403 Never\n": "(403)",
	} {
		o := Options{URL: "rtsp://host/a?key=hidden", Username: "user", Password: "secret"}.withDefaults()
		cam, err := o.address()
		if err != nil {
			t.Fatal(err)
		}
		s := newSaid(o, cam, func() {})
		s.begin()
		if _, err := io.WriteString(s, lines); err != nil {
			t.Fatal(err)
		}
		got := s.reason(io.EOF, "ended").Error()
		if !strings.Contains(got, want) || strings.Contains(got, "secret") || strings.Contains(got, "hidden") || len(got) > 4*(maxShown+100) {
			t.Errorf("%.200q: %q, want %q", lines, got, want)
		}
	}
}
