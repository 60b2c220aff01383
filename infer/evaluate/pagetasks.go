package evaluate

import (
	"cmp"
	"fmt"
	"image/color"
	"image/draw"

	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// openScenes is how many pictures a list shows before the rest is folded away.
const openScenes = 8

// objects writes all about what finds objects or postures.
func (p *page) objects(s *Result) {
	o := s.Objects
	p.put("<section class=\"cards\" aria-label=\"In short\">\n")
	p.figureCard("Average precision", "AP", o.AP, o.APRange, fmt.Sprintf("Mean over %s 0.50 to 0.95; at 0.50 it is %s, at 0.75 %s.", o.Likeness, valued(o.AP50), valued(o.AP75)), true)
	p.shareCard("Found", fmt.Sprintf("threshold %.2f", s.Threshold), o.Found, false)
	p.shareCard("Right when said", "precision", o.Right, false)
	p.shareCard("Counts right", "pictures", o.Counts, false)
	p.timeCard(s)
	p.notes(s.Notes)
	p.scenes("Wrong pictures, the wrongest first", o.Wrongest, "There are none.")
	p.objectTable(s)
	p.thresholds(o.Thresholds, o.Suggested)
}

// look is how objects of a state are drawn, and what is said of them. The colours are those of style.css.
type look struct {
	words  string
	colour color.RGBA
	dashed bool
}

func lookOf(state string) look {
	green, red, amber, blue, grey := color.RGBA{46, 204, 113, 255}, color.RGBA{214, 48, 49, 255}, color.RGBA{255, 168, 0, 255}, color.RGBA{52, 152, 219, 255}, color.RGBA{149, 165, 166, 255}
	switch state {
	case isFalse:
		return look{"false: said to be there, and is not", red, false}
	case isMissed:
		return look{"missed: there, and not found", amber, true}
	case isFound:
		return look{"found", green, false}
	case isFirst:
		return look{"found by the first alone", blue, false}
	case isSecond:
		return look{"found by the second alone", red, false}
	case isBoth:
		return look{"found by both", green, false}
	}
	return look{"need not be found", grey, true}
}

// scenes writes pictures with what is found in them.
func (p *page) scenes(title string, list []Scene, none string) {
	p.put("<section><h2>%s</h2>\n", title)
	if len(list) == 0 {
		p.put("<p>%s</p></section>\n", none)
		return
	}
	p.legend(list)
	p.list(len(list), openScenes, `ul class="scenes"`, "ul", func(i int) { p.scene(&list[i]) })
	p.put("</section>\n")
}

// legend says what the colours mean that are in the pictures.
func (p *page) legend(list []Scene) {
	p.put("<p class=\"legend\">")
	for _, state := range []string{isFound, isBoth, isMissed, isFalse, isFirst, isSecond, isCrowd} {
		n := 0
		for i := range list {
			n += list[i].count(state)
		}
		if n > 0 {
			p.put("<span class=\"state %s\">%s</span> ", state, lookOf(state).words)
		}
	}
	p.put("</p>\n")
}

// scene shows a picture, and says what is wrong with it.
func (p *page) scene(s *Scene) {
	p.put("<li class=\"scene\">")
	words := s.words()
	p.drawn(s.read, s.Picture+": "+words, func(dst draw.Image) { overlay.Marks(dst, s.marks()) })
	p.put("<p class=\"said\">%s</p><p class=\"name\">%s</p></li>\n", words, s.Picture)
}

// words are "missed: 2 dog, 1 cat; false: dog 83 %".
func (s *Scene) words() string {
	said := ""
	for _, state := range []string{isFalse, isMissed, isFirst, isSecond} {
		if n := s.count(state); n > 0 {
			if said != "" {
				said += "; "
			}
			said += state + ": " + s.listed(state)
		}
	}
	return said
}

// listed are the labels of the objects that are so.
func (s *Scene) listed(state string) string {
	var labels []string
	for _, o := range s.Objects {
		switch {
		case o.State != state:
		case o.Score > 0:
			labels = append(labels, fmt.Sprintf("%s %.0f %%", o.Label, 100*o.Score))
		default:
			labels = append(labels, o.Label)
		}
	}
	return abbreviated(labels, 6)
}

// marks are what is drawn: what is wrong on top.
func (s *Scene) marks() (list []overlay.Mark) {
	for _, o := range s.Objects {
		state := lookOf(o.State)
		m := overlay.Mark{Box: task.Box{X: o.Box[0], Y: o.Box[1], Width: o.Box[2], Height: o.Box[3]}, Body: o.body, Words: o.Label, Colour: state.colour, Dashed: state.dashed}
		switch {
		case o.State == isMissed:
			m.Words += " missed"
		case o.Score > 0:
			m.Words += fmt.Sprintf(" %.0f %%", 100*o.Score)
		}
		list = append(list, m)
	}
	return list
}

// objectTable writes a row for each size and each class.
func (p *page) objectTable(s *Result) {
	o := s.Objects
	p.put("<section><h2>By size and class</h2>\n<p><b>AP</b>: average precision, as COCO has it. <b>AR</b>: average recall; with one find a picture and class it is %s, with ten %s, with all %s.</p>\n",
		valued(o.AR1), valued(o.AR10), valued(o.AR))
	p.put("<table class=\"list\"><thead><tr><th scope=\"col\">size</th><th scope=\"col\">AP</th><th scope=\"col\">AR</th><th scope=\"col\" class=\"number\">objects</th></tr></thead><tbody>\n")
	for _, v := range o.Sizes {
		p.put("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"number\">%d</td></tr>\n", v.Size, valued(v.AP), valued(v.AR), v.Objects)
	}
	p.put("</tbody></table>\n")
	list := shownObjects(o.ByClass)
	const open = 40
	p.list(len(list), open, `div class="scroll" tabindex="0" role="region" aria-label="Class by class"><table class="classes"><thead><tr><th scope="col">class</th><th scope="col">AP</th><th scope="col">at 0.50</th>`+
		`<th scope="col">found</th><th scope="col">right when said</th><th scope="col" class="number">95 % right from</th></tr></thead><tbody`, "tbody></table></div", func(i int) {
		c := list[i]
		p.put("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td>", c.Label, valued(c.AP), valued(c.AP50))
		p.shareCell(c.Found)
		p.shareCell(c.Right)
		p.suggestedCell(c.Suggested)
		p.put("</tr>\n")
	})
	p.put("</section>\n")
}

// matched writes how what two subjects find compares.
func (p *page) matched(c *Comparison) {
	p.put("<p>Found by both: %d, alike by %s on average. By %s alone: %d. By %s alone: %d. Scores of what both find are %s apart at most.</p>\n",
		c.Found.Both, decimals(c.Found.Likeness), c.First, c.Found.FirstOnly, c.Second, c.Found.SecondOnly, decimals(c.Found.Score))
	if len(c.Found.Differ) > 0 {
		p.put("<h3>Pictures that differ</h3>\n")
		p.legend(c.Found.Differ)
		p.list(len(c.Found.Differ), openScenes, `ul class="scenes"`, "ul", func(i int) { p.scene(&c.Found.Differ[i]) })
	}
}

// areas writes all about a model that gives a class for every pixel.
func (p *page) areas(s *Result) {
	a := s.Areas
	p.put("<section class=\"cards\" aria-label=\"In short\">\n")
	p.figureCard("Mean overlap", "mean IoU", a.MeanIoU, a.Range, "Of the pixels that are of a class or said to be, those that are both; the mean over the classes.", true)
	p.beginCard("Pixels right", "accuracy", false)
	p.put("<p class=\"figure\">%s</p><p>Of %d pixels, whatever their class.</p></div>\n", fmt.Sprintf("%.1f %%", 100*a.Accuracy), a.Pixels)
	p.timeCard(s)
	p.notes(s.Notes)
	p.put("<section><h2>Wrong pictures, the wrongest first</h2>\n<p>What is there on the left, the answer on the right.</p>\n")
	p.list(len(a.Wrongest), openScenes, `ul class="scenes"`, "ul", func(i int) {
		v := &a.Wrongest[i]
		p.twoAreas(v.read, v.Picture, "what is there", v.true, "answer", v.found, fmt.Sprintf("mean IoU %s, %.1f %% of the pixels right", decimals(v.MeanIoU), 100*v.Accuracy), v.label)
	})
	p.put("</section>\n")
	p.areaTable(a)
}

// twoAreas shows a picture twice.
func (p *page) twoAreas(read func() ([]byte, error), name, left string, a *task.Findings, right string, b *task.Findings, words string, label func(int) string) {
	p.put("<li class=\"scene two\"><div>")
	p.drawn(read, name+", "+left, func(dst draw.Image) { overlay.Areas(dst, a) })
	p.drawn(read, name+", "+right, func(dst draw.Image) { overlay.Areas(dst, b) })
	p.put("</div><p class=\"said\">%s</p>", words)
	p.colours(a, b, label)
	p.put("<p class=\"name\">%s</p></li>\n", name)
}

// colours say which class has which.
func (p *page) colours(a, b *task.Findings, label func(int) string) {
	seen := map[int]bool{}
	p.put("<p class=\"legend\">")
	for _, f := range []*task.Findings{a, b} {
		for _, v := range f.Areas {
			if seen[v.Index] {
				continue
			}
			seen[v.Index] = true
			c := overlay.Colour(v.Index)
			p.put("<span><i style=\"background:#%s\"></i>%s</span> ", fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B), label(v.Index))
		}
	}
	p.put("</p>")
}

// areaTable writes a row for each class.
func (p *page) areaTable(a *Areas) {
	p.put("<section><h2>Class by class</h2>\n<table class=\"list\"><thead><tr><th scope=\"col\">class</th><th scope=\"col\">IoU</th><th scope=\"col\">found</th><th scope=\"col\">right when said</th>" +
		"<th scope=\"col\" class=\"number\">pixels</th></tr></thead><tbody>\n")
	for _, c := range a.ByClass {
		p.put("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td><td class=\"number\">%d</td></tr>\n", c.Label, valued(c.IoU), valued(c.Recall), valued(c.Precision), c.Pixels)
	}
	p.put("</tbody></table>\n")
	if len(a.Confusions) > 0 {
		p.put("<table class=\"list\"><caption>The most frequent confusions</caption>\n<thead><tr><th scope=\"col\">shows</th><th scope=\"col\">answer</th><th scope=\"col\" class=\"number\">pixels</th></tr></thead>\n<tbody>\n")
		for _, c := range a.Confusions {
			p.put("<tr><td>%s</td><td>%s</td><td class=\"number\">%d</td></tr>\n", c.Class, cmp.Or(c.Answer, silence), c.Pixels)
		}
		p.put("</tbody></table>\n")
	}
	p.put("</section>\n")
}

// pixels writes how the areas of two subjects compare.
func (p *page) pixels(c *Comparison) {
	if len(c.Pixels.Differ) == 0 {
		return
	}
	p.put("<h3>Pictures that differ</h3>\n<p>%s on the left, %s on the right.</p>\n", c.First, c.Second)
	p.list(len(c.Pixels.Differ), openScenes, `ul class="scenes"`, "ul", func(i int) {
		d := &c.Pixels.Differ[i]
		p.twoAreas(d.read, d.Picture, c.First, d.first, c.Second, d.second, fmt.Sprintf("%.2f %% of the pixels alike", 100*d.Share), d.label)
	})
}

// people writes all about a model that gives embeddings.
func (p *page) people(s *Result) {
	f := s.People
	p.put("<section class=\"cards\" aria-label=\"In short\">\n")
	p.beginCard("Equal error rate", "EER", true)
	if e := f.EqualError; e != nil {
		p.put("<p class=\"figure\">%s</p><p>At a distance of %s false accepts and false rejects are as frequent.</p></div>\n",
			fmt.Sprintf("%.2f %%", 50*(e.FalseAccept+e.FalseReject)), decimals(e.Distance))
	} else {
		p.put("<p class=\"figure\">–</p><p>It takes two people, and two pictures of somebody.</p></div>\n")
	}
	at := fmt.Sprintf("up to %.2f", f.MaxDistance)
	p.shareCard("False accepts", at, f.FalseAccept, false)
	p.shareCard("False rejects", at, f.FalseReject, false)
	p.shareCard("Recognized", "right person", f.Recognition.Right, false)
	if v := f.Verification; v != nil {
		p.beginCard("Verification", "as LFW", false)
		p.put("<p class=\"figure\">%s</p><p>of pairs told right, each tenth of the people with the best distance of the others.</p></div>\n", fmt.Sprintf("%.1f ± %.1f %%", 100*v.Accuracy, 100*v.Deviation))
	}
	p.timeCard(s)
	p.notes(s.Notes)
	p.facePairs("Two people, taken for one", f.Closest)
	p.facePairs("One person, taken for two", f.Farthest)
	p.distances(f)
	p.personTable(f)
}

// facePairs shows pairs of pictures.
func (p *page) facePairs(title string, list []FacePair) {
	p.put("<section><h2>%s</h2>\n", title)
	if len(list) == 0 {
		p.put("<p>There are none.</p></section>\n")
		return
	}
	p.list(len(list), openScenes, `ul class="gallery"`, "ul", func(i int) {
		v := &list[i]
		p.put("<li class=\"shot pair\">")
		for _, f := range []FacePicture{v.First, v.Second} {
			p.image(f.read, f.Picture)
		}
		p.put("<div><p class=\"said\">%s <span>and</span> %s</p><p>%s apart</p><p class=\"name\">%s, %s</p></div></li>\n",
			cmp.Or(v.First.Person, stranger), cmp.Or(v.Second.Person, stranger), decimals(v.Distance), v.First.Picture, v.Second.Picture)
	})
	p.put("</section>\n")
}

// stranger is somebody who is not known.
const stranger = "somebody else"

// distances draws how far pairs are apart, and what a limit does.
func (p *page) distances(f *People) {
	if f.Same+f.Different == 0 {
		return
	}
	p.put("<section><h2>Which distance?</h2>\n<p class=\"verdict\">%s</p>\n<figure>", distanceAdvice(f))
	const most = 2
	p.beginChart("How far apart pairs are; the table below has what a limit does", "distance", most)
	for _, kind := range []struct {
		class string
		of    int
		n     func(*DistanceBin) int
	}{{"different", f.Different, func(b *DistanceBin) int { return b.Different }}, {"same", f.Same, func(b *DistanceBin) int { return b.Same }}} {
		for i := range f.Bins {
			if n := kind.n(&f.Bins[i]); n > 0 {
				height := plotHeight * share(n, kind.of)
				p.put("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", kind.class,
					chartLeft+f.Bins[i].Low/most*plotWidth, chartTop+plotHeight-height, plotWidth/bins-1, height)
			}
		}
	}
	p.mark(f.MaxDistance / most)
	p.put("</svg>\n<figcaption><span class=\"key same\">pairs of one person</span> <span class=\"key different\">pairs of two people</span> <span>dashed: %s</span></figcaption></figure>\n",
		fmt.Sprintf("the limit of %.2f", f.MaxDistance))
	p.put("<details><summary>As a table</summary><table class=\"list\"><thead><tr><th scope=\"col\">distance</th><th scope=\"col\">false accepts</th><th scope=\"col\">false rejects</th></tr></thead><tbody>\n")
	for _, a := range f.ByDistance {
		p.put("<tr><th scope=\"row\">%.2f</th><td>%s</td><td>%s</td></tr>\n", a.Distance, fmt.Sprintf("%.2f %%", 100*a.FalseAccept), fmt.Sprintf("%.2f %%", 100*a.FalseReject))
	}
	p.put("</tbody></table></details></section>\n")
}

// personTable writes a row for each person, those who are recognized least first.
func (p *page) personTable(f *People) {
	const open = 40
	p.put("<section><h2>Person by person</h2>\n<p>Each picture is held to the others, as if a camera had been shown those.</p>\n")
	p.list(len(f.ByPerson), open, `div class="scroll" tabindex="0" role="region" aria-label="Person by person"><table class="classes"><thead><tr><th scope="col">person</th><th scope="col">recognized</th><th scope="col">taken for</th><th scope="col" class="number">pictures</th></tr></thead><tbody`,
		"tbody></table></div", func(i int) {
			v := &f.ByPerson[i]
			p.put("<tr><th scope=\"row\">%s</th>", v.Name)
			p.shareCell(v.Right)
			p.put("<td>%s</td><td class=\"number\">%d</td></tr>\n", v.TakenFor, v.Pictures)
		})
	p.put("</section>\n")
	if f.Left > 0 {
		p.put("<p>%s were left out.</p>", text.Plural(f.Left, "picture"))
	}
}
