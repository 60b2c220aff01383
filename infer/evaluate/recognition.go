package evaluate

import (
	"cmp"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

// recognize counts what a camera would say of each picture if the others were those that it was shown.
func (p *pairing) recognize(f *People) {
	c := p.counts
	members := make([][]int, len(c.names))
	for _, i := range p.some {
		if person := c.faces[i].person; person != none {
			members[person] = append(members[person], i)
		}
	}
	r := &f.Recognition
	right, known, nobody, strangers := 0, 0, 0, 0
	figures := make([]struct {
		right int
		taken map[int]int
	}, len(c.names))
	means := p.means(members)
	for _, i := range p.some {
		person := c.faces[i].person
		said := p.nearest(i, person, members, means)
		switch {
		case person == none || len(members[person]) < 2: // nobody who is known
			if strangers++; said == none {
				nobody++
			}
			continue
		case said == person:
			right++
			figures[person].right++
		case said == none:
			r.Nobody++
		default:
			r.Wrong++
			if figures[person].taken == nil {
				figures[person].taken = map[int]int{}
			}
			figures[person].taken[said]++
		}
		known++
	}
	r.Right, r.Unknown = newShare(right, known), newShare(nobody, strangers)
	for person, name := range c.names {
		n := len(members[person])
		v := PersonFigure{Name: name, Pictures: n}
		if n > 1 {
			v.Right = newShare(figures[person].right, n)
		}
		most := 0
		for other, n := range figures[person].taken {
			if n > most || n == most && c.names[other] < v.TakenFor {
				most, v.TakenFor = n, c.names[other]
			}
		}
		f.ByPerson = append(f.ByPerson, v)
	}
	order.Sort(f.ByPerson, func(a, b PersonFigure) int {
		return cmp.Or(cmp.Compare(a.Right.Share, b.Right.Share), cmp.Compare(a.Name, b.Name))
	})
}

// means are those of all people.
func (p *pairing) means(members [][]int) [][]float32 {
	means := make([][]float32, len(members))
	for person, list := range members {
		means[person] = p.mean(list, none)
	}
	return means
}

// mean is that of the pictures in a list but one; nil: there is none.
func (p *pairing) mean(list []int, but int) []float32 {
	var embeddings [][]float32
	for _, i := range list {
		if i != but {
			embeddings = append(embeddings, p.subject.embeddings[i])
		}
	}
	mean, ok := task.Mean(embeddings...)
	if !ok {
		return nil
	}
	return mean
}

// nearest is who is nearest to a picture, which is left out of its person's own; none: nobody is near enough.
func (p *pairing) nearest(picture, person int, members [][]int, means [][]float32) int {
	best, nearest := p.subject.MaxDistance, none
	for other, mean := range means {
		if other == person {
			mean = p.mean(members[person], picture)
		}
		if mean == nil {
			continue
		}
		if d := task.Apart(p.subject.embeddings[picture], mean); d <= best {
			best, nearest = d, other
		}
	}
	return nearest
}
