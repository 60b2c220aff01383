package main

import "fmt"

// A tile of the kernels with dot products is up to 6 pixels by 16 columns: 24 registers of sums, 6 of the pixels' bytes and
// 2 of the columns'. A lane of sums is a column, so that a dot product takes 4 bytes of each of 4 columns, and 4 bytes
// of a pixel that all of them are multiplied by.
const dotPixels = 6

// NEONDot is the text of neondot_arm64.s.
func NEONDot() []byte {
	var w writer
	w.b.WriteString(headerARM)
	w.entryARM("tilesDot", 0, dotPixels)
	for n := 1; n <= dotPixels; n++ {
		dotTile{armTile{&w, n}}.function()
	}
	return []byte(w.b.String())
}

// dotTile is the loop for n pixels.
type dotTile struct{ armTile }

// sum is the register of the sums of a pixel and four columns.
func (t dotTile) sum(pixel, columns int) int { return 4*pixel + columns }

// pixel is the register of a pixel's bytes, walk the one that points into its line.
func (t dotTile) pixel(p int) int   { return 24 + p }
func (t dotTile) walk(p int) string { return fmt.Sprintf("R%d", 8+p) }

// function writes the loop over tiles.
//
// R8 to R13 walk along the lines of the pixels, R4 along the panel; R5 counts segments, R6 the steps of one, of which
// there are R23 times four and R24. R15 and R16 are what the pixels of a group begin with, then R17 and R19 point at
// results.
func (t dotTile) function() {
	t.here("tile")
	t.pixels()
	t.begin()
	t.op("MOVD", "PANEL, R4")
	t.op("MOVD", "STEPS_OF, R23")
	t.op("AND", "$3, R23, R24")
	t.op("LSR", "$2, R23")
	t.op("MOVD", "R25, R5")
	t.products()
	t.output()
	t.branch("CBNZ R21,", "raw")
	t.scaled()
	t.store(func(p int) int { return t.sum(p, 0) })
	t.here("raw")
	for p := range t.n {
		for c := range 4 {
			t.op("FMOVQ", "F%d, %d(%s)", t.sum(p, c), 16*c, t.result(p))
		}
		t.op("ADD", "R20, %s", t.result(p))
	}
	t.branch("B", "next")
}

// pixels points at all pixels.
func (t dotTile) pixels() {
	t.op("MOVD", "LINES, R4")
	first := t.walk(0)
	t.op("MOVW", "TILE_A(R2), %s", first)
	t.op("ADD", "R4, %s", first)
	if t.n > 1 {
		second := t.walk(t.second())
		t.op("MOVW", "TILE_B(R2), %s", second)
		t.op("ADD", "R4, %s", second)
	}
	for p := 1; p < t.n; p++ {
		if p != t.second() {
			t.op("ADD", "R14, %s, %s", t.walk(p-1), t.walk(p))
		}
	}
}

// begin sets the sums to the bias plus what each pixel begins with.
func (t dotTile) begin() {
	t.op("MOVD", "STARTS, R4")
	t.op("MOVW", "TILE_PIXEL_A(R2), R15")
	t.op("MOVW", "TILE_PIXEL_B(R2), R16")
	t.op("ADD", "R15<<2, R4, R15")
	t.op("ADD", "R16<<2, R4, R16")
	for c := range 4 {
		t.op("FMOVQ", "BIAS+%d(R1), F%d", 16*c, 28+c)
	}
	for p := range t.n {
		from := "R15"
		if p >= t.second() {
			from = "R16"
		}
		t.op("VLD1R.P", "4(%s), [V%d.S4]", from, 24+p%4)
		for c := range 4 {
			t.word("add v%d.4s, v%d.4s, v%d.4s", t.sum(p, c), 28+c, 24+p%4)
		}
	}
}

// products is the loop over segments, by 16 and then by 4 bytes.
func (t dotTile) products() {
	t.here("segment")
	t.op("MOVD", "R23, R6")
	t.branch("CBZ R6,", "rest")
	t.here("four")
	for p := range t.n {
		t.op("FMOVQ.P", "16(%s), F%d", t.walk(p), t.pixel(p))
	}
	for k := range 4 {
		t.step(k)
	}
	t.op("SUBS", "$1, R6")
	t.branch("BNE", "four")
	t.here("rest")
	t.op("MOVD", "R24, R6")
	t.branch("CBZ R6,", "skip")
	t.here("one")
	for p := range t.n {
		t.op("FMOVS.P", "4(%s), F%d", t.walk(p), t.pixel(p))
	}
	t.step(0)
	t.op("SUBS", "$1, R6")
	t.branch("BNE", "one")
	t.here("skip")
	for p := range t.n {
		t.op("ADD", "R22, %s", t.walk(p))
	}
	t.op("SUBS", "$1, R5")
	t.branch("BNE", "segment")
}

// step multiplies bytes 4*k… of each pixel's register by those of 16 columns.
func (t dotTile) step(k int) {
	for half := range 2 {
		t.op("FLDPQ.P", "32(R4), (F30, F31)")
		for c := range 2 {
			for p := range t.n {
				t.word("sdot v%d.4s, v%d.16b, v%d.4b[%d]", t.sum(p, 2*half+c), 30+c, t.pixel(p), k)
			}
		}
	}
}

// scaled makes bytes of the sums, in each pixel's first register.
func (t dotTile) scaled() {
	for c := range 4 {
		t.op("FMOVQ", "MULT+%d(R1), F%d", 16*c, 24+2*(c%2))
		t.op("FMOVQ", "SHIFT+%d(R1), F%d", 16*c, 25+2*(c%2))
		for p := range t.n {
			t.scale(t.sum(p, c), 24+2*(c%2), 25+2*(c%2))
		}
	}
	t.limits()
	for p := range t.n {
		for c := 0; c < 4; c += 2 {
			t.word("sqxtn v%d.4h, v%d.4s", t.sum(p, c), t.sum(p, c))
			t.word("sqxtn2 v%d.8h, v%d.4s", t.sum(p, c), t.sum(p, c+1))
		}
	}
	for p := range t.n {
		t.bytes(t.sum(p, 0), t.sum(p, 2))
	}
}
