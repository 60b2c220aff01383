package evaluate

import (
	"fmt"

	"github.com/inceptiond/inceptiond/internal/text"
)

// areaPair counts how like the areas of two subjects are.
type areaPair struct {
	share  float64 // summed
	alike  int
	differ top[PixelsDiffer]
}

// add compares two answers, pixel by pixel of the larger map.
func (c *areaPair) add(p *Picture, first *areaTally, a *Answer, second *areaTally, b *Answer) {
	width, height := max(a.Found.Map.Width, b.Found.Map.Width), max(a.Found.Map.Height, b.Found.Map.Height)
	x, y := newLookup(a.Found, width, height), newLookup(b.Found, width, height)
	same, all := 0, 0
	for row := max(x.top, y.top); row < min(x.bottom, y.bottom); row++ {
		one, other := x.row(row), y.row(row)
		for i := max(x.left, y.left); i < min(x.right, y.right); i++ {
			if all++; one[x.columns[i]] == other[y.columns[i]] {
				same++
			}
		}
	}
	d := PixelsDiffer{Picture: p.Name, Share: 1, read: p.Read, label: first.label}
	if all > 0 {
		d.Share = float64(same) / float64(all)
	}
	c.share += d.Share
	if same == all {
		c.alike++
		return
	}
	if d.rank = 1 - d.Share; c.differ.takes(d) {
		d.first, d.second = first.drawn(a.Found), second.drawn(b.Found)
		c.differ.add(d)
	}
}

// comparison says how the two subjects agree.
func (c *areaPair) comparison(r *Comparison, pictures int) {
	r.Pixels, r.Alike, r.P = &Pixels{Share: c.share / float64(max(pictures, 1)), Differ: append([]PixelsDiffer{}, c.differ.list...)}, newShare(c.alike, pictures), 1
	r.Verdict = fmt.Sprintf("Both give the same class to %.2f %% of the pixels, and to all of them in %d of %s.", 100*r.Pixels.Share, c.alike, text.Plural(pictures, "picture"))
}
