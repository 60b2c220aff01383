package service

import (
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// buildMetrics takes the address where metrics are to be had, if it is another one than now.
func (b *builder) buildMetrics(next *parts) (err error) {
	o, old := next.plan.Metrics, b.old.plan.Metrics
	if o.Listen != old.Listen {
		next.metrics, err = metrics.Listen(o.Listen)
	}
	return err
}

// tellMetrics replaces who tells metrics, if other ones are wanted than old's.
func (s *Service) tellMetrics(old *parts) {
	o := s.parts.plan.Metrics
	if o == old.plan.Metrics {
		return
	}
	before := s.metrics
	s.metrics = nil
	l := s.parts.metrics
	s.parts.metrics = nil
	s.out.replace(before, func() (publish.Publisher, error) {
		if o.Listen == "" && o.TextFile == "" {
			return nil, nil
		}
		if l == nil { // the address is the one that was just given up
			var err error
			if l, err = metrics.Listen(o.Listen); err != nil {
				s.log.Error("metrics are not served", zap.Error(err))
			}
		}
		o.Version = s.options.Version
		s.metrics = metrics.Open(o, l, s, s.log.Named("metrics"))
		return s.metrics, nil
	})
}
