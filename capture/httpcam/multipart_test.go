package httpcam

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inceptiond/inceptiond/capture"
)

// parts reads a stream to its end: the bodies, "bad" for a bad one, and the error that ended it.
func parts(r io.Reader, boundary string, limit int) (bodies []string, end error) {
	p := newPartReader(r, boundary, limit)
	var buf []byte
	for range 1000 {
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

func TestPartReader(t *testing.T) {
	long := strings.Repeat("x\ny\r\n--z", 2000)
	tests := []struct {
		name, boundary, stream string
		want                   []string
		end                    error
	}{
		{"as in RFC 2046", "b", "preamble\r\n--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\nContent-Type: x/y\r\n\r\ntwo\r\n--b--\r\n", []string{"one", "two"}, io.EOF},
		{"no end", "b", "--b\r\ncontent-length:3\r\n\r\none\r\n", []string{"one"}, io.EOF},
		{"no lengths", "b", "--b\r\n\r\none\r\n\r\n--b\r\n\r\n\r\n--b--", []string{"one\r\n", ""}, io.EOF},
		{"dashes in the header too", "--b", "--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, io.EOF},
		{"no dashes in the body", "b", "b\r\nContent-Length: 3\r\n\r\none\r\nb\r\n\r\ntwo\r\nb\r\n", []string{"one", "two"}, io.EOF},
		{"more dashes in the body", "--b", "----b\r\n\r\none\r\n----b\r\n\r\ntwo\r\n----b--\r\n", []string{"one", "two"}, io.EOF},
		{"quotes", ` "b c"`, "--b c\r\n\r\none\r\n--b c--", []string{"one"}, io.EOF},
		{"no boundary known", "", "\r\n--what\r\n\r\none\r\n--what\r\nContent-Length: 3\r\n\r\ntwo\r\n--what--", []string{"one", "two"}, io.EOF},
		{"bare line feeds", "b", "--b\nContent-Length: 3\n\none\n--b\n\ntwo\n--b--\n", []string{"one", "two"}, io.EOF},
		{"no line break before", "b", "--b\r\n\r\none--b\r\nContent-Length: 3\r\n\r\ntwo--b--\r\n", []string{"one", "two"}, io.EOF},
		{"length too small", "b", "--b\r\nContent-Length: 2\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"on", "two"}, io.EOF},
		{"length too large", "b", "--b\r\nContent-Length: 8\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\n\r\nsix\r\n--b--", []string{"one\r\n--b", "six"}, io.EOF},
		{"length is no number", "b", "--b\r\nContent-Length: -7\r\n\r\none\r\n--b\r\nContent-Length: x\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, io.EOF},
		{"long lines", "b", "--b\r\n\r\n" + long + "\r\n--b--", []string{long}, io.EOF},
		{"cut in a body", "b", "--b\r\nContent-Length: 9\r\n\r\none", nil, io.ErrUnexpectedEOF},
		{"cut in a body without length", "b", "--b\r\n\r\none", nil, io.ErrUnexpectedEOF},
		{"cut in a header", "b", "--b\r\nContent-Le", nil, io.EOF},
		{"empty", "b", "", nil, io.EOF},
		{"too large", "b", "--b\r\nContent-Length: 99999\r\n\r\none\r\n--b\r\n\r\n" + long + long + "\r\n--b\r\n\r\ntwo\r\n--b--", []string{"bad", "bad", "two"}, io.EOF},
		{"endless header", "b", "--b\r\n" + strings.Repeat("a: b\r\n", 5000) + "\r\n\r\n--b\r\n\r\ntwo\r\n--b--", []string{"bad", "two"}, io.EOF},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.stream), iotest.OneByteReader(strings.NewReader(tt.stream))} {
			got, end := parts(r, tt.boundary, len(long)+2)
			if !slices.Equal(got, tt.want) || !errors.Is(end, tt.end) {
				t.Errorf("%s: %.99q, %v; want %.99q, %v", tt.name, got, end, tt.want, tt.end)
			}
		}
	}
}

// zeros never ends and never has a boundary.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPartReaderGivesUp(t *testing.T) {
	if _, end := parts(zeros{}, "b", 100); end == nil || !strings.Contains(end.Error(), `no boundary "b"`) {
		t.Errorf("a stream without boundary: %v", end)
	}
	if got, end := parts(io.MultiReader(strings.NewReader("--b\r\n\r\n"), zeros{}), "b", 100); len(got) != 1 || got[0] != "bad" || end == nil {
		t.Errorf("a part without end: %q, %v", got, end)
	}
}

func FuzzPartReader(f *testing.F) {
	f.Add("b", []byte("--b\r\nContent-Length: 3\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"))
	f.Add("", []byte("--what\n\none--what\nContent-Length: 99\n\ntwo"))
	f.Add(`"--`, []byte("\r\n----\r\n\r\n\r\n--"))
	f.Fuzz(func(t *testing.T, boundary string, stream []byte) {
		if len(stream) > 1<<16 || len(boundary) > 100 {
			return
		}
		const limit = 1000
		whole, end := parts(bytes.NewReader(stream), boundary, limit)
		total := 0
		for _, body := range whole {
			total += len(body)
			if len(body) > limit {
				t.Fatalf("a body of %d bytes", len(body))
			}
		}
		if total > 3*len(stream) {
			t.Fatalf("%d bytes out of %d", total, len(stream))
		}
		again, end2 := parts(iotest.HalfReader(bytes.NewReader(stream)), boundary, limit)
		if !slices.Equal(whole, again) || end.Error() != end2.Error() {
			t.Fatalf("the same bytes in other pieces: %q, %v; %q, %v", whole, end, again, end2)
		}
	})
}
