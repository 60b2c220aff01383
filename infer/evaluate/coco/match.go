package coco

import (
	"cmp"
	"iter"

	"github.com/inceptiond/inceptiond/internal/order"
)

// matcher says which finds of one class in one picture are right. Its memory is used again for the next.
type matcher struct {
	truths, found  []int // numbers of the class's, the finds by score
	restT, restF   []int // of the classes that are still to come
	like           []float64
	order          []int // of truths: those that count first
	ignored        []bool
	taken          []bool
	matched, first []int // truth of each find at a threshold, and at the first of them
}

// split gives the classes of a picture, each once. While a class is looked at, truths and found of m are those of it.
func (m *matcher) split(truths []Truth, found []Found, most int) iter.Seq[int] {
	return func(yield func(int) bool) {
		m.restT, m.restF = numbered(m.restT, len(truths)), numbered(m.restF, len(found))
		order.Stable(m.restF, func(a, b int) int { return cmp.Compare(found[b].Score, found[a].Score) })
		for len(m.restT)+len(m.restF) > 0 {
			var c int
			if len(m.restT) > 0 {
				c = truths[m.restT[0]].Class
			} else {
				c = found[m.restF[0]].Class
			}
			m.truths, m.restT = take(m.truths, m.restT, func(i int) bool { return truths[i].Class == c })
			m.found, m.restF = take(m.found, m.restF, func(i int) bool { return found[i].Class == c })
			m.found = m.found[:min(len(m.found), most)]
			if !yield(c) {
				return
			}
		}
	}
}

// take moves the numbers that are wanted from a list to another, whose memory is used again.
func take(to, from []int, wanted func(i int) bool) (taken, rest []int) {
	taken, rest = to[:0], from[:0]
	for _, i := range from {
		if wanted(i) {
			taken = append(taken, i)
		} else {
			rest = append(rest, i)
		}
	}
	return taken, rest
}

// numbered are the numbers from 0 to n-1, in the memory of list.
func numbered(list []int, n int) []int {
	list = list[:0]
	for i := range n {
		list = append(list, i)
	}
	return list
}

// compare finds out how like each find is to each truth.
func (m *matcher) compare(truths []Truth, found []Found, like func(f, t int) float64) {
	m.like = m.like[:0]
	for _, f := range m.found {
		for _, t := range m.truths {
			m.like = append(m.like, like(f, t))
		}
	}
}

// area notes in list, which has the finds of the class, what is right where only a range of sizes counts, and returns how many
// there are to be found in that.
func (m *matcher) area(truths []Truth, found []Found, a Area, number int, list []scored) (count int32) {
	m.order, m.ignored = m.order[:0], m.ignored[:0]
	for i, t := range m.truths {
		v := &truths[t]
		ignored := v.Crowd || v.Skip || v.Area < a.Min || v.Area > a.Max
		m.ignored = append(m.ignored, ignored)
		if !ignored {
			m.order = append(m.order, i)
		}
	}
	count = int32(len(m.order))
	for i, ignored := range m.ignored {
		if ignored {
			m.order = append(m.order, i)
		}
	}
	for threshold := range thresholds {
		m.run(truths, likeness(threshold))
		if threshold == 0 {
			m.first = append(m.first[:0], m.matched...)
		}
		for i, t := range m.matched {
			size := found[m.found[i]].Area
			switch {
			case t >= 0 && m.ignored[t] || t < 0 && (size < a.Min || size > a.Max):
				list[i].ignored[number] |= 1 << threshold
			case t >= 0:
				list[i].hit[number] |= 1 << threshold
			}
		}
	}
	return count
}

// run gives each find, the best first, the truth that it is most like of those that are left. One that counts goes before one that
// does not, and of equals the last.
func (m *matcher) run(truths []Truth, threshold float64) {
	m.matched, m.taken = m.matched[:0], m.taken[:0]
	for range m.truths {
		m.taken = append(m.taken, false)
	}
	for i := range m.found {
		like := m.like[i*len(m.truths) : (i+1)*len(m.truths)]
		best, at := min(threshold, 1-1e-10), -1
		for _, t := range m.order {
			if m.taken[t] && !truths[m.truths[t]].Crowd {
				continue
			}
			if at >= 0 && !m.ignored[at] && m.ignored[t] {
				break
			}
			if like[t] >= best {
				best, at = like[t], t
			}
		}
		if at >= 0 {
			m.taken[at] = true
		}
		m.matched = append(m.matched, at)
	}
}

// told writes to match which truth each find is of where the least likeness is enough.
func (m *matcher) told(match []int) {
	for i, t := range m.first {
		if t >= 0 {
			match[m.found[i]] = m.truths[t]
		}
	}
}
