package evaluate

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// How many rows the lists of the report in text have.
const (
	textClasses    = 30
	textConfusions = 10
	textPictures   = 10
)

// What a table says where a picture shows none of the classes, and where there is no answer.
const (
	nobody = "(none)"
	mute   = "(no answer)"
)

// WriteText writes r for people at a terminal.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{Writer: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	p.line("%s from %s%s", r.shows(), r.Source, r.unjudged())
	if r.None > 0 {
		p.line("%d of them show %s", r.None, r.nobody())
	}
	if len(r.Settings) > 0 {
		p.line("settings: %s", strings.Join(r.Settings, ", "))
	}
	p.skipped(r.Skipped)
	for i := range r.Results {
		p.result(&r.Results[i])
	}
	for i := range r.Comparisons {
		p.comparison(r, &r.Comparisons[i])
	}
	p.Flush()
	return p.err
}

// shows is "12 pictures of 3 classes".
func (r *Report) shows() string {
	pictures := text.Plural(r.Pictures, "picture")
	switch {
	case !r.Judged:
		return pictures
	case r.Task == task.Embed:
		return pictures + " of " + plural(r.Classes, "person", "people")
	case r.Task == task.Pose:
		return pictures
	}
	return pictures + " of " + plural(r.Classes, "class", "classes")
}

// unjudged says, in the middle of a sentence, that nobody has said what the pictures show.
func (r *Report) unjudged() string {
	if r.Judged {
		return ""
	}
	return ", of which it is not known what they show"
}

// nobody is what the pictures without a class show.
func (r *Report) nobody() string {
	if r.Task == task.Embed {
		return "none of them"
	}
	return "none of the classes"
}

// printer writes tables and keeps the first error.
type printer struct {
	*tabwriter.Writer
	err error
}

// line ends the table before it.
func (p *printer) line(format string, args ...any) {
	p.Flush()
	p.row(format, args...)
	p.Flush()
}

// head begins a table.
func (p *printer) head(format string, args ...any) {
	p.line("")
	p.row(format, args...)
}

func (p *printer) row(format string, args ...any) {
	if _, err := fmt.Fprintf(p.Writer, format+"\n", args...); p.err == nil {
		p.err = err
	}
}

// Flush is the writer's.
func (p *printer) Flush() {
	if err := p.Writer.Flush(); p.err == nil {
		p.err = err
	}
}

// more says that a list is longer than what is shown of it.
func (p *printer) more(all, seen int) {
	if all > seen {
		p.line("  … and %d more (--json, --html)", all-seen)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// percent is a share with its interval.
func percent(s Share) string {
	if s.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %% (%s)", 100*s.Share, interval(s))
}

// interval is that of a share, in percent.
func interval(s Share) string { return fmt.Sprintf("%.0f to %.0f %%", 100*s.Low, 100*s.High) }

func counted(s Share) string { return fmt.Sprintf("%d of %d", s.Count, s.Of) }

func (p *printer) skipped(list []Skipped) {
	if len(list) == 0 {
		return
	}
	p.line("%s could not be read:", text.Plural(len(list), "more picture"))
	for i, s := range list {
		if i == textPictures {
			break
		}
		p.row("  %s\t%s", text.Printable(s.Picture), text.Printable(s.Error))
	}
	p.more(len(list), textPictures)
}

// result writes the figures of a subject.
func (p *printer) result(r *Result) {
	p.line("")
	p.line("%s (%s)", r.Name, r.about())
	switch {
	case r.Classified != nil:
		p.classified(r)
	case r.Objects != nil:
		p.objects(r)
	case r.Areas != nil:
		p.areas(r)
	case r.People != nil:
		p.people(r)
	default:
		p.time(r)
	}
}

// about is "12 classes, engine cpu with avx2 kernels, 2 threads".
func (r *Result) about() string {
	about := fmt.Sprintf("engine %s with %s kernels, %s", r.Engine, r.Kernels, text.Plural(r.Threads, "thread"))
	if r.Classes > 0 {
		about = fmt.Sprintf("%d classes, ", r.Classes) + about
	}
	return about
}

// time writes how long the answers took, and what a reader should know of the figures before it.
func (p *printer) time(r *Result) {
	p.row("  time\t%.1f ms\tmedian; 95 %% within %.1f ms, slowest %.1f ms", r.Time.Median, r.Time.P95, r.Time.Max)
	for _, n := range r.Notes {
		p.line("  note: %s", n)
	}
}

// classified writes the figures of a classifier.
func (p *printer) classified(r *Result) {
	p.row("  top-1\t%s\t%s", percent(r.Top1), counted(r.Top1))
	if r.Top5 != nil {
		p.row("  top-5\t%s\t%s", percent(*r.Top5), counted(*r.Top5))
	}
	if a := r.Answers; a.Silent > 0 || r.None != nil {
		p.row("  answers right\t%s\t%s, %d wrong, %d missing", percent(a.Right), counted(a.Right), a.Wrong, a.Silent)
	}
	if n := r.None; n != nil {
		p.row("  none of them\t%s\t%s", percent(n.Right), counted(n.Right))
		if n.Unknown.Count > 0 {
			p.row("  known, called unknown\t%s\t%s", percent(n.Unknown), counted(n.Unknown))
		}
	}
	if c := r.Calibration; c != nil {
		p.row("  calibration error\t%.1f %%", 100*c.Error)
	}
	p.time(r)
	p.classes(r.ByClass)
	p.confusions(r.Confusions)
	p.thresholds(r.Thresholds, r.Suggested)
	p.pictures(r)
}

// classes writes a row for each class that has pictures; the worst ones if they are many.
func (p *printer) classes(all []ClassFigure) {
	list := shownClasses(all)
	if len(list) > textClasses {
		order.Stable(list, func(a, b *ClassFigure) int { return cmp.Compare(a.Recall.Share, b.Recall.Share) })
	}
	p.head("  class\tfound (recall)\t\tright when said (precision)")
	for _, c := range list[:min(len(list), textClasses)] {
		p.row("  %s\t%s\t%s\t%s\t%s", c.Label, percent(c.Recall), counted(c.Recall), percent(c.Precision), counted(c.Precision))
	}
	p.more(len(list), textClasses)
}

// shownClasses are those that there are pictures of.
func shownClasses(all []ClassFigure) (list []*ClassFigure) {
	for i := range all {
		if all[i].Recall.Of > 0 {
			list = append(list, &all[i])
		}
	}
	return list
}

func (p *printer) confusions(list []Confusion) {
	if len(list) == 0 {
		return
	}
	p.head("  most frequent confusions\ttaken for\ttimes")
	for _, c := range list[:min(len(list), textConfusions)] {
		p.row("  %s\t%s\t%d of %d", cmp.Or(c.Class, nobody), cmp.Or(c.Answer, mute), c.Count, c.Of)
	}
	p.more(len(list), textConfusions)
}

// thresholds writes a row for each threshold that changes something.
func (p *printer) thresholds(list []AtThreshold, suggested *AtThreshold) {
	if len(list) == 0 {
		return
	}
	p.head("  threshold\tright when said (precision)\t\tfound (recall)")
	var before AtThreshold
	for i, a := range list {
		if i > 0 && a.Precision.Of == before.Precision.Of || a.Precision.Of == 0 {
			continue
		}
		p.row("  %.2f\t%s\t%s\t%s\t%s", a.Threshold, percent(a.Precision), counted(a.Precision), percent(a.Recall), counted(a.Recall))
		before = a
	}
	p.line("  %s", suggestion(list, suggested))
}

// suggestion says which threshold to take.
func suggestion(list []AtThreshold, s *AtThreshold) string {
	switch {
	case list[0].Precision.Of < fewest:
		return "There are too few pictures to say which threshold to take."
	case s == nil:
		return "No threshold makes 95 % of the answers right."
	case s.Threshold == 0:
		return fmt.Sprintf("No threshold is needed: %s of the answers are right without one.", percent(s.Precision))
	}
	sure := ""
	if s.Precision.Low < wanted {
		sure = " More pictures would make this surer."
	}
	return fmt.Sprintf("threshold: %.2f makes 95 %% of the answers right: here %s. It finds %s of what is there.%s",
		s.Threshold, percent(s.Precision), percent(s.Recall), sure)
}

// pictures writes the wrongest and the slowest pictures.
func (p *printer) pictures(r *Result) {
	if len(r.Wrongest) > 0 {
		p.head("  wrongest pictures\tshows\tanswer\tscore")
		for _, s := range r.Wrongest[:min(len(r.Wrongest), textPictures)] {
			answer, score := mute, ""
			if !s.Silent {
				answer, score = s.Answers[0].Label, r.score(s.Answers[0].Score)
			}
			p.row("  %s\t%s\t%s\t%s", text.Printable(s.Picture), cmp.Or(s.Class, nobody), answer, score)
		}
	}
	const slowest = 3
	p.head("  slowest pictures\tms")
	for _, s := range r.Time.Slowest[:min(len(r.Time.Slowest), slowest)] {
		p.row("  %s\t%.1f", text.Printable(s.Picture), s.Took)
	}
}

// score is a score for people.
func (r *Result) score(v float64) string {
	if r.Probabilities {
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return fmt.Sprintf("%.4g", v)
}

// comparison writes how two subjects differ.
func (p *printer) comparison(r *Report, c *Comparison) {
	p.line("")
	p.line("%s against %s", c.First, c.Second)
	switch {
	case c.ClassPair != nil:
		p.classPair(r, c)
	case c.Found != nil:
		p.matched(c)
	case c.Pixels != nil:
		p.pixels(c)
	default:
		p.line("  %s", c.Verdict)
	}
}

// classPair writes how two classifiers differ.
func (p *printer) classPair(r *Report, c *Comparison) {
	if r.Judged {
		p.row("  both right\t%d", c.BothRight)
		p.row("  only %s\t%d", c.First, c.FirstOnly)
		p.row("  only %s\t%d", c.Second, c.SecondOnly)
		p.row("  both wrong\t%d", c.BothWrong)
	}
	p.line("  %s", c.Verdict)
	if len(c.Differ) == 0 {
		return
	}
	shows := "\tshows"
	if !r.Judged {
		shows = ""
	}
	p.head("  pictures with different answers%s\t%s\t%s", shows, c.First, c.Second)
	for _, d := range c.Differ[:min(len(c.Differ), textPictures)] {
		if r.Judged {
			shows = "\t" + cmp.Or(d.Class, nobody)
		}
		p.row("  %s%s\t%s\t%s", text.Printable(d.Picture), shows, marked(d.First), marked(d.Second))
	}
	p.more(c.Differing, min(len(c.Differ), textPictures))
}

// marked is an answer, and whether it is right.
func marked(g Guess) string {
	said := cmp.Or(g.Label, mute)
	if g.Right {
		said += " (right)"
	}
	return said
}
