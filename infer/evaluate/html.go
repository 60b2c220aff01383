package evaluate

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/inceptiond/inceptiond/internal/text"
)

// What the page says where a picture shows none of the classes, and where there is no answer.
const (
	nothing = "none of them"
	silence = "no answer"
)

// WriteHTML writes r as one file that needs no other, no script and no network. thumb makes the small pictures in it, one
// at a time, of the pictures in r's lists, which are read again; nil: it has none. The error is that of w.
func (r *Report) WriteHTML(w io.Writer, thumb Thumb) error {
	p := newPage(w, thumb)
	names := make([]string, len(r.Results))
	for i := range r.Results {
		names[i] = r.Results[i].Name
	}
	title := "How good is it?"
	if !r.Judged {
		title = "Do they agree?"
	}
	p.begin(title + " " + strings.Join(names, ", "))
	p.put("<header>\n<h1>%s</h1>\n<p class=\"lead\">%s, shown %s from <b>%s</b>%s", title, strings.Join(names, " and "), r.shows(), r.Source, r.unjudged())
	if r.None > 0 {
		p.put("; %d of them show %s", r.None, r.nobody())
	}
	p.put(".</p>\n</header>\n")
	for i := range r.Comparisons {
		p.comparison(r, i)
	}
	for i := range r.Results {
		p.result(r, &r.Results[i])
	}
	p.skipped(r.Skipped)
	p.about(r)
	return p.end()
}

// result writes all about one subject.
func (p *page) result(r *Report, s *Result) {
	if len(r.Results) > 1 {
		p.put("<h2 class=\"subject\">%s</h2>\n", s.Name)
	}
	switch {
	case s.Classified != nil:
		p.classified(s)
	case s.Objects != nil:
		p.objects(s)
	case s.Areas != nil:
		p.areas(s)
	case s.People != nil:
		p.people(s)
	}
	p.time(s)
}

// classified writes all about a classifier.
func (p *page) classified(s *Result) {
	p.cards(s)
	p.notes(s.Notes)
	p.wrongest(s)
	p.confusions(s)
	p.classes(s)
	p.thresholds(s.Thresholds, s.Suggested)
	p.calibration(s)
}

// cards writes the figures that people look for first.
func (p *page) cards(s *Result) {
	p.put("<section class=\"cards\" aria-label=\"In short\">\n")
	p.shareCard("Right at first guess", "top-1", s.Top1, true)
	if s.Top5 != nil {
		p.shareCard("Among the first five", "top-5", *s.Top5, false)
	}
	if n := s.None; n != nil && n.Right.Of > 0 {
		p.shareCard("None of them, and said so", "none", n.Right, false)
	}
	if n := s.None; n != nil && n.Unknown.Count > 0 {
		p.shareCard("Known, called unknown", "unknown", n.Unknown, false)
	}
	if a := s.Answers; a.Silent > 0 {
		p.shareCard("Answers right", fmt.Sprintf("%d wrong, %d missing", a.Wrong, a.Silent), a.Right, false)
	}
	p.timeCard(s)
}

// timeCard writes the last of the cards.
func (p *page) timeCard(s *Result) {
	p.put("<div class=\"card\"><h3>Time</h3><p class=\"figure\">%s <small>ms</small></p><p>a picture, median; 95 %% within %.1f ms</p></div>\n</section>\n",
		fmt.Sprintf("%.1f", s.Time.Median), s.Time.P95)
}

// shareCard writes a share large, with what it means and its interval drawn.
func (p *page) shareCard(title, term string, s Share, first bool) {
	p.beginCard(title, term, first)
	p.put("<p class=\"figure\">%s <small>%d of %d</small></p>\n", rounded(s), s.Count, s.Of)
	p.interval(s)
	if s.Of > 0 {
		p.put("<p>Of pictures like these expect %s in 100.</p>", between(s))
	}
	p.put("</div>\n")
}

// beginCard writes what a card is about.
func (p *page) beginCard(title, term string, first bool) {
	class := "card"
	if first {
		class = "card first"
	}
	p.put("<div class=\"%s\"><h3>%s <small>%s</small></h3>", class, title, term)
}

// figureCard writes a figure from 0 to 1 as the field has it, with its interval if there is one.
func (p *page) figureCard(title, term string, v *float64, r *Range, about string, first bool) {
	p.beginCard(title, term, first)
	p.put("<p class=\"figure\">%s</p>\n", valued(v))
	if v != nil && r != nil {
		p.span(*v, r.Low, r.High, fmt.Sprintf("%s, 95 %% interval %s to %s", decimals(*v), decimals(r.Low), decimals(r.High)))
		about = fmt.Sprintf("Of pictures like these expect %.2f to %.2f. ", r.Low, r.High) + about
	}
	p.put("<p>%s</p></div>\n", about)
}

// between is an interval in whole percents: "73 to 88".
func between(s Share) string {
	return fmt.Sprintf("%.0f to %.0f", 100*s.Low, 100*s.High)
}

// rounded is a share in percent, in as many digits as are worth it.
func rounded(s Share) string {
	if s.Of == 0 {
		return "–"
	}
	if s.High-s.Low < 0.04 {
		return fmt.Sprintf("%.1f %%", 100*s.Share)
	}
	return fmt.Sprintf("%.0f %%", 100*s.Share)
}

// interval draws a share and its interval on a line from 0 to 100 %.
func (p *page) interval(s Share) {
	if s.Of == 0 {
		p.put(`<span class="range"></span>`)
		return
	}
	p.span(s.Share, s.Low, s.High, fmt.Sprintf("%s, 95 %% interval %s %%", rounded(s), between(s)))
}

// span draws a figure and its interval on a line from 0 to 1.
func (p *page) span(v, low, high float64, label string) {
	p.put(`<span class="range" role="img" aria-label="%s"><i style="left:%.1f%%;width:%.1f%%"></i><b style="left:%.1f%%"></b></span>`,
		label, 100*low, 100*(high-low), 100*v)
}

func (p *page) notes(notes []string) {
	if len(notes) == 0 {
		return
	}
	p.put("<section class=\"notes\"><h3>Before you rely on it</h3><ul>\n")
	for _, n := range notes {
		p.put("<li>%s</li>\n", upper(n))
	}
	p.put("</ul></section>\n")
}

// upper begins a sentence.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// wrongest shows the pictures whose answers are the most wrong.
func (p *page) wrongest(s *Result) {
	if len(s.Wrongest) == 0 {
		p.put("<section><h2>Wrong answers</h2><p>There are none.</p></section>\n")
		return
	}
	all := s.Answers.Wrong + s.Answers.Silent
	p.put("<section><h2>Wrong answers, the wrongest first</h2>\n")
	if all > len(s.Wrongest) {
		p.put("<p>%d of %d.</p>\n", len(s.Wrongest), all)
	}
	const open = 12
	p.list(len(s.Wrongest), open, `ul class="gallery"`, "ul", func(i int) { p.picture(s, &s.Wrongest[i]) })
	p.put("</section>\n")
}

// picture shows one picture with the best classes as bars.
func (p *page) picture(s *Result, v *Shown) {
	said := silence
	if !v.Silent {
		said = v.Answers[0].Label
	}
	class := cmp.Or(v.Class, nothing)
	p.put("<li class=\"shot\">")
	p.image(v.read, fmt.Sprintf("%s: shows %s, answer %s", v.Picture, class, said))
	p.put("<div><p class=\"said\"><b class=\"wrong\">%s</b> <span>instead of</span> <b class=\"right\">%s</b></p>\n<ol class=\"bars\">\n", said, class)
	for i, g := range v.Answers {
		const visible = 0.005
		if i == 0 || g.Right || !s.Probabilities || g.Score >= visible {
			p.bar(s, g, i == 0 && !v.Silent)
		}
	}
	p.put("</ol><p class=\"name\">%s</p></div></li>\n", v.Picture)
}

// bar is a class and its score. The right one is marked, by more than its colour.
func (p *page) bar(s *Result, g Guess, said bool) {
	class, mark := "", ""
	switch {
	case g.Right:
		class, mark = "right", " ✓"
	case said:
		class = "wrong"
	}
	width := 0.0
	if s.Probabilities {
		width = 100 * min(max(g.Score, 0), 1)
	}
	p.put("<li class=\"%s\"><span title=\"%s\">%s%s</span><i><b style=\"width:%.1f%%\"></b></i><em>%s</em></li>\n", class, g.Label, brief(g.Label, g.Label), mark, width, s.score(g.Score))
}

func (p *page) skipped(list []Skipped) {
	if len(list) == 0 {
		return
	}
	p.put("<section><h2>Pictures that could not be read</h2>\n<p>%s. They count for nothing.</p>\n", text.Plural(len(list), "picture"))
	const open = 10
	p.list(len(list), open, "ul", "ul", func(i int) { p.put("<li><b>%s</b>: %s</li>\n", list[i].Picture, list[i].Error) })
	p.put("</section>\n")
}

// about says where the figures are from.
func (p *page) about(r *Report) {
	p.put("<footer><h2>About these figures</h2>\n<p>Ranges are 95 %% intervals: as far as chance may have moved a figure, with so few pictures. " +
		"They know nothing of pictures that look otherwise: another camera, another season, or those that the model was trained with.</p>\n<dl>\n")
	for i := range r.Results {
		s := &r.Results[i]
		about := s.about()
		if s.Threshold > 0 {
			about += fmt.Sprintf(", threshold %.2f", s.Threshold)
		}
		p.put("<dt>%s</dt><dd>%s<br><code>%s</code></dd>\n", s.Name, about, s.SHA256)
	}
	if len(r.Settings) > 0 {
		p.put("<dt>Settings</dt><dd>%s</dd>\n", strings.Join(r.Settings, ", "))
	}
	made := "inceptiond " + r.Program
	if r.Time != nil {
		made += r.Time.Format(", 2 January 2006, 15:04")
	}
	p.put("<dt>Made by</dt><dd>%s</dd>\n</dl></footer>\n", made)
}
