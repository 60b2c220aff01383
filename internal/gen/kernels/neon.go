package main

import "fmt"

// A tile of the NEON kernels is up to 4 pixels by 16 columns, of which 4 at a time are multiplied: a sum is the four
// lanes of a register, and takes 16 products in a step, 8 and 8 of them added in 16 bits (SMULL, SMLAL2), before
// neighbours are added to the lanes (SADALP). Registers 0 … 3 hold bytes of pixels, 4 … 7 bytes of columns, those from 8
// on products, and the last ones sums.
//
// Processors that execute instructions in order (Cortex-A53) wait where a result is needed too soon: the second
// multiplication of a product comes late groups behind the first, its sum held groups behind; the last ones' sums
// are left to the next step. Loads come together: between multiplications, each would have to wait for the one before.
const (
	neonPixels = 4
	late       = 5
	held       = 8
)

// NEON is the text of neon_arm64.s.
func NEON() []byte {
	var w writer
	w.b.WriteString(headerARM)
	w.entryARM("tilesNEON", neonFrame, neonPixels)
	for n := 1; n <= neonPixels; n++ {
		neonTile{armTile{&w, n}}.function()
	}
	return []byte(w.b.String())
}

// neonFrame holds 16 numbers of 16 bits for each pixel, behind the return address.
const (
	neonFrame   = 16 + neonPixels*32
	neonNumbers = 16
)

// neonTile is the loop for n pixels.
type neonTile struct{ armTile }

// groups is the products of a step: a pixel by a column each.
func (t neonTile) groups() int { return 4 * t.n }

func (t neonTile) pixel(i int) int  { return i % t.n }
func (t neonTile) column(i int) int { return i / t.n }

// product is the register of the products of group i.
func (t neonTile) product(i int) int {
	if t.n == neonPixels {
		return 8 + i%held
	}
	return 8 + i
}

// sum is the register of the sums of a pixel and a column.
func (t neonTile) sum(pixel, column int) int { return 32 - t.groups() + 4*pixel + column }

// walk is the register that points into the line of a pixel.
func (t neonTile) walk(pixel int) string { return fmt.Sprintf("R%d", 8+pixel) }

// function writes the loop over tiles.
//
// R12 and R13 are the first pixels of the two groups, R8 to R11 walk along the lines of all, R4 along the panel, R15 and
// R16 are what the pixels of a group begin with; R7 counts four columns, R5 segments, R6 the steps of one, of which there
// are R23 pairs and R24 single ones. R17 and R19 point at results.
func (t neonTile) function() {
	t.here("tile")
	t.op("MOVD", "LINES, R4")
	t.op("MOVW", "TILE_A(R2), R12")
	t.op("MOVW", "TILE_B(R2), R13")
	t.op("ADD", "R4, R12")
	t.op("ADD", "R4, R13")
	t.op("MOVD", "STARTS, R4")
	t.op("MOVW", "TILE_PIXEL_A(R2), R15")
	t.op("MOVW", "TILE_PIXEL_B(R2), R16")
	t.op("ADD", "R15<<2, R4, R15")
	t.op("ADD", "R16<<2, R4, R16")
	t.op("MOVD", "SINGLES, R24")
	t.op("MOVD", "STEPS_OF, R23")
	t.op("SUB", "R24, R23")
	t.op("LSR", "$1, R23")
	t.output()
	t.op("MOVD", "PANEL, R4")
	t.op("MOVD", "$0, R7")
	t.here("columns")
	t.begin()
	t.products()
	t.end()
	t.op("ADD", "$16, R7")
	t.op("CMP", "$64, R7")
	t.branch("BNE", "columns")
	t.branch("CBNZ R21,", "next")
	t.finish()
}

// begin points at the pixels, and sets one lane of each sum to what its pixel begins with. There are no products yet.
func (t neonTile) begin() {
	for p := range t.n {
		switch {
		case p == 0:
			t.op("MOVD", "R12, %s", t.walk(p))
		case p == t.second():
			t.op("MOVD", "R13, %s", t.walk(p))
		default:
			t.op("ADD", "R14, %s, %s", t.walk(p-1), t.walk(p))
		}
	}
	for p := range t.n {
		from, i := "R15", p
		if p >= t.second() {
			from, i = "R16", p-t.second()
		}
		t.op("FMOVS", "%d(%s), F%d", 4*i, from, t.sum(p, 0))
	}
	for i := t.groups() - min(held, t.groups()); i < t.groups(); i++ {
		t.word("movi v%d.4s, #0", t.product(i))
	}
	for p := range t.n {
		for c := 1; c < 4; c++ {
			t.word("mov v%d.16b, v%d.16b", t.sum(p, c), t.sum(p, 0))
		}
	}
	t.op("MOVD", "R25, R5")
}

// products is the loop over segments: two pairs of steps at a time, of an odd number one first, then single steps.
func (t neonTile) products() {
	t.here("segment")
	t.op("MOVD", "R23, R6")
	t.branch("CBZ R6,", "singles")
	t.branch("TBNZ $0, R6,", "odd")
	t.here("pair")
	t.step(16, "FMOVQ", false)
	t.here("odd")
	t.step(16, "FMOVQ", true)
	t.branch("BGT", "pair")
	t.here("singles")
	t.op("MOVD", "R24, R6")
	t.branch("CBZ R6,", "skip")
	t.here("single")
	t.step(8, "FMOVD", false)
	t.op("SUBS", "$1, R6")
	t.branch("BNE", "single")
	t.here("skip")
	for p := range t.n {
		t.op("ADD", "R22, %s", t.walk(p))
	}
	t.op("SUBS", "$1, R5")
	t.branch("BNE", "segment")
	for i := t.groups() - min(held, t.groups()); i < t.groups(); i++ {
		t.add(i)
	}
}

// step multiplies size bytes of each pixel by those of four columns. count is set where steps are counted.
func (t neonTile) step(size int, load string, count bool) {
	t.op(load, "(R4), F4")
	for p := range t.n {
		t.op(load, "(%s), F%d", t.walk(p), p)
		t.op("ADD", "$%d, %s", size, t.walk(p))
	}
	for c := 1; c < 4; c++ {
		t.op(load, "%d(R4), F%d", c*size, 4+c)
	}
	t.op("ADD", "$%d, R4", 4*size)
	if count {
		t.op("SUBS", "$2, R6")
	}
	n := t.groups()
	behind := min(late, n-1)
	for i := range n {
		t.add((i + n - min(held, n)) % n)
		t.word("smull v%d.8h, v%d.8b, v%d.8b", t.product(i), t.pixel(i), 4+t.column(i))
		if size == 16 && i >= behind {
			t.upper(i - behind)
		}
	}
	for i := n - behind; size == 16 && i < n; i++ {
		t.upper(i)
	}
}

// upper adds the products of upper halves.
func (t neonTile) upper(i int) {
	t.word("smlal2 v%d.8h, v%d.16b, v%d.16b", t.product(i), t.pixel(i), 4+t.column(i))
}

// add adds the products of group i to its sums.
func (t neonTile) add(i int) {
	t.word("sadalp v%d.4s, v%d.8h", t.sum(t.pixel(i), t.column(i)), t.product(i))
}

// end adds the lanes of each sum, so that a register holds four columns of a pixel, and the bias, then scales them and keeps
// 16 bits on the stack; or stores the sums.
func (t neonTile) end() {
	t.op("ADD", "R1, R7, R6")
	t.op("FMOVQ", "BIAS(R6), F0")
	t.op("FMOVQ", "MULT(R6), F1")
	t.op("FMOVQ", "SHIFT(R6), F2")
	for _, step := range []int{1, 2} {
		for p := range t.n {
			for c := 0; c < 4; c += 2 * step {
				t.word("addp v%d.4s, v%d.4s, v%d.4s", t.sum(p, c), t.sum(p, c), t.sum(p, c+step))
			}
		}
	}
	for p := range t.n {
		t.word("add v%d.4s, v%d.4s, v0.4s", t.sum(p, 0), t.sum(p, 0))
	}
	t.branch("CBNZ R21,", "raw")
	for p := range t.n {
		t.scale(t.sum(p, 0), 1, 2)
	}
	t.op("MOVD", "RSP, R6")
	t.op("ADD", "R7>>1, R6")
	for p := range t.n {
		t.word("sqxtn v%d.4h, v%d.4s", t.sum(p, 0), t.sum(p, 0))
	}
	for p := range t.n {
		t.op("FMOVD", "F%d, %d(R6)", t.sum(p, 0), neonNumbers+32*p)
	}
	t.branch("B", "kept")
	t.here("raw")
	for p := range t.n {
		i := p
		if p >= t.second() {
			i -= t.second()
		}
		if i == 0 {
			t.op("ADD", "R7, %s, R6", t.result(p))
		}
		t.op("FMOVQ", "F%d, %d(R6)", t.sum(p, 0), 64*i)
	}
	t.here("kept")
}

// finish makes bytes of the numbers on the stack.
func (t neonTile) finish() {
	t.limits()
	for p := range t.n {
		t.op("FMOVQ", "%d(RSP), F%d", neonNumbers+32*p, 2*p)
		t.op("FMOVQ", "%d(RSP), F%d", neonNumbers+32*p+16, 2*p+1)
	}
	for p := range t.n {
		t.bytes(2*p, 2*p+1)
	}
	t.store(func(p int) int { return 2 * p })
}
