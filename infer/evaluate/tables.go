package evaluate

import (
	"cmp"
	"fmt"
	"strings"
)

// confusions writes what is taken for what.
func (p *page) confusions(s *Result) {
	if len(s.Confusions) == 0 && s.Matrix == nil {
		return
	}
	p.put("<section><h2>What is taken for what</h2>\n")
	if n := min(len(s.Confusions), 10); n > 0 {
		p.put("<table class=\"list\"><caption>The most frequent confusions</caption>\n<thead><tr><th scope=\"col\">shows</th><th scope=\"col\">answer</th><th scope=\"col\" class=\"number\">times</th></tr></thead>\n<tbody>\n")
		for _, c := range s.Confusions[:n] {
			p.put("<tr><td>%s</td><td>%s</td><td class=\"number\">%d <small>of %d</small></td></tr>\n", cmp.Or(c.Class, nothing), cmp.Or(c.Answer, silence), c.Count, c.Of)
		}
		p.put("</tbody></table>\n")
	}
	if s.Matrix != nil {
		p.matrix(s.Matrix)
	}
	p.put("</section>\n")
}

// matrix writes the answers as a map: right ones on the diagonal.
func (p *page) matrix(m *Matrix) {
	p.put("<h3>All answers</h3>\n<p><small>A row for what pictures show, a column for what was said.</small></p>\n" +
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"All answers\"><table class=\"matrix\">\n<thead><tr><td></td>")
	for _, l := range m.Answers {
		p.put("<th scope=\"col\" title=\"%s\"><span>%s</span></th>", cmp.Or(l, silence), brief(l, silence))
	}
	p.put("</tr></thead>\n<tbody>\n")
	for i, row := range m.Counts {
		p.put("<tr><th scope=\"row\" title=\"%s\">%s</th>", cmp.Or(m.Classes[i], nothing), brief(m.Classes[i], nothing))
		all := 0
		for _, n := range row {
			all += n
		}
		for j, n := range row {
			switch {
			case n > 0:
				class := "off"
				if i == j {
					class = "on"
				}
				p.put("<td class=\"%s\" style=\"--v:%.0f%%\">%d</td>", class, 12+43*float64(n)/float64(all), n)
			case i == j:
				p.put("<td class=\"on\" style=\"--v:0%%\">0</td>")
			default:
				p.put("<td></td>")
			}
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div>\n")
}

// brief is a label in little room, the first of several names: "tabby, tabby cat"; without a label it is what else is said.
func brief(label, without string) string {
	first, _, _ := strings.Cut(label, ",")
	return cmp.Or(first, without)
}

// classes writes a row for each class that there are pictures of.
func (p *page) classes(s *Result) {
	list := shownClasses(s.ByClass)
	p.put("<section><h2>Class by class</h2>\n<p><b>Found</b>: of the pictures of a class, those that were called so (recall). " +
		"<b>Right when said</b>: of the answers with that name, the right ones (precision).</p>\n")
	const open = 40
	head := "div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Class by class\"><table class=\"classes\"><thead><tr><th scope=\"col\">class</th>" +
		"<th scope=\"col\">found</th><th scope=\"col\">right when said</th>"
	if s.Probabilities {
		head += "<th scope=\"col\" class=\"number\">95 % right from</th>"
	}
	p.list(len(list), open, head+"</tr></thead><tbody", "tbody></table></div", func(i int) {
		c := list[i]
		p.put("<tr><th scope=\"row\">%s</th>", c.Label)
		p.shareCell(c.Recall)
		p.shareCell(c.Precision)
		if s.Probabilities {
			p.suggestedCell(c.Suggested)
		}
		p.put("</tr>\n")
	})
	p.put("</section>\n")
}

// suggestedCell is a threshold in a table; nil: there is none.
func (p *page) suggestedCell(a *AtThreshold) {
	at := "–"
	if a != nil {
		at = fmt.Sprintf("%.2f", a.Threshold)
	}
	p.put("<td class=\"number\">%s</td>", at)
}

// shareCell is a share in a table.
func (p *page) shareCell(s Share) {
	if s.Of == 0 {
		p.put("<td>never said</td>")
		return
	}
	p.put("<td><span class=\"share\">%s <small>%d of %d</small></span> ", rounded(s), s.Count, s.Of)
	p.interval(s)
	p.put("</td>")
}

// comparison writes which of two subjects is better.
func (p *page) comparison(r *Report, i int) {
	c := &r.Comparisons[i]
	p.put("<section class=\"comparison\"><h2>%s against %s</h2>\n<p class=\"verdict\">%s</p>\n", c.First, c.Second, c.Verdict)
	switch {
	case c.ClassPair != nil:
		p.classPair(r, c, &r.Results[0], &r.Results[i+1])
	case c.Found != nil:
		p.matched(c)
	case c.Pixels != nil:
		p.pixels(c)
	}
	p.put("</section>\n")
}

// classPair writes how two classifiers differ.
func (p *page) classPair(r *Report, c *Comparison, first, second *Result) {
	if r.Judged {
		p.rightAlone(c, first, second)
	}
	if len(c.Differ) > 0 {
		p.put("<h3>Pictures with different answers</h3>\n")
		if c.Differing > len(c.Differ) {
			p.put("<p>%d of %d.</p>\n", len(c.Differ), c.Differing)
		}
		const open = 8
		p.list(len(c.Differ), open, `ul class="gallery"`, "ul", func(i int) { p.difference(r, c, &c.Differ[i]) })
	}
}

// rightAlone writes on how many pictures each of two alone is right.
func (p *page) rightAlone(c *Comparison, first, second *Result) {
	p.put("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Both\"><table class=\"classes\"><thead><tr><th scope=\"col\"></th><th scope=\"col\">answers right</th><th scope=\"col\" class=\"number\">right alone</th><th scope=\"col\" class=\"number\">ms</th></tr></thead>\n<tbody>\n")
	for _, row := range []struct {
		s    *Result
		only int
	}{{first, c.FirstOnly}, {second, c.SecondOnly}} {
		p.put("<tr><th scope=\"row\">%s</th>", row.s.Name)
		p.shareCell(row.s.Answers.Right)
		p.put("<td class=\"number\">%d</td><td class=\"number\">%s</td></tr>\n", row.only, fmt.Sprintf("%.1f", row.s.Time.Median))
	}
	p.put("</tbody></table></div>\n<p>Both right: %d. Both wrong: %d.</p>\n", c.BothRight, c.BothWrong)
}

// difference shows a picture with both answers.
func (p *page) difference(r *Report, c *Comparison, d *Difference) {
	class := cmp.Or(d.Class, nothing)
	if !r.Judged {
		class = "something"
	}
	first, second := cmp.Or(d.First.Label, silence), cmp.Or(d.Second.Label, silence)
	p.put("<li class=\"shot\">")
	p.image(d.read, fmt.Sprintf("%s: shows %s; %s says %s, %s says %s", d.Picture, class, c.First, first, c.Second, second))
	p.put("<div>")
	if r.Judged {
		p.put("<p class=\"said\"><span>shows</span> <b>%s</b></p>", class)
	}
	p.put("<dl class=\"both\">")
	for i, g := range []Guess{d.First, d.Second} {
		name, kind, mark := c.First, "wrong", ""
		if !r.Judged {
			kind = ""
		}
		if i == 1 {
			name = c.Second
		}
		if g.Right {
			kind, mark = "right", " ✓"
		}
		p.put("<dt>%s</dt><dd class=\"%s\">%s%s</dd>", name, kind, cmp.Or(g.Label, silence), mark)
	}
	p.put("</dl><p class=\"name\">%s</p></div></li>\n", d.Picture)
}

// time writes which pictures took long.
func (p *page) time(s *Result) {
	p.put("<section><h2>Time</h2>\n<p>From the file's bytes to the scores, here: mean %.1f ms, median %.1f ms, 95 %% within %.1f ms.</p>\n", s.Time.Mean, s.Time.Median, s.Time.P95)
	p.put("<details><summary>The slowest pictures</summary><table class=\"list\"><thead><tr><th scope=\"col\">picture</th><th scope=\"col\" class=\"number\">ms</th></tr></thead><tbody>\n")
	for _, v := range s.Time.Slowest {
		p.put("<tr><td>%s</td><td class=\"number\">%s</td></tr>\n", v.Picture, fmt.Sprintf("%.1f", v.Took))
	}
	p.put("</tbody></table></details></section>\n")
}
