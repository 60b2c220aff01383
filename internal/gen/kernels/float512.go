package main

import "fmt"

// Tiles32AVX512 is the text of tiles32_avx512_amd64.s.
func Tiles32AVX512() []byte {
	var w writer
	w.b.WriteString(headerFloat512)
	wideTiles{&w}.function()
	return []byte(w.b.String())
}

// A tile of the AVX-512 kernel of float32 is up to 12 pixels by 1 or 2 vectors of 16 columns. Its sums take 24 of the 32
// registers, two more hold weights, and two in turn the number of a pixel that all columns are multiplied by.
const (
	widePixels  = 12
	wideVectors = 2
	wideBytes   = 64 // of a vector
)

const headerFloat512 = headerFloat + `
// The piece under way, and its end.
#define PIECE   40(SP)
#define TO      48(SP)
`

// wideTiles is the function with the tiles.
type wideTiles struct{ *writer }

// function writes the loops for all numbers of pixels and vectors.
//
// DI is the arguments, until a tile begins; then all registers but AX and BX are the pixels' places in the lines. AX walks along
// a piece, BX along the panel. K1 and K2 have a bit for each column of a vector that there is.
func (f wideTiles) function() {
	fmt.Fprintf(&f.b, "\n// func tiles32AVX512(t *Tiles32)\nTEXT ·tiles32AVX512(SB), NOSPLIT, $56-8\n")
	f.op("MOVQ", "t+0(FP), DI")
	for _, v := range [][2]string{{"At", "AT"}, {"Dst", "DST_AT"}, {"Sums", "SUMS_AT"}, {"Count", "LEFT"}} {
		f.op("MOVQ", "Tiles32_%s(DI), AX", v[0])
		f.op("MOVQ", "AX, %s", v[1])
	}
	f.op("MOVQ", "Tiles32_Many(DI), AX")
	f.op("MOVQ", "Tiles32_Pieces(DI), CX")
	f.op("LEAQ", "(CX)(AX*8), AX")
	f.op("MOVQ", "AX, END")
	f.op("MOVQ", "Tiles32_Width(DI), CX")
	f.op("MOVL", "$1, AX")
	f.op("SHLQ", "CX, AX")
	f.op("DECQ", "AX")
	f.op("KMOVW", "AX, K1")
	f.op("SHRQ", "$16, AX")
	f.op("KMOVW", "AX, K2")
	f.op("JNE", "tiles2")
	for v := 1; v <= wideVectors; v++ {
		f.choice(v)
		for n := widePixels; n > 0; n-- {
			wideTile{f, n, v}.loop()
		}
	}
}

// choice jumps to the tile for the pixels that are left, or returns.
func (f wideTiles) choice(vectors int) {
	f.label("tiles%d", vectors)
	f.op("MOVQ", "LEFT, AX")
	f.op("CMPQ", "AX, $%d", 2*widePixels)
	f.op("JGE", "tile%dx%d", widePixels, vectors)
	f.op("CMPQ", "AX, $%d", widePixels)
	f.op("JLE", "last%d", vectors)
	f.op("INCQ", "AX") // the last two tiles share what is left
	f.op("SHRQ", "$1, AX")
	f.label("last%d", vectors)
	for n := widePixels; n > 0; n-- {
		f.op("CMPQ", "AX, $%d", n)
		f.op("JEQ", "tile%dx%d", n, vectors)
	}
	f.op("VZEROUPPER", "")
	f.op("RET", "")
}

// wideTile is the loop for n pixels by some vectors of columns.
type wideTile struct {
	wideTiles
	n, vectors int
}

func (t wideTile) sum(pixel, vector int) string { return fmt.Sprintf("Z%d", pixel*t.vectors+vector) }

// behind is register i of those behind all sums.
func (t wideTile) behind(i int) string { return fmt.Sprintf("Z%d", widePixels*wideVectors+i) }

func (t wideTile) line(pixel int) string {
	if pixel >= 8 {
		return [...]string{"SI", "CX", "DX", "DI"}[pixel-8]
	}
	return fmt.Sprintf("R%d", 8+pixel)
}

func (t wideTile) name() string { return fmt.Sprintf("%dx%d", t.n, t.vectors) }

// row is the bytes of the numbers that a pixel has in a panel or among the sums.
func (t wideTile) row() int { return wideBytes * t.vectors }

// each calls f for all sums.
func (t wideTile) each(f func(pixel, vector int)) {
	for p := range t.n {
		for v := range t.vectors {
			f(p, v)
		}
	}
}

func (t wideTile) loop() {
	t.label("tile%s", t.name())
	t.op("MOVQ", "Tiles32_Pieces(DI), AX")
	t.op("MOVQ", "AX, PIECE")
	t.op("MOVQ", "Tiles32_Panel(DI), BX")
	t.op("CMPQ", "Tiles32_Begun(DI), $0")
	t.op("JNE", "begun%s", t.name())
	t.each(func(p, v int) { t.op("VPXORD", "%s, %[1]s, %[1]s", t.sum(p, v)) })
	t.label("lines%s", t.name())
	t.op("MOVQ", "AT, AX")
	for p := range t.n {
		if t.line(p) != "DI" {
			t.op("MOVLQSX", "%d(AX), %s", 4*p, t.line(p))
			t.op("ADDQ", "Tiles32_Lines(DI), %s", t.line(p))
			continue
		}
		t.op("MOVLQSX", "%d(AX), AX", 4*p)
		t.op("MOVQ", "Tiles32_Lines(DI), DI")
		t.op("ADDQ", "AX, DI")
	}
	t.op("ADDQ", "$%d, AT", 4*t.n)
	t.products()
	t.output()
}

// products is the loop over pieces, by 4 numbers and then by 1.
func (t wideTile) products() {
	name := t.name()
	t.label("piece%s", name)
	t.op("MOVQ", "PIECE, AX")
	t.op("MOVLQSX", "Piece32_To(AX), AX")
	t.op("SUBQ", "$12, AX")
	t.op("MOVQ", "AX, TO")
	t.op("MOVQ", "PIECE, AX")
	t.op("MOVLQSX", "Piece32_From(AX), AX")
	t.op("CMPQ", "AX, TO")
	t.op("JGE", "rest%s", name)
	t.label("four%s", name)
	for i := range 4 {
		t.step(i)
	}
	t.op("ADDQ", "$%d, BX", 4*t.row())
	t.op("ADDQ", "$16, AX")
	t.op("CMPQ", "AX, TO")
	t.op("JLT", "four%s", name)
	t.label("rest%s", name)
	t.op("ADDQ", "$12, TO")
	t.op("CMPQ", "AX, TO")
	t.op("JGE", "next%s", name)
	t.label("one%s", name)
	t.step(0)
	t.op("ADDQ", "$%d, BX", t.row())
	t.op("ADDQ", "$4, AX")
	t.op("CMPQ", "AX, TO")
	t.op("JLT", "one%s", name)
	t.label("next%s", name)
	t.op("MOVQ", "PIECE, AX")
	t.op("ADDQ", "$Piece32__size, AX")
	t.op("MOVQ", "AX, PIECE")
	t.op("CMPQ", "AX, END")
	t.op("JLT", "piece%s", name)
}

// step multiplies number i from here of each pixel.
func (t wideTile) step(i int) {
	for v := range t.vectors {
		t.op("VMOVUPS", "%d(BX), %s", wideBytes*(i*t.vectors+v), t.behind(v))
	}
	for p := range t.n {
		at := fmt.Sprintf("%d(%s)(AX*1)", 4*i, t.line(p))
		if t.vectors == 1 {
			t.op("VFMADD231PS.BCST", "%s, %s, %s", at, t.behind(0), t.sum(p, 0))
			continue
		}
		x := t.behind(t.vectors + p%2)
		t.op("VBROADCASTSS", "%s, %s", at, x)
		for v := range t.vectors {
			t.op("VFMADD231PS", "%s, %s, %s", t.behind(v), x, t.sum(p, v))
		}
	}
}

// output stores the results or the sums so far, and goes on with the next pixels.
func (t wideTile) output() {
	name, lo, hi := t.name(), t.behind(wideVectors), t.behind(wideVectors+1)
	t.op("MOVQ", "t+0(FP), DI")
	t.op("SUBQ", "$%d, LEFT", t.n)
	t.op("MOVQ", "Tiles32_Bias(DI), CX")
	t.op("TESTQ", "CX, CX")
	t.op("JEQ", "sums%s", name)
	t.op("VBROADCASTSS", "Tiles32_Lo(DI), %s", lo)
	t.op("VBROADCASTSS", "Tiles32_Hi(DI), %s", hi)
	t.op("MOVQ", "DST_AT, AX")
	t.op("MOVQ", "Tiles32_Stride(DI), DX")
	for v := range t.vectors {
		t.op("VMOVUPS", "%d(CX), %s", wideBytes*v, t.behind(v))
	}
	t.each(func(p, v int) {
		s := t.sum(p, v)
		t.op("VADDPS", "%s, %s, %[2]s", t.behind(v), s)
		t.op("VMAXPS", "%s, %s, %[2]s", lo, s) // lo if the sum is no number
		t.op("VMINPS", "%s, %s, %[1]s", s, hi)
		t.op("VMOVUPS", "%s, K%d, %d(AX)", s, v+1, wideBytes*v)
		if v == t.vectors-1 {
			t.op("ADDQ", "DX, AX")
		}
	})
	t.op("MOVQ", "AX, DST_AT")
	t.op("ADDQ", "$%d, SUMS_AT", t.n*t.row())
	t.op("JMP", "tiles%d", t.vectors)

	t.label("sums%s", name)
	t.op("MOVQ", "SUMS_AT, AX")
	t.each(func(p, v int) { t.op("VMOVUPS", "%s, %d(AX)", t.sum(p, v), p*t.row()+wideBytes*v) })
	t.op("ADDQ", "$%d, SUMS_AT", t.n*t.row())
	t.op("JMP", "tiles%d", t.vectors)

	t.label("begun%s", name)
	t.op("MOVQ", "SUMS_AT, AX")
	t.each(func(p, v int) { t.op("VMOVUPS", "%d(AX), %s", p*t.row()+wideBytes*v, t.sum(p, v)) })
	t.op("JMP", "lines%s", name)
}
