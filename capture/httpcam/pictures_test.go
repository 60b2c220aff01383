package httpcam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inceptiond/inceptiond/capture"
)

// pictures reads an answer to its end: the bodies, "bad" for a bad one, and the error that ended it.
func pictures(r io.Reader, boundary string, limit int) (bodies []string, end error) {
	p := newReader(limit)
	p.reset(r, boundary)
	var buf []byte
	for range 2000 {
		var err error
		buf, err = p.next(buf)
		switch {
		case errors.Is(err, capture.ErrBadFrame):
			bodies = append(bodies, "bad")
		case err != nil:
			return bodies, err
		default:
			bodies = append(bodies, string(buf))
		}
	}
	return bodies, errors.New("no end")
}

// What is no JPEG is read by what surrounds it.
func TestReader(t *testing.T) {
	long := strings.Repeat("x\ny\r\n--z", 2000)
	png := "\x89PNG\r\n\x1a\n\n--b\n" + pngEnd
	tests := []struct {
		name, boundary, stream string
		want                   []string
		end                    error
	}{
		{"as in RFC 2046", "b", "preamble\r\n--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\nContent-Type: x/y\r\n\r\ntwo\r\n--b--\r\n", []string{"one", "two"}, io.EOF},
		{"no end", "b", "--b\r\ncontent-length:3\r\n\r\none\r\n", []string{"one"}, io.EOF},
		{"no lengths", "b", "--b\r\n\r\none\r\n\r\n--b\r\n\r\n\r\n--b--", []string{"one\r\n"}, io.EOF},
		{"dashes in the header too", "--b", "--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, io.EOF},
		{"no dashes in the body", "b", "b\r\nContent-Length: 3\r\n\r\none\r\nb\r\n\r\ntwo\r\nb\r\n", []string{"one", "two"}, io.EOF},
		{"more dashes in the body", "--b", "----b\r\n\r\none\r\n----b\r\n\r\ntwo\r\n----b--\r\n", []string{"one", "two"}, io.EOF},
		{"quotes", ` "b c"`, "--b c\r\n\r\none\r\n--b c--", []string{"one"}, io.EOF},
		{"no boundary known", "", "\r\n--what\r\nA: b\r\n\r\none\r\n--what\r\nContent-Length: 3\r\n\r\ntwo\r\n--what--", []string{"one", "two"}, io.EOF},
		{"bare line feeds", "b", "--b\nContent-Length: 3\n\none\n--b\n\ntwo\n--b--\n", []string{"one", "two"}, io.EOF},
		{"no line break before", "b", "--b\r\n\r\none--b\r\nContent-Length: 3\r\n\r\ntwo--b--\r\n", []string{"one", "two"}, io.EOF},
		{"length too small", "b", "--b\r\nContent-Length: 2\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"on", "two"}, io.EOF},
		{"length too large", "b", "--b\r\nContent-Length: 8\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\n\r\nsix\r\n--b--", []string{"one\r\n--b", "six"}, io.EOF},
		{"length is no number", "b", "--b\r\nContent-Length: -7\r\n\r\none\r\n--b\r\nContent-Length: x\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, io.EOF},
		{"long lines", "b", "--b\r\n\r\n" + long + "\r\n--b--", []string{long}, io.EOF},
		{"a PNG with a boundary in it", "b", fmt.Sprintf("--b\r\nContent-Length: %d\r\n\r\n", len(png)) + png + "\r\n--b\r\n\r\ntwo\r\n--b--", []string{png, "two"}, io.EOF},
		{"a PNG, no length", "b", "--b\r\n\r\n\x89PNG" + pngEnd + "\r\n--b\r\n\r\ntwo\r\n--b--", []string{"\x89PNG" + pngEnd, "two"}, io.EOF},
		{"cut in a header", "b", "--b\r\nContent-Le", nil, io.EOF},
		{"empty", "b", "", nil, io.EOF},
		{"blank", "b", "\r\n\r\n", nil, io.EOF},
		{"text", "", "hello", nil, errNoPicture},
		{"endless header", "b", "--b\r\n" + strings.Repeat("a: b\r\n", 5000) + "\r\n\r\n--b\r\n\r\ntwo\r\n--b--", []string{"bad", "two"}, io.EOF},
		{"too large", "b", "--b\r\nContent-Length: 99999\r\n\r\n" + long + long + "\r\n--b\r\n\r\n" + long + long + "\r\n--b\r\n\r\ntwo\r\n--b--", []string{"bad", "bad", "two"}, io.EOF},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.stream), iotest.OneByteReader(strings.NewReader(tt.stream))} {
			got, end := pictures(r, tt.boundary, len(long)+2)
			if !slices.Equal(got, tt.want) || !errors.Is(end, tt.end) {
				t.Errorf("%s: %.99q, %v; want %.99q, %v", tt.name, got, end, tt.want, tt.end)
			}
		}
	}
}

// A picture that is too large is one bad frame, and the next one is found: by its boundary, or where there is none, by its
// start.
func TestTooLarge(t *testing.T) {
	large, small := texture(t), jpegOf(t, 16, 8)
	limit := len(small) + 10
	for name, stream := range map[string]string{
		"parts":       part("--b", large) + part("--b", small) + part("--b", large) + part("--b", small),
		"no lengths":  "--b\r\n\r\n" + string(large) + "\r\n--b\r\n\r\n" + string(small) + "\r\n--b\r\n\r\n" + string(large) + "\r\n--b\r\n\r\n" + string(small),
		"no boundary": string(large) + string(small) + string(large) + string(small),
	} {
		got, end := pictures(strings.NewReader(stream), "b", limit)
		if want := []string{"bad", string(small), "bad", string(small)}; !slices.Equal(got, want) || end != io.EOF {
			t.Errorf("%s: %d pictures, %v", name, len(got), end)
		}
	}
}

// zeros never ends and never has a boundary.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReaderGivesUp(t *testing.T) {
	if _, end := pictures(zeros{}, "b", 100); !errors.Is(end, errNoPicture) {
		t.Errorf("a stream without boundary: %v", end)
	}
	if got, end := pictures(io.MultiReader(strings.NewReader("--b\r\n\r\nx"), zeros{}), "b", 100); len(got) != 1 || got[0] != "bad" || end == nil {
		t.Errorf("a part without end: %q, %v", got, end)
	}
	if got, end := pictures(io.MultiReader(bytes.NewReader(texture(t)[:500]), zeros{}), "b", 1000); len(got) != 1 || got[0] != "bad" || end == nil {
		t.Errorf("a picture without end: %q, %v", got, end)
	}
}

// A steady stream allocates nothing, whether parts have lengths or not.
func TestAllocations(t *testing.T) {
	p := texture(t)
	for name, part := range map[string]string{
		"lengths":    part("--b", p),
		"no lengths": "--b\r\nContent-Type: image/jpeg\r\n\r\n" + string(p) + "\r\n",
		"no parts":   string(p),
	} {
		r := newReader(1 << 20)
		r.reset(&repeat{data: part}, "b")
		buf := make([]byte, 0, 2*len(p))
		n := testing.AllocsPerRun(200, func() {
			var err error
			if buf, err = r.next(buf); err != nil || len(buf) != len(p) {
				t.Fatal(len(buf), err)
			}
		})
		if n > 2 { // the Content-Type of a part, and its Content-Length
			t.Errorf("%s: %v allocations a picture", name, n)
		}
	}
}

// repeat is data without end.
type repeat struct {
	data string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.data[r.at:])
	r.at = (r.at + n) % len(r.data)
	return n, nil
}

func FuzzReader(f *testing.F) {
	p := string(jpegOf(f, 8, 8))
	f.Add("b", []byte("--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"))
	f.Add("", []byte("--what\n\none--what\nContent-Length: 99\n\ntwo"))
	f.Add(`"--`, []byte("\r\n----\r\n\r\n\r\n--"))
	f.Add("b", []byte(part("--b", []byte(p))+"--other\r\n\r\n"+p[:len(p)-2]+"\r\n--b--\r\n"+p))
	f.Add("", []byte(p+p[:100]+p))
	f.Fuzz(func(t *testing.T, boundary string, stream []byte) {
		if len(stream) > 1<<16 || len(boundary) > 100 {
			return
		}
		const limit = 1000
		whole, end := pictures(bytes.NewReader(stream), boundary, limit)
		total := 0
		for _, body := range whole {
			total += len(body)
			if len(body) > limit {
				t.Fatalf("a body of %d bytes", len(body))
			}
		}
		if total > 3*len(stream)+3 {
			t.Fatalf("%d bytes out of %d", total, len(stream))
		}
		if end.Error() == "no end" {
			t.Fatal("no end")
		}
		if _, end2 := pictures(iotest.HalfReader(bytes.NewReader(stream)), boundary, limit); end2.Error() == "no end" {
			t.Fatal("no end in pieces")
		}
	})
}
