package evaluate

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/grid"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// areaCounts are the counts of models that give a class for every pixel.
type areaCounts struct {
	subjects []*areaTally
	pairs    []areaPair
	judged   bool
	pictures int
}

// areaTally is the counts of one subject.
type areaTally struct {
	Subject
	timing
	classes  *classes
	counts   confusion
	pictures []overlaps // of each picture
	wrongest top[AreaScene]
}

// classCount is as many numbers as a pixel can have.
const classCount = 256

// confusion counts pixels: of a class, called so.
type confusion map[[2]uint8]int64

// overlaps is what of each class of a picture is right.
type overlaps []overlap

type overlap struct {
	class       uint8
	both, union int64
}

func newAreaCounts(subjects []Subject, o Options) *areaCounts {
	c := &areaCounts{judged: !o.Unjudged}
	for i := range subjects {
		s := &areaTally{Subject: subjects[i], timing: newTiming(o), counts: confusion{}, wrongest: top[AreaScene]{most: o.Shown}}
		s.classes = newClasses(&s.Subject)
		c.subjects = append(c.subjects, s)
	}
	for range max(len(subjects)-1, 0) {
		c.pairs = append(c.pairs, areaPair{differ: top[PixelsDiffer]{most: o.Shown}})
	}
	return c
}

// check is [counts]'s: classes of pictures are for classifiers.
func (c *areaCounts) check(...string) error { return nil }

// name is [counts]'s.
func (c *areaCounts) name(class string) string { return class }

// add is [counts]'s.
func (c *areaCounts) add(p *Picture, answers []Answer) error {
	var mask *truth.Mask
	if c.judged {
		var err error
		if mask, err = c.mask(p, answers); err != nil {
			return &PictureError{err}
		}
	}
	for i, s := range c.subjects {
		s.timing.add(Shown{Picture: p.Name, Answers: []Guess{}, Took: text.Milliseconds(answers[i].Took)})
		if mask != nil {
			s.add(p, mask, answers[i].Found)
		}
	}
	for i := range c.pairs {
		c.pairs[i].add(p, c.subjects[0], &answers[0], c.subjects[i+1], &answers[i+1])
	}
	c.pictures++
	return nil
}

// mask is what a picture shows. The error is about one that does not fit the picture or the models.
func (c *areaCounts) mask(p *Picture, answers []Answer) (*truth.Mask, error) {
	if p.Masked == nil {
		return nil, errors.New("it has no mask")
	}
	m, err := p.Masked()
	if err != nil {
		return nil, err
	}
	const apart = 1.02 // as far as a copy of another size may be
	width, height := float64(answers[0].Width), float64(answers[0].Height)
	if ratio := float64(m.Width) * height / (float64(m.Height) * width); ratio > apart || ratio < 1/apart {
		return nil, fmt.Errorf("it has %v x %v pixels, and its mask %d x %d (is it turned, or that of another picture?)", width, height, m.Width, m.Height)
	}
	var seen [classCount]bool
	for _, class := range m.Classes {
		seen[class] = true
	}
	for _, s := range c.subjects {
		for class := range truth.Void {
			if seen[class] && s.Subject.Classes > 0 && class >= s.Subject.Classes {
				return nil, fmt.Errorf("its mask has pixels of class %d, and %s has %s, from 0 on (%d: they count for nothing)",
					class, s.Name, plural(s.Subject.Classes, "class", "classes"), truth.Void)
			}
		}
	}
	return m, nil
}

// add counts the pixels of a picture.
func (s *areaTally) add(p *Picture, mask *truth.Mask, found *task.Findings) {
	counts := confusion{}
	look := newLookup(found, mask.Width, mask.Height)
	for y := look.top; y < look.bottom; y++ {
		row := mask.Classes[y*mask.Width : (y+1)*mask.Width]
		said := look.row(y)
		var last [2]uint8
		var n int64
		for x := look.left; x < look.right; x++ { // neighbours are mostly alike
			if row[x] == truth.Void {
				continue
			}
			if now := [2]uint8{row[x], said[look.columns[x]]}; now != last {
				counts[last] += n
				last, n = now, 0
			}
			n++
		}
		counts[last] += n
	}
	for k, n := range counts {
		s.counts[k] += n
	}
	list := counts.overlaps()
	s.pictures = append(s.pictures, list)
	iou, _ := list.mean()
	scene := AreaScene{Picture: p.Name, MeanIoU: iou, Accuracy: counts.accuracy(), read: p.Read, rank: 1 - iou, label: s.label}
	if scene.Accuracy < 1 && s.wrongest.takes(scene) {
		scene.true, scene.found = s.drawn(findingsOf(mask)), s.drawn(found)
		s.wrongest.add(scene)
	}
}

// overlaps are those of each class that there is, or that is said.
func (c confusion) overlaps() (list overlaps) {
	var both, union [classCount]int64
	for k, n := range c {
		if union[k[0]] += n; k[0] == k[1] {
			both[k[0]] += n
		} else {
			union[k[1]] += n
		}
	}
	for class := range union {
		if union[class] > 0 && class != truth.Void { // that is said of no class
			list = append(list, overlap{uint8(class), both[class], union[class]})
		}
	}
	return list
}

// mean is the mean IoU; ok: there is any class.
func (o overlaps) mean() (iou float64, ok bool) {
	for _, v := range o {
		iou += float64(v.both) / float64(v.union) / float64(len(o))
	}
	return iou, len(o) > 0
}

// accuracy is the share of the pixels that are right.
func (c confusion) accuracy() float64 {
	right, all := int64(0), int64(0)
	for k, n := range c {
		if all += n; k[0] == k[1] {
			right += n
		}
	}
	if all == 0 {
		return 1
	}
	return float64(right) / float64(all)
}

// lookup finds the pixel of a map that shows a place of the upright picture.
type lookup struct {
	classes                  []uint8
	width                    int
	columns, rows            []int // of the map, by those of the picture
	left, right, top, bottom int   // pixels of the picture that the model sees
}

// newLookup is for a picture that is taken as that many pixels.
func newLookup(f *task.Findings, width, height int) lookup {
	l := lookup{classes: f.Map.Classes, width: f.Map.Width}
	l.columns, l.left, l.right = cells(f.ShownIn.X, f.ShownIn.Width, f.Shown.X, f.Shown.Width, width, f.Map.Width)
	l.rows, l.top, l.bottom = cells(f.ShownIn.Y, f.ShownIn.Height, f.Shown.Y, f.Shown.Height, height, f.Map.Height)
	return l
}

func (l *lookup) row(y int) []uint8 {
	at := l.rows[y] * l.width
	return l.classes[at : at+l.width]
}

// cells are, for each of n pixels along an axis, which of m cells shows its middle: from … from+length of the picture is what lies at
// at … at+size of the cells, in fractions. first to last-1 are the pixels that any does.
func cells(from, length, at, size float64, n, m int) (list []int, first, last int) {
	list, first = make([]int, n), n
	for i := range list {
		share := ((float64(i)+0.5)/float64(n) - from) / length
		if !(share >= 0 && share < 1) || m == 0 {
			continue
		}
		first, last = min(first, i), i+1
		list[i] = min(max(int((at+float64(share*size))*float64(m)), 0), m-1)
	}
	return list, min(first, last), last
}

// findingsOf is a mask as a model would give it.
func findingsOf(m *truth.Mask) *task.Findings {
	whole := task.Box{Width: 1, Height: 1}
	return &task.Findings{Map: task.Map{Width: m.Width, Height: m.Height, Classes: m.Classes}, Shown: whole, ShownIn: whole}
}

// drawn is a copy of areas to be drawn: small, and with a list of the largest. Background is none, if the labels say that class 0 is that.
func (s *areaTally) drawn(f *task.Findings) *task.Findings {
	const side = 320
	small := &task.Findings{Shown: f.Shown, ShownIn: f.ShownIn}
	m := &small.Map
	m.Classes, m.Width, m.Height = grid.Small(nil, f.Map.Classes, f.Map.Width, f.Map.Width, f.Map.Height, side)
	var counts [classCount]int
	for _, class := range m.Classes {
		counts[class]++
	}
	for class := range truth.Void {
		if n := counts[class]; n > 0 && !(class == 0 && isBackground(s.label(0))) {
			small.Areas = append(small.Areas, task.Area{Index: class, Share: float64(n) / float64(len(m.Classes))})
		}
	}
	order.Sort(small.Areas, func(a, b task.Area) int { return cmp.Compare(b.Share, a.Share) })
	return small
}

// label is what s calls a class; empty: it is none.
func (s *areaTally) label(class int) string {
	if class == truth.Void {
		return ""
	}
	return s.classes.label(class)
}

// isBackground tells whether a label is that of what is nothing.
func isBackground(label string) bool { return bare(label) == "background" || label == "0" }
