package preprocess

// stripPlan has the weights of both axes by pairs of samples, of which the first is even.
type stripPlan struct {
	cells   int
	pairs   int     // of each cell, even
	firsts  []int32 // of the pairs of a cell, counted from the first column in use
	steps   []int32 // the same, counted from the first pair of the cells of a section
	weights []int32 // pairs of 16-bit words

	sections  []section // of a row of cells
	tilePairs int       // that one has at most, with those that tiles begin and end with

	pitch     int     // bytes from a pair of rows in the ring to the next
	ringPairs int     // a multiple of those of a strip
	begins    []int32 // of each output row's entries, and their end
	entries   []entry // offset counts pairs of the picture's rows
}

// section is cells whose tiles stay in the first-level cache: from one on up to another, and the columns of their tiles.
type section struct{ cell, cellEnd, column, columnEnd int }

// plan prepares for the weights of two axes, and strips of so many rows.
func (p *stripPlan) plan(across, down *axis, rows int) {
	p.cells, p.pairs = len(across.first), up(across.taps/2+1, 2)
	p.firsts, p.steps = grow(p.firsts, p.cells), grow(p.steps, p.cells)
	p.weights = grow(p.weights, p.cells*p.pairs)
	clear(p.weights)
	for i, first := range across.first {
		at := int(first) - across.low
		p.firsts[i] = int32(at / 2)
		for k, w := range across.weights[i*across.taps : (i+1)*across.taps] {
			k += at % 2
			p.weights[i*p.pairs+k/2] |= int32(w) << (16 * (k % 2)) // at most 1 << acrossBits
		}
	}
	p.divide(up(across.high-across.low, tileColumns), sectionSize/rows)
	stripPairs := rows / 2
	p.pitch = 16 * up(p.cells, downCells)
	p.ringPairs = up(down.taps/2+1+stripPairs-1, stripPairs)
	p.entries, p.begins = p.entries[:0], p.begins[:0]
	for i, first := range down.first {
		p.begins = append(p.begins, int32(len(p.entries)))
		p.add(int(first), down.weights[i*down.taps:(i+1)*down.taps])
	}
	p.begins = append(p.begins, int32(len(p.entries)))
}

// divide makes sections of cells that have at most so many of the columns, or are one.
func (p *stripPlan) divide(columns, most int) {
	p.sections, p.tilePairs = p.sections[:0], 0
	for cell := 0; cell < p.cells; {
		s := section{cell: cell, column: 2 * int(p.firsts[cell]) / tileColumns * tileColumns}
		first := p.firsts[cell]
		for ; cell < p.cells && (cell == s.cell || 2*(int(p.firsts[cell])+p.pairs) <= s.column+most); cell++ {
			p.steps[cell] = p.firsts[cell] - first
		}
		end := up(2*(int(p.firsts[cell-1])+p.pairs), tileColumns)
		s.cellEnd, s.columnEnd = cell, min(end, columns)
		p.sections = append(p.sections, s)
		p.tilePairs = max(p.tilePairs, (end-s.column)/2)
	}
}

// add adds the entries for rows from first on. A weight that does not fit into 16 bits is that of several entries.
func (p *stripPlan) add(first int, weights []uint32) {
	const most = 1<<15 - 1
	for pair := first / 2; pair*2 < first+len(weights); pair++ {
		var w [2]uint32
		for k := range w {
			if i := pair*2 + k - first; i >= 0 && i < len(weights) {
				w[k] = weights[i]
			}
		}
		for w[0] > 0 || w[1] > 0 {
			a, b := min(w[0], most), min(w[1], most)
			p.entries = append(p.entries, entry{int32(pair), [2]int16{int16(a), int16(b)}})
			w[0], w[1] = w[0]-a, w[1]-b
		}
	}
}
