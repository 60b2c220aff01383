package metrics

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/zap"
)

// scrape answers with figures in Prometheus's text format, which all that scrape can read. What package promhttp adds to
// this, older formats and wrappers of handlers, is 0.1 MB of program.
type scrape struct {
	figures prometheus.Gatherer
	log     *zap.Logger
	places  chan struct{} // as many as may be answered at once
}

// ServeHTTP answers with those figures that parameters name[] list, or with all. Figures that cannot be had are said in the log,
// and left out.
func (s *scrape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		http.Error(w, "too many ask at once, try again later", http.StatusServiceUnavailable)
		return
	}
	families, err := s.figures.Gather()
	if err != nil {
		s.log.Warn("some metrics cannot be told", zap.Error(err))
		if len(families) == 0 {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	out := io.Writer(w)
	w.Header().Set("Content-Type", string(expfmt.NewFormat(expfmt.TypeTextPlain)))
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		out = z
	}
	names := r.URL.Query()["name[]"]
	for _, family := range families {
		if len(names) > 0 && !slices.Contains(names, family.GetName()) {
			continue
		}
		if _, err := expfmt.MetricFamilyToText(out, family); err != nil {
			s.log.Debug("metrics were not read to the end", zap.Error(err))
			return
		}
	}
}
