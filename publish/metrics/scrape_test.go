package metrics

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// fruit is two figures.
func fruit() *figures {
	f := &figures{}
	for _, name := range []string{"pears", "apples"} {
		f.value(Metric{Name: name, Type: "gauge", Help: "Fruit."}, 3)
	}
	return f
}

func TestAnswer(t *testing.T) {
	const apples, pears = "# HELP apples Fruit.\n# TYPE apples gauge\napples 3\n", "# HELP pears Fruit.\n# TYPE pears gauge\npears 3\n"
	for _, c := range []struct {
		name  string
		query string
		gzip  bool
		full  bool // others are being answered
		code  int
		body  string
	}{
		{name: "all", code: http.StatusOK, body: apples + pears},
		{name: "compressed", gzip: true, code: http.StatusOK, body: apples + pears},
		{name: "some", query: "?name[]=pears&name[]=plums", code: http.StatusOK, body: pears},
		{name: "too many ask", full: true, code: http.StatusServiceUnavailable, body: "too many ask at once, try again later\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scrape{fruit, zap.NewNop(), make(chan struct{}, 1)}
			if c.full {
				s.places <- struct{}{}
			}
			request := httptest.NewRequest(http.MethodGet, "/metrics"+c.query, nil)
			if c.gzip {
				request.Header.Set("Accept-Encoding", "deflate, gzip;q=1.0")
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, request)
			if w.Code != c.code || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
				t.Errorf("%d %v (want %d)", w.Code, w.Header(), c.code)
			}
			if got := content(t, w); got != c.body {
				t.Errorf("%q (want %q)", got, c.body)
			}
			if !c.full && len(s.places) != 0 {
				t.Error("its place stays taken")
			}
		})
	}
}

// content is the body of an answer as it was before it was compressed.
func content(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.String()
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
