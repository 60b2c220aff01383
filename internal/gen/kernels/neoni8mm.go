package main

// A tile of the kernels with matrix products is up to 6 pixels by 16 columns, as that with dot products, but a register of
// sums holds 2 pixels by 2 columns: a matrix product takes 8 bytes of each of these, and adds 32 products. 24 registers are
// sums, 6 the pixels' bytes and 2 the columns'. Bytes of a pixel are unsigned and are read where they lie; those of two
// pixels come into one register by ZIP, 16 of each at a time.
const matrixPixels = 6

// NEONI8MM is the text of neoni8mm_arm64.s.
func NEONI8MM() []byte {
	var w writer
	w.b.WriteString(headerARM)
	w.entryARM("tilesI8MM", 0, matrixPixels)
	for n := 1; n <= matrixPixels; n++ {
		matrixTile{dotTile{armTile{&w, n}}}.function()
	}
	return []byte(w.b.String())
}

// matrixTile is the loop for n pixels. What it has of dotTile is how pixels are pointed at.
type matrixTile struct{ dotTile }

// pairs is the number of pairs of pixels; if n is odd, the last one is a pixel twice.
func (t matrixTile) pairs() int { return (t.n + 1) / 2 }

// other is the register of the second pixel of a pair.
func (t matrixTile) other(pair int) int { return t.pixel(min(2*pair+1, t.n-1)) }

// sums is the register of the sums of a pair of pixels and columns 2*c and 2*c+1, in the order of a matrix: those of the
// first pixel, then those of the second.
func (t matrixTile) sums(pair, c int) int { return 8*pair + c }

// function writes the loop over tiles. The registers are those of dotTile, but that R24 is 1 if a segment has a single
// step, and R23 half the number of others.
func (t matrixTile) function() {
	t.here("tile")
	t.pixels()
	t.begin()
	t.op("MOVD", "PANEL, R4")
	t.op("MOVD", "STEPS_OF, R23")
	t.op("AND", "$1, R23, R24")
	t.op("LSR", "$1, R23")
	t.op("MOVD", "R25, R5")
	t.products()
	rows := t.rows()
	t.output()
	t.branch("CBNZ R21,", "raw")
	t.scaled(rows)
	t.store(func(p int) int { return rows[p][0] })
	t.here("raw")
	for p := range t.n {
		for c, sum := range rows[p] {
			t.op("FMOVQ", "F%d, %d(%s)", sum, 16*c, t.result(p))
		}
		t.op("ADD", "R20, %s", t.result(p))
	}
	t.branch("B", "next")
}

// begin sets the sums to the bias plus what each pixel begins with.
func (t matrixTile) begin() {
	t.op("MOVD", "STARTS, R4")
	t.op("MOVW", "TILE_PIXEL_A(R2), R15")
	t.op("MOVW", "TILE_PIXEL_B(R2), R16")
	t.op("ADD", "R15<<2, R4, R15")
	t.op("ADD", "R16<<2, R4, R16")
	for p := range t.n {
		from := "R15"
		if p >= t.second() {
			from = "R16"
		}
		t.op("VLD1R.P", "4(%s), [V%d.S4]", from, t.pixel(p))
	}
	for i := range t.pairs() {
		t.word("zip1 v%d.2d, v%d.2d, v%d.2d", t.pixel(2*i), t.pixel(2*i), t.other(i))
	}
	t.op("ADD", "$BIAS, R1, R4")
	for c := range 8 {
		bias := 30 + c%2
		t.op("VLD1R.P", "8(R4), [V%d.D2]", bias)
		for i := range t.pairs() {
			t.word("add v%d.4s, v%d.4s, v%d.4s", t.sums(i, c), t.pixel(2*i), bias)
		}
	}
}

// products is the loop over segments, by 16 and then by 8 bytes.
func (t matrixTile) products() {
	t.here("segment")
	t.op("MOVD", "R23, R6")
	t.branch("CBZ R6,", "rest")
	t.here("two")
	t.twoSteps()
	t.op("SUBS", "$1, R6")
	t.branch("BNE", "two")
	t.here("rest")
	t.branch("CBZ R24,", "skip")
	t.here("one")
	t.oneStep()
	t.here("skip")
	for p := range t.n {
		t.op("ADD", "R22, %s", t.walk(p))
	}
	t.op("SUBS", "$1, R5")
	t.branch("BNE", "segment")
}

// twoSteps multiplies 16 bytes of each pixel. When a pair's bytes are in order, one of its registers is free for the next
// pair, at last for columns.
func (t matrixTile) twoSteps() {
	for p := range t.n {
		t.op("FMOVQ.P", "16(%s), F%d", t.walk(p), t.pixel(p))
	}
	free, columns := 30, 31
	var halves [2][]int
	for i := range t.pairs() {
		a, b := t.pixel(2*i), t.other(i)
		t.word("zip1 v%d.2d, v%d.2d, v%d.2d", free, a, b)
		t.word("zip2 v%d.2d, v%d.2d, v%d.2d", b, a, b)
		halves[0], halves[1] = append(halves[0], free), append(halves[1], b)
		if free = a; a == b {
			free = 29 // which is no pixel's, if a pixel is alone
		}
	}
	for _, half := range halves {
		t.multiply(half, free, columns)
	}
}

// oneStep multiplies 8 bytes of each pixel.
func (t matrixTile) oneStep() {
	var pairs []int
	for p := range t.n {
		t.op("FMOVD.P", "8(%s), F%d", t.walk(p), t.pixel(p))
	}
	for i := range t.pairs() {
		t.word("zip1 v%d.2d, v%d.2d, v%d.2d", t.pixel(2*i), t.pixel(2*i), t.other(i))
		pairs = append(pairs, t.pixel(2*i))
	}
	t.multiply(pairs, 30, 31)
}

// multiply multiplies 8 bytes of the pixels in some registers by those of 16 columns, which come into a and b in turn.
func (t matrixTile) multiply(pairs []int, a, b int) {
	for c := 0; c < 8; c += 2 {
		t.op("FLDPQ.P", "32(R4), (F%d, F%d)", a, b)
		for k, column := range []int{a, b} {
			for i, pixels := range pairs {
				t.word("usmmla v%d.4s, v%d.16b, v%d.16b", t.sums(i, c+k), pixels, column)
			}
		}
	}
}

// rows sorts the sums by pixel, and tells the registers of each: four columns in each.
func (t matrixTile) rows() [][4]int {
	rows, free := make([][4]int, 2*t.pairs()), 31
	for i := range t.pairs() {
		for q := range 4 {
			a, b := t.sums(i, 2*q), t.sums(i, 2*q+1)
			t.word("zip1 v%d.2d, v%d.2d, v%d.2d", free, a, b)
			t.word("zip2 v%d.2d, v%d.2d, v%d.2d", b, a, b)
			rows[2*i][q], rows[2*i+1][q], free = free, b, a
		}
	}
	return rows[:t.n]
}

// scaled makes bytes of the sums, in each pixel's first register.
func (t matrixTile) scaled(rows [][4]int) {
	for c := range 4 {
		mult, shift := 24+2*(c%2), 25+2*(c%2)
		t.op("FMOVQ", "MULT+%d(R1), F%d", 16*c, mult)
		t.op("FMOVQ", "SHIFT+%d(R1), F%d", 16*c, shift)
		for _, row := range rows {
			t.scale(row[c], mult, shift)
		}
	}
	t.limits()
	for _, row := range rows {
		for c := 0; c < 4; c += 2 {
			t.word("sqxtn v%d.4h, v%d.4s", row[c], row[c])
			t.word("sqxtn2 v%d.8h, v%d.4s", row[c], row[c+1])
		}
	}
	for _, row := range rows {
		t.bytes(row[0], row[2])
	}
}
