package evaluate

import (
	"bytes"
	"context"
	"errors"
	"image/draw"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/inceptiond/inceptiond/infer"
)

// TestHTMLEscapes: names of pictures, classes and models are text, whatever they hold, and the page is whole.
func TestHTMLEscapes(t *testing.T) {
	const evil = `"><script>alert('1')</script><img src=x onerror=alert(1)>&amp;`
	s := Subject{Name: "model " + evil, SHA256: evil, Engine: evil, Kernels: evil, Labels: infer.Labels{evil, "b" + evil}, Classes: 2, Probabilities: true}
	other := s
	other.Name = "another " + evil
	answer := func(context.Context, []byte) ([]Answer, error) {
		return []Answer{{Scores: []float32{.2, .8}}, {Scores: []float32{.9, .1}}}, nil
	}
	pictures := slices.Values([]Picture{
		{Name: evil, Class: evil, Read: func() ([]byte, error) { return nil, nil }},
		{Name: "gone" + evil, Class: evil, Read: func() ([]byte, error) { return nil, errors.New(evil) }},
	})
	r, err := Run(t.Context(), []Subject{s, other}, pictures, answer, Options{Program: evil, Source: evil, Settings: []string{evil}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteHTML(&b, func([]byte, func(draw.Image)) ([]byte, error) { return []byte("jpeg"), nil }); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	var open []string
	for z := html.NewTokenizer(&b); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Fatalf("%v, open are %v", z.Err(), open)
			}
			if seen["img"] == 0 || seen["table"] == 0 || seen["svg"] == 0 || seen["h1"] != 2 {
				t.Errorf("the page lacks something: %v", seen)
			}
			return
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			token := z.Token()
			seen[token.Data]++
			open = follow(t, open, kind, token)
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" && !strings.HasPrefix(a.Val, "data:image/jpeg;base64,") {
					t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
				}
				if token.Data == "img" && a.Key == "alt" && !strings.Contains(a.Val, evil) {
					t.Errorf("alt text %q", a.Val)
				}
			}
			if slices.Contains([]string{"script", "link", "iframe", "a"}, token.Data) {
				t.Errorf("there is a <%s>", token.Data)
			}
		}
	}
}

// follow holds the elements that are open to what HTML wants.
func follow(t *testing.T, open []string, kind html.TokenType, token html.Token) []string {
	t.Helper()
	empty := slices.Contains([]string{"meta", "img", "br"}, token.Data)
	switch {
	case kind == html.StartTagToken && !empty:
		return append(open, token.Data)
	case kind == html.EndTagToken:
		if n := len(open); n == 0 || open[n-1] != token.Data {
			t.Fatalf("</%s> in %v", token.Data, open)
		}
		return open[:len(open)-1]
	}
	return open
}

// TestWriteErrors: an error of the writer comes back, from either report.
func TestWriteErrors(t *testing.T) {
	r := report(t, Options{}, []Subject{pets("a"), pets("b")}, ten...)
	full := errors.New("disk full")
	for n := range 3 {
		if err := r.WriteHTML(&failing{n * 5000, full}, nil); !errors.Is(err, full) {
			t.Errorf("HTML after %d bytes: %v", n*5000, err)
		}
		if err := r.WriteText(&failing{n * 200, full}); !errors.Is(err, full) {
			t.Errorf("text after %d bytes: %v", n*200, err)
		}
	}
}

// failing fails after some bytes.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}
