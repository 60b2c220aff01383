package main

import "fmt"

// plane is the address of plane i of six, for which SI is the distance from one to the next, R11 three and R12 five times it.
func plane(base string, i, offset int) string {
	index := [...]string{"", "(SI*1)", "(SI*2)", "(R11*1)", "(SI*4)", "(R12*1)"}[i]
	return fmt.Sprintf("%d(%s)%s", offset, base, index)
}

// planes sets what plane wants, for a distance that is an argument.
func (w *writer) planes(pitch string) {
	w.op("MOVQ", "%s, SI", pitch)
	w.op("LEAQ", "(SI)(SI*2), R11")
	w.op("LEAQ", "(SI)(SI*4), R12")
}

// chroma converts Cb and Cr: 0 and 1 are those of as many samples as a vector has words, less 128, 2, 3 and 4 the colours.
func (w *writer) chroma() {
	w.function("chroma", "dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable", 56)
	w.op("MOVQ", "dst+0(FP), DI")
	w.planes("pitch+8(FP)")
	w.op("MOVQ", "cb+16(FP), R8")
	w.op("MOVQ", "cr+24(FP), R9")
	w.op("MOVQ", "step+32(FP), DX")
	w.op("MOVQ", "n+40(FP), CX")
	w.op("MOVQ", "t+48(FP), R10")
	w.op("MOVQ", "320(R10), X13")
	w.load(12, "288(R10)")
	w.load(11, "0(R10)")
	w.op("CMPQ", "DX, $2")
	w.op("JEQ", "two")
	w.op("JGT", "four")
	for i, name := range []string{"one", "two", "four"} {
		w.label("%s", name)
		w.samples(0, "R8", 1<<i)
		w.samples(1, "R9", 1<<i)
		w.converted()
		w.op("ADDQ", "$%d, R8", w.bytes()/2<<i)
		w.op("ADDQ", "$%d, R9", w.bytes()/2<<i)
		w.op("ADDQ", "$%d, DI", w.bytes())
		w.op("SUBQ", "$%d, CX", w.bytes()/2)
		w.op("JNZ", "%s", name)
		w.end()
	}
}

// samples reads bytes that lie step apart as words, less 128.
func (w *writer) samples(dst int, at string, step int) {
	switch step {
	case 1:
		name := "PMOVZXBW"
		if w.avx {
			name = "VPMOVZXBW"
		}
		w.op(name, "(%s), %s", at, w.reg(dst))
	case 2:
		w.load(dst, "("+at+")")
		w.do("PAND", dst, dst, w.shared("words", repeated(0xff, 0)))
	case 4:
		w.load(dst, "("+at+")")
		w.load(5, fmt.Sprintf("%d(%s)", w.bytes(), at))
		w.do("PAND", dst, dst, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PAND", 5, 5, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PACKUSDW", dst, dst, 5)
		w.ordered(dst)
	}
	w.do("PSUBW", dst, dst, 11)
}

// converted makes colours of Cb and Cr, and stores what lies above and below the shift.
func (w *writer) converted() {
	term := func(dst, sample, at int) {
		w.do("PMULLW", dst, sample, fmt.Sprintf("%d(R10)", at))
		w.do("PMULHRSW", 6, sample, fmt.Sprintf("%d(R10)", at+32))
		w.do("PADDW", dst, dst, 6)
	}
	term(2, 1, 32)
	term(3, 0, 96)
	term(5, 1, 160)
	w.do("PADDW", 3, 3, 5)
	term(4, 0, 224)
	for i, colour := range []int{2, 3, 4} {
		w.do("PAND", 5, colour, 12)
		w.do("PSRAW", colour, colour, "X13")
		w.store(colour, plane("DI", i, 0))
		w.store(5, plane("DI", 3+i, 0))
	}
}

// blend mixes two rows, three parts to one.
func (w *writer) blend() {
	w.function("blend", "dst, near, far *int16, n int", 32)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "near+8(FP), R8")
	w.op("MOVQ", "far+16(FP), R9")
	w.op("MOVQ", "n+24(FP), CX")
	w.op("XORQ", "AX, AX")
	w.label("mixed")
	w.load(0, "(R8)(AX*2)")
	w.do("PADDW", 1, 0, 0)
	w.do("PADDW", 0, 0, "(R9)(AX*2)")
	w.do("PADDW", 0, 0, 1)
	w.store(0, "(DI)(AX*2)")
	w.op("ADDQ", "$%d, AX", w.bytes()/2)
	w.op("CMPQ", "AX, CX")
	w.op("JLT", "mixed")
	w.end()
}

// colours adds luma and chroma. In words of even and of odd pixels, 0 and 1 are luma, later what is above the shift, 2 and 3
// what is below it.
func (w *writer) colours() {
	w.function("colours", "dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable", 64)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), BX")
	w.op("MOVQ", "luma+16(FP), R8")
	w.op("MOVQ", "step+24(FP), DX")
	w.op("MOVQ", "chroma+32(FP), R9")
	w.planes("chromaPitch+40(FP)")
	w.op("MOVQ", "n+48(FP), CX")
	w.op("MOVQ", "t+56(FP), R10")
	w.op("MOVQ", "128(R10), X12") // the shift of what is below
	w.op("MOVQ", "136(R10), X13") // 16 less that
	w.load(11, w.shared("words", repeated(0xff, 0)))
	w.load(10, w.shared("zip", [16]byte{0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15}))
	w.label("pixels")
	w.op("CMPQ", "DX, $1")
	w.op("JNE", "double")
	w.load(0, "(R8)")
	w.op("ADDQ", "$%d, R8", w.bytes())
	w.op("JMP", "luma")
	w.label("double")
	w.load(0, "(R8)")
	w.load(1, fmt.Sprintf("%d(R8)", w.bytes()))
	w.do("PAND", 0, 0, 11)
	w.do("PAND", 1, 1, 11)
	w.do("PACKUSWB", 0, 0, 1)
	w.ordered(0)
	w.op("ADDQ", "$%d, R8", 2*w.bytes())
	w.label("luma")
	w.do("PSRLW", 1, 0, "$8")
	w.do("PAND", 0, 0, 11)
	for i := range 2 {
		w.do("PADDW", i, i, "0(R10)")
		w.do("PMULHUW", 4, i, "32(R10)")
		w.do("PMULLW", 2+i, i, "32(R10)")
		w.do("PMULLW", i, i, "64(R10)")
		w.do("PSRLW", 2+i, 2+i, "X13")
		w.do("PADDW", i, i, 4)
		w.do("PADDW", i, i, "96(R10)")
	}
	for i, to := range []string{"(DI)", "(DI)(BX*1)", "(DI)(BX*2)"} {
		w.mixed(i)
		w.store(6, to)
	}
	w.op("ADDQ", "$%d, DI", w.bytes())
	w.op("ADDQ", "$%d, R9", w.bytes())
	w.op("SUBQ", "$%d, CX", w.bytes())
	w.op("JNZ", "pixels")
	w.end()
}

// mixed makes a colour of the pixels in 6: three parts of their own sample, one of the one before or after.
func (w *writer) mixed(colour int) {
	for part, to := range []int{4, 5} {
		at := 3*part + colour
		w.load(to, plane("R9", at, 2))
		w.do("PADDW", 6, to, to)
		w.do("PADDW", to, to, 6) // three of it
	}
	w.do("PADDW", 6, 4, plane("R9", colour, 0))
	w.do("PADDW", 4, 4, plane("R9", colour, 4))
	w.do("PADDW", 8, 5, plane("R9", 3+colour, 0))
	w.do("PADDW", 5, 5, plane("R9", 3+colour, 4))
	for i, p := range [][2]int{{6, 8}, {4, 5}} {
		level, below := p[0], p[1]
		w.do("PADDW", below, below, 2+i)
		w.do("PSRLW", below, below, "X12")
		w.do("PADDW", level, level, below)
		w.do("PADDSW", level, level, i)
		w.do("PSRAW", level, level, "$6")
	}
	w.do("PACKUSWB", 6, 6, 4)
	w.do("PSHUFB", 6, 6, 10)
}

// split makes three planes of pixels of three bytes.
func (w *writer) split() {
	w.function("split", "first, second, third, src *byte, n int", 40)
	for i, r := range []string{"DI", "R8", "R9", "SI", "CX"} {
		w.op("MOVQ", "%s+%d(FP), %s", []string{"first", "second", "third", "src", "n"}[i], 8*i, r)
	}
	w.label("pixels")
	for i := range 3 {
		w.lanes(i, fmt.Sprintf("%d(SI)", 16*i), fmt.Sprintf("%d(SI)", 48+16*i))
	}
	for c, to := range []string{"(DI)", "(R8)", "(R9)"} {
		for v := range 3 {
			var m [16]byte
			for i := range m {
				if m[i] = 0x80; (3*i+c)/16 == v {
					m[i] = byte((3*i + c) % 16)
				}
			}
			w.do("PSHUFB", 3+v, v, w.shared(fmt.Sprintf("split%d%d", c, v), m))
		}
		w.do("POR", 3, 3, 4)
		w.do("POR", 3, 3, 5)
		w.store(3, to)
	}
	w.op("ADDQ", "$%d, SI", 3*w.bytes())
	for _, r := range []string{"DI", "R8", "R9"} {
		w.op("ADDQ", "$%d, %s", w.bytes(), r)
	}
	w.op("SUBQ", "$%d, CX", w.bytes())
	w.op("JNZ", "pixels")
	w.end()
}

// tile makes columns of rows: a lane holds pairs of pixels of 4 rows each.
func (w *writer) tile() {
	w.function("tile", "dst *int16, src *byte, pitch, n int", 32)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "src+8(FP), R8")
	w.op("MOVQ", "pitch+16(FP), DX")
	w.op("MOVQ", "n+24(FP), CX")
	w.op("LEAQ", "(DX)(DX*2), R10")
	w.op("LEAQ", "(R8)(DX*4), R9") // row 4
	w.do("PXOR", 10, 10, 10)
	w.label("pixels")
	rows := []string{"", "(DX*1)", "(DX*2)", "(R10*1)"}
	halves := []string{"R8", "R9"}
	if w.avx {
		halves = halves[:1]
	}
	for half, base := range halves {
		for i, r := range rows {
			w.lanes(i, "("+base+")"+r, "(R9)"+r)
		}
		w.do("PUNPCKLWD", 4, 0, 1)
		w.do("PUNPCKHWD", 0, 0, 1)
		w.do("PUNPCKLWD", 5, 2, 3)
		w.do("PUNPCKHWD", 2, 2, 3)
		w.do("PUNPCKLDQ", 6, 4, 5)
		w.do("PUNPCKHDQ", 4, 4, 5)
		w.do("PUNPCKLDQ", 7, 0, 2)
		w.do("PUNPCKHDQ", 0, 0, 2)
		for i, two := range []int{6, 4, 7, 0} {
			w.do("PUNPCKLBW", 8, two, 10)
			w.do("PUNPCKHBW", two, two, 10)
			w.store(8, fmt.Sprintf("%d(DI)", 64*i+16*half))
			w.store(two, fmt.Sprintf("%d(DI)", 64*i+32+16*half))
		}
	}
	w.op("ADDQ", "$16, R8")
	w.op("ADDQ", "$16, R9")
	w.op("ADDQ", "$256, DI")
	w.op("SUBQ", "$16, CX")
	w.op("JNZ", "pixels")
	w.end()
}

// across sums each colour of 8 rows in a vector (of SSE4.1, two): 0 to 2, and 3 to 5.
func (w *writer) across() {
	w.function("across", "dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int", 64)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), SI")
	w.op("MOVQ", "tiles+16(FP), R8")
	w.op("MOVQ", "colour+24(FP), DX")
	w.op("MOVQ", "firsts+32(FP), R9")
	w.op("MOVQ", "weights+40(FP), R10")
	w.op("MOVQ", "cells+56(FP), CX")
	w.op("LEAQ", "(SI)(SI*2), R11")
	w.load(12, w.shared("begin", repeated(0x10, 0x00, 0xf0, 0xff))) // half of 1<<5, less 1<<15 after the shift by 5
	halves := 1
	if !w.avx {
		halves = 2
	}
	w.label("cell")
	w.op("MOVLQSX", "(R9), AX")
	w.op("ADDQ", "$4, R9")
	w.op("SHLQ", "$5, AX")
	w.op("ADDQ", "R8, AX")
	w.op("MOVQ", "pairs+48(FP), BX")
	for i := range 3 * halves {
		w.do("POR", i, 12, 12)
	}
	w.label("pair")
	if w.avx {
		w.op("VPBROADCASTD", "(R10), Y6")
	} else {
		w.op("MOVL", "(R10), X6")
		w.op("PSHUFL", "$0, X6, X6")
	}
	for half := range halves {
		for i, at := range []string{"", "(DX*1)", "(DX*2)"} {
			w.do("PMADDWD", 7+i, 6, fmt.Sprintf("%d(AX)%s", 16*half, at))
			w.do("PADDD", 3*half+i, 3*half+i, 7+i)
		}
	}
	w.op("ADDQ", "$4, R10")
	w.op("ADDQ", "$32, AX")
	w.op("DECQ", "BX")
	w.op("JNZ", "pair")
	for half := range halves {
		red, green, blue := 3*half, 3*half+1, 3*half+2
		for i := range 3 {
			w.do("PSRAD", 3*half+i, 3*half+i, "$5")
		}
		w.do("PACKSSDW", red, red, green)
		w.do("PACKSSDW", blue, blue, blue)
		w.rowPairs(half, red, blue)
	}
	w.op("ADDQ", "$16, DI")
	w.op("DECQ", "CX")
	w.op("JNZ", "cell")
	w.end()
}

// rowPairs stores the colours of a cell, by pairs of rows.
func (w *writer) rowPairs(half, redGreen, blue int) {
	if w.avx {
		w.op("VSHUFPS", "$0x88, Y%d, Y%d, Y7", blue, redGreen)
		w.op("VSHUFPS", "$0xdd, Y%d, Y%d, Y8", blue, redGreen)
		w.op("VMOVDQU", "X7, (DI)")
		w.op("VMOVDQU", "X8, (DI)(SI*1)")
		w.op("VEXTRACTI128", "$1, Y7, (DI)(SI*2)")
		w.op("VEXTRACTI128", "$1, Y8, (DI)(R11*1)")
		return
	}
	w.op("MOVO", "X%d, X7", redGreen)
	w.op("SHUFPS", "$0x88, X%d, X7", blue)
	w.op("SHUFPS", "$0xdd, X%d, X%d", blue, redGreen)
	to := [][2]string{{"(DI)", "(DI)(SI*1)"}, {"(DI)(SI*2)", "(DI)(R11*1)"}}[half]
	w.op("MOVOU", "X7, %s", to[0])
	w.op("MOVOU", "X%d, %s", redGreen, to[1])
}

// down sums pairs of rows: 0 to 3 are as many cells as four vectors have.
func (w *writer) down() {
	w.function("down", "dst *byte, ring *int16, entries *entry, n, cells int", 40)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "ring+8(FP), R8")
	w.op("MOVQ", "entries+16(FP), R9")
	w.op("MOVQ", "n+24(FP), DX")
	w.op("MOVQ", "cells+32(FP), CX")
	w.load(12, w.shared("half", repeated(0, 0, 0x80, 0x80))) // half of 1<<24, and what 1<<15 less in every sample takes away
	if w.avx {
		w.op("VMOVDQU", "order<>(SB), Y11")
	}
	w.label("cells")
	w.op("MOVQ", "R9, R10")
	w.op("MOVQ", "DX, BX")
	for i := range 4 {
		w.do("POR", i, 12, 12)
	}
	w.label("entry")
	w.op("MOVLQSX", "(R10), AX")
	w.op("ADDQ", "R8, AX")
	if w.avx {
		w.op("VPBROADCASTD", "4(R10), Y4")
	} else {
		w.op("MOVL", "4(R10), X4")
		w.op("PSHUFL", "$0, X4, X4")
	}
	for i := range 4 {
		w.do("PMADDWD", 5+i, 4, fmt.Sprintf("%d(AX)", i*w.bytes()))
	}
	for i := range 4 {
		w.do("PADDD", i, i, 5+i)
	}
	w.op("ADDQ", "$8, R10")
	w.op("DECQ", "BX")
	w.op("JNZ", "entry")
	for i := range 4 {
		w.do("PSRLD", i, i, "$24")
	}
	w.do("PACKSSDW", 0, 0, 1)
	w.do("PACKSSDW", 2, 2, 3)
	w.do("PACKUSWB", 0, 0, 2)
	if w.avx {
		w.op("VPERMD", "Y0, Y11, Y0")
	}
	w.store(0, "(DI)")
	w.op("ADDQ", "$%d, DI", w.bytes())
	w.op("ADDQ", "$%d, R8", 4*w.bytes())
	w.op("SUBQ", "$%d, CX", w.bytes()/4)
	w.op("JNZ", "cells")
	w.end()
	if w.avx {
		w.b.WriteString(orderData)
	}
}

// orderData puts cells into order that lie in two lanes in turn.
const orderData = `
DATA order<>+0(SB)/8, $0x0000000400000000
DATA order<>+8(SB)/8, $0x0000000500000001
DATA order<>+16(SB)/8, $0x0000000600000002
DATA order<>+24(SB)/8, $0x0000000700000003
GLOBL order<>(SB), RODATA|NOPTR, $32
`
