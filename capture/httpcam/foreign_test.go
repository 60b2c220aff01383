package httpcam

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// What is no picture is named at once, with what to do, whatever its Content-Type says.
func TestForeign(t *testing.T) {
	h264 := "\x00\x00\x00\x01gB\xC0\x1E" + strings.Repeat("B", 100)
	hevc := "\x00\x00\x00\x01\x40\x01\x0C\x01" + strings.Repeat("B", 100)
	ts := strings.Repeat("G"+strings.Repeat("\x10", 187), 4)
	parts := func(kind, body string) string {
		return fmt.Sprintf("--b\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n", kind, len(body), body)
	}
	for _, tt := range []struct{ name, kind, body, text string }{
		{"login page", "text/html", "<!DOCTYPE html><html><body>Login</body></html>", "web page"},
		{"page as a picture", "image/jpeg", "<html><head>", "web page"},
		{"H.264", "video/h264", h264, "H.264"},
		{"H.264, no type", "", h264, "source: rtsp"},
		{"HEVC", "application/octet-stream", hevc, "H.265"},
		{"H.264 in parts", "multipart/x-mixed-replace; boundary=b", parts("video/h264", h264), "source: rtsp"},
		{"HEVC in parts", "multipart/x-mixed-replace; boundary=b", parts("image/jpeg", hevc), "H.265"},
		{"WebP in parts", "multipart/x-mixed-replace; boundary=b", parts("image/webp", "RIFF\x10\x00\x00\x00WEBPVP8 ...."), "WebP"},
		{"MP4", "video/mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "MP4"},
		{"FLV", "video/x-flv", "FLV\x01\x05\x00\x00\x00\x09", "FLV"},
		{"HLS", "application/vnd.apple.mpegurl", "#EXTM3U\n#EXT-X-VERSION:3\n", "HLS"},
		{"MPEG-TS", "video/mp2t", ts, "MPEG transport stream"},
		{"WebP", "image/webp", "RIFF\x10\x00\x00\x00WEBPVP8 ....", "WebP"},
		{"GIF", "image/gif", "GIF89a\x10\x00\x10\x00", "GIF"},
		{"JSON", "application/json", `{"error": {"code": 7}}`, "JSON"},
		{"XML", "application/xml", "<?xml version=\"1.0\"?><ResponseStatus/>", "XML"},
		{"text", "text/plain", "Access denied", `starts with "Access d"`},
		{"a player", "text/html; charset=utf-8", "\r\n\r\n  <HTML><img src=/stream></HTML>", "web page"},
	} {
		for _, stays := range []bool{false, true} { // the connection
			t.Run(fmt.Sprint(tt.name, " ", stays), func(t *testing.T) {
				t.Parallel()
				url := raw(t, func(c net.Conn, request func() string) {
					request()
					fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n%s", tt.kind, tt.body)
					if stays {
						_, _ = io.Copy(io.Discard, c)
					}
				})
				begin := time.Now()
				_, err := Open(t.Context(), Options{URL: url, Timeout: 300 * time.Millisecond})
				if err == nil || !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "no frame") {
					t.Errorf("%v after %v, want %q", err, time.Since(begin), tt.text)
				}
			})
		}
	}
}

// An answer in which nothing comes, or nothing that is recognised, is named before the timeout.
func TestNothing(t *testing.T) {
	for name, tt := range map[string]struct{ answer, drip, text string }{
		"nothing":    {"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n", "", "nothing follows"},
		"drip":       {"HTTP/1.1 200 OK\r\nContent-Type: video/mjpeg\r\n\r\n", "abc ", `starts with "abc abc`},
		"blank":      {"HTTP/1.1 200 OK\r\n\r\n", "\r\n", "nothing follows"},
		"boundaries": {"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := raw(t, func(c net.Conn, request func() string) {
				request()
				_, err := io.WriteString(c, tt.answer)
				for err == nil && tt.drip != "" {
					_, err = io.WriteString(c, tt.drip)
					time.Sleep(20 * time.Millisecond)
				}
				_, _ = io.Copy(io.Discard, c)
			})
			_, err := Open(t.Context(), Options{URL: url, Timeout: time.Second})
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v, want %q", err, tt.text)
			}
		})
	}
}

// Memory and time are bounded, whatever comes.
func TestHostile(t *testing.T) {
	p := string(jpegOf(t, 16, 8))
	for name, tt := range map[string]struct{ head, forever string }{
		"endless head":       {"HTTP/1.1 200 OK\r\n", "A: b\r\n"},
		"endless blank":      {"", "\r\n"},
		"endless rubbish":    {"HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("\x00\xFF", 512)},
		"endless picture":    {"HTTP/1.1 200 OK\r\n\r\n" + p[:300], strings.Repeat("x", 1024)},
		"endless part":       {"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary=b\r\n\r\n--b\r\n\r\n", strings.Repeat("x", 1024)},
		"endless refusal":    {"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n", strings.Repeat("x", 1024)},
		"bomb":               {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "\x1f\x8b"},
		"redirect to itself": {"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := raw(t, func(c net.Conn, request func() string) {
				for request() != "" {
					_, err := io.WriteString(c, tt.head)
					for err == nil && tt.forever != "" {
						_, err = io.WriteString(c, tt.forever)
					}
				}
			})
			begin := time.Now()
			_, err := Open(t.Context(), Options{URL: url, Username: "ann", Password: "s3cret", MaxBytes: 64 << 10, Timeout: time.Second})
			if err == nil || time.Since(begin) > 30*time.Second {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
		})
	}
}

// Compressed pictures are unpacked, whether the header says so or not.
func TestCompressed(t *testing.T) {
	p := jpegOf(t, 16, 8)
	pack := func(w func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		z := w(&b)
		_, _ = z.Write(p)
		_ = z.Close()
		return b.String()
	}
	zipped := pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	for encoding, body := range map[string]string{
		"gzip": zipped, "x-gzip": zipped, "": zipped, "identity": string(p), "gzip, but not": string(p),
		"deflate": pack(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }),
		"Deflate": pack(func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 1); return z }),
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			_, _ = io.WriteString(w, body)
		})
		t.Run(encoding, func(t *testing.T) { readGood(t, Options{URL: s.URL}, 3, p) })
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = io.WriteString(w, "\x0b\x02\x80")
	})
	if _, err := Open(t.Context(), Options{URL: s.URL}); err == nil || !strings.Contains(err.Error(), "compressed (br)") {
		t.Errorf("br: %v", err)
	}
}

// An answer without a picture now and then, or a connection that was closed, costs no frame.
func TestHiccups(t *testing.T) {
	p := jpegOf(t, 16, 8)
	ok := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(p), p)
	for name, odd := range map[string]string{
		"empty":         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"empty, closed": "HTTP/1.1 200 OK\r\n\r\n",
		"cut":           ok[:len(ok)-100],
		"closed":        "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			url := raw(t, func(c net.Conn, request func() string) {
				for request() != "" {
					if n++; n%3 == 2 {
						_, _ = io.WriteString(c, odd)
						return
					}
					_, _ = io.WriteString(c, ok)
				}
			})
			readGood(t, Options{URL: url}, 9, p)
		})
	}
}

// PNG stills and streams.
func TestPNG(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 5, 4))); err != nil {
		t.Fatal(err)
	}
	pic := b.String()
	for name, v := range map[string]variant{
		"stream":                  {answers: []string{"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary=b\r\n\r\n"}, part: part("--b", []byte(pic))},
		"no length":               {answers: []string{"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary=b\r\n\r\n"}, part: "--b\r\n\r\n" + pic + "\r\n"},
		"other boundary":          {answers: []string{"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary=c\r\n\r\n"}, part: "--b\r\n\r\n" + pic + "\r\n"},
		"length too short":        {answers: []string{"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary=b\r\n\r\n"}, part: "--b\r\nContent-Length: 20\r\n\r\n" + pic + "\r\n"},
		"still":                   {answers: []string{"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + pic}},
		"still, length too short": {answers: []string{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + pic}},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := Open(t.Context(), Options{URL: raw(t, serveVariant(v)), Interval: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			for i := range 5 {
				var f capture.Frame
				if err := src.Read(t.Context(), &f); err != nil || f.Format != capture.Packed(capture.RGB24, 5, 4) {
					t.Fatalf("frame %d: %v, %v", i, f.Format, err)
				}
			}
		})
	}
}
