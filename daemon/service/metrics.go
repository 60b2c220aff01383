package service

import "fmt"

// buildMetrics opens the port for those who scrape. It comes last: if the old port has to make way, nothing else can fail
// any more.
func (b *builder) buildMetrics(next *parts) (err error) {
	listen := next.plan.Metrics.Listen
	switch {
	case listen == "":
	case b.old.scrapes.Has(listen):
		next.scrapes = b.old.scrapes
	default:
		next.scrapes, err = b.figures.Serve(listen, b.old.scrapes, limitRepeats(b.log.Named("metrics")))
	}
	return err
}

// countFigures has results counted while somebody may read the figures.
func (s *Service) countFigures(old *parts) {
	switch was, is := old.plan.Metrics.On(), s.parts.plan.Metrics.On(); {
	case is && !was:
		s.out.add(s.figures)
	case was && !is:
		s.out.remove(s.figures)
	}
}

// writeFigures has figures written to another file, or at another pace, if the parts want that.
func (s *Service) writeFigures(old *parts) {
	was, is := old.plan.Metrics, s.parts.plan.Metrics
	if was.TextFile == is.TextFile && was.Interval == is.Interval {
		return
	}
	s.leaveFile(was.TextFile != is.TextFile)
	if is.TextFile != "" {
		s.file = s.figures.WriteFile(is.TextFile, is.Interval, s.log.Named("metrics"))
	}
}

// leaveFile has no figures written any more. With remove the last ones go too.
func (s *Service) leaveFile(remove bool) {
	if s.file == nil {
		return
	}
	s.file.Close(remove)
	s.file = nil
}

// announceMetrics says where figures can be read, for people.
func announceMetrics(p *parts) (facts [][2]string) {
	if p.scrapes != nil {
		facts = append(facts, [2]string{"metrics", "http://" + p.scrapes.Addr() + "/metrics"})
	}
	if o := p.plan.Metrics; o.TextFile != "" {
		facts = append(facts, [2]string{"metrics", fmt.Sprintf("%s, every %v", o.TextFile, o.Interval)})
	}
	return facts
}
