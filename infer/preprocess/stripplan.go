package preprocess

// stripPlan has the weights of both axes by pairs of samples, of which the first is even.
type stripPlan struct {
	cells   int
	pairs   int     // of each cell, even
	firsts  []int32 // of the pairs of a cell, counted from the first column in use
	steps   []int32 // the same, counted from the first pair of the cells that are done at once
	weights []int32 // pairs of 16-bit words
	ends    []int   // of the columns of cells that are done at once
	atOnce  int     // pairs that these have at most, with those that tiles begin and end with

	pitch     int     // bytes from a pair of rows in the ring to the next
	ringPairs int     // a multiple of those of a strip
	begins    []int32 // of each output row's entries, and their end
	entries   []entry // offset counts pairs of the picture's rows
}

// plan prepares for the weights of two axes, and strips of so many pairs of rows.
func (p *stripPlan) plan(across, down *axis, stripPairs int) {
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
	p.planTiles(up(across.high-across.low, tileColumns))
	p.pitch = 16 * up(p.cells, downCells)
	p.ringPairs = up(down.taps/2+1+stripPairs-1, stripPairs)
	p.entries, p.begins = p.entries[:0], p.begins[:0]
	for i, first := range down.first {
		p.begins = append(p.begins, int32(len(p.entries)))
		p.add(int(first), down.weights[i*down.taps:(i+1)*down.taps])
	}
	p.begins = append(p.begins, int32(len(p.entries)))
}

// planTiles plans which tiles of so many columns there are for cells that are done at once.
func (p *stripPlan) planTiles(columns int) {
	p.ends, p.atOnce = p.ends[:0], 0
	for cell := 0; cell < p.cells; cell += cellsAtOnce {
		cells := p.firsts[cell:min(cell+cellsAtOnce, p.cells)]
		for i, first := range cells {
			p.steps[cell+i] = first - cells[0]
		}
		end := up(2*(int(cells[len(cells)-1])+p.pairs), tileColumns)
		p.ends = append(p.ends, min(end, columns))
		p.atOnce = max(p.atOnce, (end-2*int(cells[0])/tileColumns*tileColumns)/2)
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
