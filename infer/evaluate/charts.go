package evaluate

import (
	"fmt"
	"strings"
)

// The area of a chart, in its own units: from 0 to 1 on both axes, with room for the numbers at them.
const (
	chartWidth, chartHeight = 420.0, 260.0
	chartLeft, chartTop     = 44.0, 10.0
	plotWidth, plotHeight   = 360.0, 206.0
)

// at is a point of the chart as SVG has it.
func at(x, y float64) string {
	return fmt.Sprintf("%.1f,%.1f", chartLeft+x*plotWidth, chartTop+(1-y)*plotHeight)
}

// beginChart writes the axes of a chart: shares by what lies between 0 and most.
func (p *page) beginChart(title, across string, most float64) {
	p.put("<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n", chartWidth, chartHeight, title)
	for i := range 5 {
		v := float64(i) / 4
		y, x := chartTop+(1-v)*plotHeight, chartLeft+v*plotWidth
		p.put("<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" y=\"%.1f\" class=\"end\">%.0f %%</text>",
			chartLeft, y, chartLeft+plotWidth, y, chartLeft-6, y+4, 100*v)
		p.put("<text x=\"%.1f\" y=\"%.1f\" class=\"middle\">%s</text>\n", x, chartTop+plotHeight+16, fmt.Sprintf("%.2g", most*v))
	}
	p.put("<text x=\"%.1f\" y=\"%.1f\" class=\"middle\">%s</text>\n", chartLeft+plotWidth/2, chartHeight-6, across)
}

// curve is a line through points.
func (p *page) curve(class string, points []string) {
	if len(points) > 0 {
		p.put("<polyline class=\"%s\" points=\"%s\"/>\n", class, strings.Join(points, " "))
	}
}

// thresholds draws what a threshold does, and says which one to take.
func (p *page) thresholds(list []AtThreshold, suggested *AtThreshold) {
	if len(list) == 0 {
		return
	}
	p.put("<section><h2>Which threshold?</h2>\n<p class=\"verdict\">%s</p>\n", suggestion(list, suggested))
	var precision, recall, band, back []string
	for _, a := range list {
		recall = append(recall, at(a.Threshold, a.Recall.Share))
		if a.Precision.Of > 0 {
			precision = append(precision, at(a.Threshold, a.Precision.Share))
			band, back = append(band, at(a.Threshold, a.Precision.High)), append(back, at(a.Threshold, a.Precision.Low))
		}
	}
	for i := range back {
		band = append(band, back[len(back)-1-i])
	}
	p.put("<figure>")
	p.beginChart("Precision and recall by threshold; the table below has the numbers", "threshold", 1)
	p.put("<polygon class=\"band\" points=\"%s\"/>\n", strings.Join(band, " "))
	p.curve("recall", recall)
	p.curve("precision", precision)
	if suggested != nil {
		p.mark(suggested.Threshold)
	}
	p.put("</svg>\n<figcaption><span class=\"key precision\">right when said, with its interval (precision)</span> <span class=\"key recall\">found (recall)</span></figcaption></figure>\n")
	p.thresholdTable(list)
	p.put("</section>\n")
}

// mark draws a line down the chart.
func (p *page) mark(x float64) {
	x = chartLeft + x*plotWidth
	p.put("<line class=\"mark\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x, chartTop, x, chartTop+plotHeight)
}

func (p *page) thresholdTable(list []AtThreshold) {
	none := list[0].None != nil
	p.put("<details><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"By threshold\"><table class=\"list\"><thead><tr><th scope=\"col\">threshold</th><th scope=\"col\">right when said</th><th scope=\"col\">found</th>")
	if none {
		p.put("<th scope=\"col\">none of them, and said so</th>")
	}
	p.put("</tr></thead><tbody>\n")
	for _, a := range list {
		p.put("<tr><th scope=\"row\">%.2f</th>", a.Threshold)
		shares := []Share{a.Precision, a.Recall}
		if none {
			shares = append(shares, *a.None)
		}
		for _, v := range shares {
			p.put("<td>%s <small>%d of %d</small></td>", rounded(v), v.Count, v.Of)
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div></details>\n")
}

// calibration draws how often the best class is right for each tenth of its score.
func (p *page) calibration(s *Result) {
	c := s.Calibration
	if c == nil {
		return
	}
	p.put("<section><h2>Can the scores be taken at their word?</h2>\n<p class=\"verdict\">%s</p>\n<figure>", trust(c))
	p.beginChart("How often the best class is right, by its score; the table below has the numbers", "score of the best class", 1)
	p.put("<polyline class=\"ideal\" points=\"%s %s\"/>\n", at(0, 0), at(1, 1))
	for _, b := range c.Bins {
		if b.Right.Of == 0 {
			continue
		}
		x, w := chartLeft+b.Low*plotWidth+3, (b.High-b.Low)*plotWidth-6
		y := func(v float64) float64 { return chartTop + (1-v)*plotHeight }
		p.put("<rect class=\"bin\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x, y(b.Right.Share), w, b.Right.Share*plotHeight)
		p.put("<line class=\"error\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x+w/2, y(b.Right.High), x+w/2, y(b.Right.Low))
	}
	p.put("</svg>\n<figcaption><span class=\"key precision\">right, with its interval</span> <span class=\"key ideal\">as often as the score says</span></figcaption></figure>\n")
	p.put("<details><summary>As a table</summary><table class=\"list\"><thead><tr><th scope=\"col\">score</th><th scope=\"col\">mean</th><th scope=\"col\">right</th></tr></thead><tbody>\n")
	for _, b := range c.Bins {
		if b.Right.Of > 0 {
			p.put("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s <small>%d of %d</small></td></tr>\n", fmt.Sprintf("%.1f to %.1f", b.Low, b.High),
				fmt.Sprintf("%.0f %%", 100*b.Score), rounded(b.Right), b.Right.Count, b.Right.Of)
		}
	}
	p.put("</tbody></table></details></section>\n")
}

// trust says in words how far scores can be trusted.
func trust(c *Calibration) string {
	const close = 0.05
	score, right, n := 0.0, 0, 0
	for _, b := range c.Bins {
		score += b.Score * float64(b.Right.Of)
		right, n = right+b.Right.Count, n+b.Right.Of
	}
	mean, share := score/float64(n), float64(right)/float64(n)
	off := fmt.Sprintf("%.0f points off on average", 100*c.Error)
	switch {
	case c.Error < close:
		return fmt.Sprintf("Yes: they are %s.", off)
	case mean > share+close:
		return fmt.Sprintf("It is surer than it should be: it says %.0f %% on average and is right in %.0f %%. Scores are %s.", 100*mean, 100*share, off)
	case mean < share-close:
		return fmt.Sprintf("It is right more often than it says: in %.0f %%, where it says %.0f %% on average. Scores are %s.", 100*share, 100*mean, off)
	}
	return fmt.Sprintf("Only roughly: scores are %s, some too high, some too low.", off)
}
