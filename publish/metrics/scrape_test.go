package metrics

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// figures are two, or none; err is about what cannot be told.
type figures struct {
	none bool
	err  error
}

func (f figures) Gather() ([]*dto.MetricFamily, error) {
	if f.none {
		return nil, f.err
	}
	r := prometheus.NewRegistry()
	for _, name := range []string{"apples", "pears"} {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: "Fruit."}, func() float64 { return 3 }))
	}
	families, err := r.Gather()
	return families, errors.Join(err, f.err)
}

func TestAnswer(t *testing.T) {
	const apples, pears = "# HELP apples Fruit.\n# TYPE apples gauge\napples 3\n", "# HELP pears Fruit.\n# TYPE pears gauge\npears 3\n"
	odd := errors.New("an odd pear")
	for _, c := range []struct {
		name    string
		figures figures
		query   string
		gzip    bool
		full    bool // others are being answered
		code    int
		body    string
		warns   int
	}{
		{name: "all", code: http.StatusOK, body: apples + pears},
		{name: "compressed", gzip: true, code: http.StatusOK, body: apples + pears},
		{name: "some", query: "?name[]=pears&name[]=plums", code: http.StatusOK, body: pears},
		{name: "not all can be told", figures: figures{err: odd}, code: http.StatusOK, body: apples + pears, warns: 1},
		{name: "none can be told", figures: figures{none: true, err: odd}, gzip: true, code: http.StatusInternalServerError, body: "an odd pear\n", warns: 1},
		{name: "too many ask", full: true, code: http.StatusServiceUnavailable, body: "too many ask at once, try again later\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			core, log := observer.New(zapcore.WarnLevel)
			s := &scrape{c.figures, zap.New(core), make(chan struct{}, 1)}
			if c.full {
				s.places <- struct{}{}
			}
			request := httptest.NewRequest(http.MethodGet, "/metrics"+c.query, nil)
			if c.gzip {
				request.Header.Set("Accept-Encoding", "deflate, gzip;q=1.0")
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, request)
			if w.Code != c.code || log.Len() != c.warns || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
				t.Errorf("%d %v, %d warnings (want %d, %d)", w.Code, w.Header(), log.Len(), c.code, c.warns)
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
