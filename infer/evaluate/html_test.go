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
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
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
	seen := wholePage(t, &b, evil)
	if seen["img"] == 0 || seen["table"] == 0 || seen["svg"] == 0 || seen["h1"] != 2 {
		t.Errorf("the page lacks something: %v", seen)
	}
}

// TestHTMLEscapesTasks: so it is in the reports of other tasks.
func TestHTMLEscapesTasks(t *testing.T) {
	const evil = `"><script>alert('1')</script><img src=x onerror=alert(1)>&amp;`
	named := func(s Subject) Subject {
		s.Name, s.SHA256, s.Engine, s.Kernels = s.Name+evil, evil, evil, evil
		for i := range s.Labels {
			s.Labels[i] += evil
		}
		return s
	}
	o := Options{Program: evil, Source: evil, Settings: []string{evil}}
	detectors := o
	detectors.Classes = []truth.Class{{Name: "dog" + evil}, {Name: "cat" + evil}}
	two := scenes()
	for i := range two {
		two[i].Name += evil
		two[i].answers = append(two[i].answers, two[(i+1)%2].answers[0])
	}
	for name, r := range map[string]*Report{
		"objects": reportOf(t, detectors, []Subject{named(detector("a")), named(detector("b"))}, two...),
		"areas": reportOf(t, o, []Subject{named(segmenter("a")), named(segmenter("b"))},
			asked{masked(evil, 4, 0, 0, 1, 1, 0, 0, 1, truth.Void), []Answer{mapped(4, 0, 1, 1, 1, 0, 0, 0, 2), mapped(4, 0, 0, 1, 1, 0, 0, 1, 2)}}),
		"people": reportOf(t, o, []Subject{named(embedder("a", .36))}, faceOf("anna"+evil, 0, 0), faceOf("anna"+evil, 1, 40), faceOf("bert"+evil, 0, 45), faceOf("bert"+evil, 1, 50)),
	} {
		var b bytes.Buffer
		if err := r.WriteHTML(&b, func([]byte, func(draw.Image)) ([]byte, error) { return []byte("jpeg"), nil }); err != nil {
			t.Fatal(err)
		}
		if seen := wholePage(t, &b, evil); seen["img"] == 0 || seen["table"] == 0 || seen["h1"] != 2 {
			t.Errorf("%s: the page lacks something: %v", name, seen)
		}
	}
}

// wholePage holds a page to what HTML wants and to what is safe; each picture speaks of something. It counts the elements.
func wholePage(t *testing.T, page io.Reader, evil string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	var open []string
	for z := html.NewTokenizer(page); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Fatalf("%v, open are %v", z.Err(), open)
			}
			return seen
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
