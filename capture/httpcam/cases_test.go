package httpcam

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/internal/testing/casecamera"
)

// raw is a camera that answers with bytes: each function serves one connection.
func raw(t *testing.T, serve func(c net.Conn, request func() string)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c, func() string { return readRequest(c) })
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// readRequest returns a request's head; empty at the end of the connection.
func readRequest(c net.Conn) string {
	var b []byte
	for one := make([]byte, 1); !bytes.HasSuffix(b, []byte("\r\n\r\n")); b = append(b, one[0]) {
		if _, err := c.Read(one); err != nil {
			return ""
		}
	}
	return string(b)
}

// samePicture compares a frame with a picture, sample by sample.
func samePicture(t *testing.T, f *capture.Frame, want []byte) {
	t.Helper()
	var got, picture jpeg.Image
	if err := new(jpeg.Decoder).Decode(&got, f.Pix, 1); err != nil {
		t.Fatal(err)
	}
	if err := new(jpeg.Decoder).Decode(&picture, want, 1); err != nil {
		t.Fatal(err)
	}
	for i := range got.Components {
		if !bytes.Equal(got.Planes[i].Pix, picture.Planes[i].Pix) {
			t.Fatalf("plane %d differs", i)
		}
	}
}

// readGood reads n frames, of which none may be bad, and compares them.
func readGood(t *testing.T, o Options, n int, want []byte) {
	t.Helper()
	if o.Interval == 0 {
		o.Interval = 2 * time.Millisecond
	}
	src, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for i := range n {
		var f capture.Frame
		if err := src.Read(t.Context(), &f); err != nil {
			t.Fatalf("frame %d: %v", i+1, err)
		}
		samePicture(t, &f, want)
	}
}

// Every file of the shared cases.
func TestCases(t *testing.T) {
	url, names := casecamera.Start(t, 2*time.Millisecond)
	for _, name := range append(names, "digest") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{URL: url + "/" + name}
			if name == "digest" {
				o.Username, o.Password = "admin", "secret"
			}
			if name == "stream-of-h264" {
				begin := time.Now()
				_, err := Open(t.Context(), o)
				if err == nil || !strings.Contains(err.Error(), "H.264") || !strings.Contains(err.Error(), "source: rtsp") || time.Since(begin) > 5*time.Second {
					t.Errorf("%v after %v", err, time.Since(begin))
				}
				return
			}
			readGood(t, o, 10, casecamera.Clean(t))
		})
	}
}

// variant is a way to send pictures, from the start of the first answer on.
type variant struct {
	name    string
	answers []string // of a connection, one a request; then it is closed. The last may be a stream: see part
	part    string   // repeated behind the last answer, until the client leaves
}

func variants(p []byte) []variant {
	pic := string(p)
	bare := pic[:len(pic)-2] // without end marker
	sized := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	ok := "HTTP/1.1 200 OK\r\n"
	multi := ok + "Content-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"
	part := "--b0und\r\nContent-Type: image/jpeg\r\n" + sized(len(pic)) + "\r\n" + pic + "\r\n"
	still := func(head, body string) []string { return []string{head + "\r\n" + body} }
	lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	with := func(length, behind string) string {
		return "--b0und\r\nContent-Type: image/jpeg\r\n" + length + "\r\n" + behind + "\r\n"
	}
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	comment := func(text string) string { // in the picture's header
		return pic[:2] + "\xFF\xFE" + string([]byte{byte((len(text) + 2) >> 8), byte(len(text) + 2)}) + text + pic[2:]
	}
	return []variant{
		{"stream", []string{multi}, part},
		{"line feeds", []string{lf(multi)}, lf("--b0und\r\nContent-Type: image/jpeg\r\n"+sized(len(pic))+"\r\n") + pic + "\n"},
		{"line feeds, no length", []string{lf(multi)}, lf("--b0und\r\nContent-Type: image/jpeg\r\n\r\n") + pic + "\n"},
		{"HTTP/1.0", []string{"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=--b0und\r\n\r\n"}, part},
		{"ICY", []string{"ICY 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=--b0und\r\n\r\n"}, part},
		{"no reason", []string{"HTTP/1.1 200\r\nContent-Type: multipart/x-mixed-replace;boundary=b0und\r\n\r\n"}, part},
		{"lower case", []string{"http/1.1 200 ok\r\ncontent-type: MULTIPART/X-Mixed-Replace; BOUNDARY=b0und\r\n\r\n"}, part},
		{"HTTP/2 on the line", []string{"HTTP/2 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"folded header", []string{ok + "Content-Type: multipart/x-mixed-replace;\r\n boundary=b0und\r\n\r\n"}, part},
		{"stream with a length", []string{ok + "Content-Length: 0\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"stream with the length of a picture", []string{ok + sized(len(pic)) + "Content-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"stream with the length of a few", []string{ok + sized(4*len(pic)) + "Content-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"chunked", []string{ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, chunk(part[:100]) + chunk(part[100:])},
		{"chunked, HTTP/1.0", []string{"HTTP/1.0 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, chunk(part)},
		{"chunked, but not", []string{ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"a header without a status", []string{"Content-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"only a status", []string{"200 OK\r\n\r\n"}, part},
		{"carriage returns", []string{multi}, "\r--b0und\rContent-Type: image/jpeg\r\r" + pic + "\r"},
		{"junk before each picture", []string{multi}, with("", "\x00\x00\x00junk"+pic)},
		{"junk behind each picture", []string{multi}, with("", pic+"\xFF\xFF junk \xFF\xD9")},
		{"epilogue each time", []string{multi}, part + "--b0und--\r\nthat was it\r\n"},
		{"boundary of dashes", []string{ok + "Content-Type: multipart/x-mixed-replace; boundary=--\r\n\r\n"}, "----" + part[7:]},
		{"two headers", []string{multi}, with("", "Content-Length: 3\r\n\r\n"+pic)},
		{"folded part header", []string{multi}, "--b0und\r\nContent-Length:\r\n 17\r\nContent-Type: image/jpeg;\r\n x=y\r\n\r\n" + pic + "\r\n"},
		{"a second, smaller picture in each part", []string{multi}, with(sized(2*len(pic)-10), pic+pic[:len(pic)-10])},
		{"preamble", []string{multi + "This is a multipart message.\r\n-- for your eyes --\r\n\r\n"}, part},
		{"no part header", []string{multi}, "--b0und\r\n\r\n" + pic + "\r\n"},
		{"no part header, no blank line", []string{multi}, "--b0und\r\n" + pic + "\r\n"},
		{"no blank line behind the part header", []string{multi}, "--b0und\r\nContent-Type: image/jpeg\r\n" + pic + "\r\n"},
		{"part header behind a blank line", []string{multi}, "--b0und\r\n\r\nContent-Type: image/jpeg\r\n\r\n" + pic + "\r\n"},
		{"no line break before the boundary", []string{multi}, part[:len(part)-2]},
		{"no boundary announced", []string{ok + "Content-Type: multipart/x-mixed-replace\r\n\r\n"}, part},
		{"another boundary", []string{ok + "Content-Type: multipart/x-mixed-replace; boundary=other\r\n\r\n"}, part},
		{"another boundary, length too large", []string{ok + "Content-Type: multipart/x-mixed-replace; boundary=other\r\n\r\n"}, with(sized(len(pic)+100), pic)},
		{"closing boundary each time", []string{multi}, part + "--b0und--\r\n"},
		{"no boundary at all", []string{multi}, "Content-Type: image/jpeg\r\n" + sized(len(pic)) + "\r\n" + pic + "\r\n"},
		{"pictures one after the other", []string{ok + "Content-Type: video/x-motion-jpeg\r\n\r\n"}, pic},
		{"pictures and blank lines", []string{ok + "\r\n"}, pic + "\r\n\r\n"},
		{"nothing but pictures", []string{""}, pic},
		{"nothing but parts", []string{""}, part},
		{"length too short", []string{multi}, with(sized(len(pic)-100), pic)},
		{"length one too short", []string{multi}, with(sized(len(pic)-1), pic)},
		{"length too large", []string{multi}, with(sized(len(pic)+9), pic)},
		{"length much too large", []string{multi}, with(sized(1<<20), pic)},
		{"length beyond all", []string{multi}, with("Content-Length: 99999999999999999999\r\n", pic)},
		{"length negative", []string{multi}, with("Content-Length: -1\r\n", pic)},
		{"length with a unit", []string{multi}, with(fmt.Sprintf("Content-Length: %d bytes\r\n", len(pic)), pic)},
		{"two lengths", []string{multi}, with(sized(17)+sized(len(pic)), pic)},
		{"no end marker", []string{multi}, with(sized(len(bare)), bare)},
		{"no end marker, length too short", []string{multi}, with(sized(len(bare)-50), bare)},
		{"no end marker, length too large", []string{multi}, with(sized(len(bare)+20), bare)},
		{"no end marker, no length", []string{multi}, with("", bare)},
		{"no end marker, another boundary", []string{ok + "Content-Type: multipart/x-mixed-replace; boundary=other\r\n\r\n"}, with("", bare)},
		{"no end marker, one after the other", []string{ok + "\r\n"}, bare},
		{"padding", []string{multi}, with(sized(len(pic)+512), pic+strings.Repeat("\x00", 512))},
		{"padding, no length", []string{multi}, with("", pic+strings.Repeat("\x00", 512))},
		{"boundary in the picture", []string{multi}, with(sized(len(pic)+4+22), comment("\r\n--b0und\r\nContent-X:\r\n"))},
		{"boundary in the picture, no length", []string{multi}, with("", comment("\r\n--b0und\r\nContent-X:\r\n"))},
		{"boundary in quotes with a semicolon", []string{ok + `Content-Type: multipart/x-mixed-replace; boundary="b0;und"` + "\r\n\r\n"}, strings.Replace(part, "b0und", "b0;und", 1)},
		{"empty parts between", []string{multi}, "--b0und\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n\r\n" + part},
		{"sound between", []string{multi}, "--b0und\r\nContent-Type: audio/basic\r\nContent-Length: 7\r\n\r\n\x00\x01ab\n--\r\n" + part},
		{"events between", []string{multi}, "--b0und\r\nContent-Type: text/plain\r\n\r\nmotion=1\r\n" + part},
		{"blank lines before", []string{"\r\n\n" + multi}, part},
		{"interim answer", []string{"HTTP/1.1 100 Continue\r\n\r\n" + multi}, part},
		{"names with blanks", []string{"HTTP/1.1 200 OK\r\nServer : x\r\nContent-Type : multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"control characters", []string{"HTTP/1.1 200 OK\r\nServer: x\x01\x00y\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},
		{"unknown transfer encoding", []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Type: multipart/x-mixed-replace; boundary=b0und\r\n\r\n"}, part},

		{"still", still(ok+"Content-Type: image/jpeg\r\n"+sized(len(pic)), pic), ""},
		{"still, kept", []string{ok + sized(len(pic)) + "\r\n" + pic, ok + sized(len(pic)) + "\r\n" + pic, ok + sized(len(pic)) + "\r\n" + pic}, ""},
		{"still, blank lines behind", []string{ok + sized(len(pic)) + "\r\n" + pic + "\r\n", ok + sized(len(pic)) + "\r\n" + pic + "\r\n"}, ""},
		{"still, no length", still(ok+"Content-Type: image/jpeg\r\n", pic), ""},
		{"still, length too short", still(ok+sized(len(pic)-200), pic), ""},
		{"still, length one too short", still(ok+sized(len(pic)-1), pic), ""},
		{"still, length too large", still(ok+sized(len(pic)+200), pic), ""},
		{"still, length 0", still(ok+sized(0), pic), ""},
		{"still, length no number", still(ok+"Content-Length: many\r\n", pic), ""},
		{"still, two lengths", still(ok+sized(5)+sized(len(pic)), pic), ""},
		{"still, the same length twice", still(ok+sized(len(pic))+sized(len(pic)), pic), ""},
		{"still, chunked", []string{ok + "Transfer-Encoding: chunked\r\n\r\n" + chunk(pic[:99]) + chunk(pic[99:]) + "0\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n" + chunk(pic) + "0\r\n\r\n"}, ""},
		{"still, HTTP/1.0", still("HTTP/1.0 200 OK\r\n", pic), ""},
		{"still, ICY", still("ICY 200 OK\r\n", pic), ""},
		{"still, line feeds", []string{"HTTP/1.1 200 OK\nContent-Type: image/jpeg\n\n" + pic}, ""},
		{"still, no end marker", still(ok+sized(len(bare)), bare), ""},
		{"still, no end marker, no length", still(ok, bare), ""},
		{"still in one part", still(ok+"Content-Type: multipart/x-mixed-replace; boundary=b0und\r\n", part+"--b0und--\r\n"), ""},
		{"still of another kind", still(ok+"Content-Type: multipart/form-data; boundary=b0und\r\n"+sized(len(pic)), pic), ""},
		{"still as a web page", still(ok+"Content-Type: text/html; charset=utf-8\r\n"+sized(len(pic)), pic), ""},
		{"still, rubbish for a type", still(ok+"Content-Type: ;;=\r\n"+sized(len(pic)), pic), ""},
		{"still, blank lines before the picture", still(ok+sized(len(pic)+4), "\r\n\r\n"+pic), ""},
		{"still, no blank line behind the header", []string{ok + "Server: x\r\n" + pic}, ""},
		{"still, lines without a name", []string{ok + "Tue, 12 Jun 2012 01:56:34 GMT\r\n\tfolded\r\nnothing\r\n: x\r\n(a): b\r\n" + sized(len(pic)) + "\r\n" + pic}, ""},
		{"still, a mark of UTF-8 before", still(ok+"Content-Type: text/plain\r\n", "\xEF\xBB\xBF"+pic), ""},
		{"still, more behind it", still(ok+sized(len(pic)), pic+"<html>"), ""},
		{"still, chunked, but not", still(ok+"Transfer-Encoding: chunked\r\n", pic), ""},
		{"still, nothing else", []string{pic}, ""},
	}
}

// serveVariant answers as a variant says, and then closes.
func serveVariant(v variant) func(net.Conn, func() string) {
	return func(c net.Conn, request func() string) {
		for _, answer := range v.answers {
			if request() == "" {
				return
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
		for v.part != "" {
			if _, err := io.WriteString(c, v.part); err != nil {
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// texture is a JPEG with much to lose.
func texture(t testing.TB) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 96, 64))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i>>3 ^ i)
	}
	return encode(t, m)
}

func TestVariants(t *testing.T) {
	p := texture(t)
	for _, v := range variants(p) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			readGood(t, Options{URL: raw(t, serveVariant(v)), Timeout: 20 * time.Second}, 7, p)
		})
	}
}
