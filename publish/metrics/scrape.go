package metrics

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// scrape answers with figures.
type scrape struct {
	figures func() *figures
	log     *zap.Logger
	places  chan struct{} // as many as may be answered at once
}

// ServeHTTP answers with those figures that parameters name[] list, or with all.
func (s *scrape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		http.Error(w, "too many ask at once, try again later", http.StatusServiceUnavailable)
		return
	}
	out := io.Writer(w)
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		out = z
	}
	if err := s.figures().write(out, r.URL.Query()["name[]"]); err != nil {
		s.log.Debug("metrics were not read to the end", zap.Error(err))
	}
}
