package cpu

// again is a pairwise of bytes in which one input is a single short row, a factor for each channel mostly, that meets all rows
// of the other. Several rows at a time are combined with as many copies of it. A piece is that many rows.
type again struct {
	*pairwise[uint8, uint8]
	row, rows []uint8
	second    bool // the row is the second input
	part      int  // bytes of a piece
}

const (
	shortRow   = 1024
	againBytes = 4096 // of a piece, about
)

// againAndAgain is p, or what does the same in fewer calls.
func againAndAgain(l *lowering, p *pairwise[uint8, uint8]) layer {
	first, second := p.from[0], p.from[1]
	if len(p.dims) != 1 || p.width > shortRow || first.step == 0 || second.step == 0 {
		return p
	}
	a := &again{pairwise: p, part: p.width * min(p.count, ceil(againBytes, p.width))}
	switch {
	case first.strides[0] == 0 && second.strides[0] == p.width:
		a.row, a.rows = p.a[:p.width], p.b
	case second.strides[0] == 0 && first.strides[0] == p.width:
		a.row, a.rows, a.second = p.b[:p.width], p.a, true
	default:
		return p
	}
	l.scratch.grow(need{patch: a.part})
	return a
}

func (a *again) units() int { return ceil(len(a.out), a.part) }

func (a *again) run(s *scratch, from, to int) {
	copies := s.patch[:a.part]
	for at := 0; at < len(copies); at += len(a.row) {
		copy(copies[at:], a.row)
	}
	for ; from < to; from++ {
		at, end := from*a.part, min((from+1)*a.part, len(a.out))
		if a.second {
			a.f(a.out[at:end], a.rows[at:end], copies[:end-at], 1, 1)
		} else {
			a.f(a.out[at:end], copies[:end-at], a.rows[at:end], 1, 1)
		}
	}
}
